import type { Bundle, Migration } from "../bundle/bundle.ts";
import { fault, MigrationFault } from "../errors.ts";
import { type AppliedRow, type History, otherBundle } from "../history.ts";
import { forgetStatements } from "../registry/statements.ts";
import {
  type EventRow,
  recordApplied,
  recordEvents,
  recordRolledBack,
  settleMarked,
} from "../registry/write.ts";
import type { MarkReport } from "../report_settled.ts";
import type { MarkRequest, RunOptions } from "../request.ts";
import type { BundleSource, Message, World } from "../seam.ts";
import { historyRow } from "../step/record.ts";
import { settleHistory } from "./settle_history.ts";
import type { Target } from "./target.ts";

/**
 * Writes a person's word on one migration into the history, under the run lock and in one transaction with the run's
 * row, its event and the end of what was begun of it outside a transaction. No script is run. What is so already is
 * left as it is, and `marked` is false then. The reason is `options.reason`, without which nothing is done.
 */
export async function runMark(
  request: MarkRequest,
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<MarkReport> {
  const { version, to } = request;
  const { head, settled } = await settleHistory({
    request,
    source,
    options,
    world,
    doing: "Marking the migration",
    was: `${version} was marked ${to}`,
    needs_reason: true,
    decide: async ({ target, shape, history, bundle, frame }) => {
      const subject = subjectOf(request, bundle, history);
      const changes = changesOf(subject, target, { request, bundle, options, run_id: frame.run_id, history });
      if (changes.length === 0) return null;
      const plan = [{ version: String(version), label: subject.label, name: subject.name, to }];
      return { before: [], shape, changes, plan, event: { version, action: "mark" }, purposes: [] };
    },
  });
  return { command: "mark", version: String(version), to, marked: settled, ...head };
}

/** The migration that is marked: its file, its row, or both. */
interface Subject {
  readonly file: Migration | null;
  readonly row: AppliedRow | null;
  readonly label: string;
  readonly name: string;
}

/** Throws where the history is another bundle's, or the bundle does not hold what is said to be applied. */
function subjectOf({ version, to }: MarkRequest, bundle: Bundle, history: History): Subject {
  const other = otherBundle(history, bundle);
  if (other !== null) throw new MigrationFault(other);
  const file = bundle.migrations.find((migration) => migration.version === version) ?? null;
  const row = history.rows.find((applied) => applied.version === version) ?? null;
  const begun = history.statements.some((statement) => statement.version === version);
  if (file === null && (to === "applied" || (row === null && !begun))) {
    const message = `The bundle ${bundle.options.name} has no version ${version}.`;
    throw new MigrationFault(fault("unknown-version", message));
  }
  const label = file?.label ?? row?.label ?? String(version);
  return { file, row, label, name: file?.name ?? row?.name ?? "" };
}

interface Marking {
  readonly request: MarkRequest;
  readonly bundle: Bundle;
  readonly options: RunOptions;
  readonly run_id: string;
  readonly history: History;
}

/** What the mark writes; nothing where it is so already. */
function changesOf(subject: Subject, { tables }: Target, marking: Marking): readonly Message[] {
  const { request, history } = marking;
  const { file, row } = subject;
  const { version, to } = request;
  const event = eventOf(subject, marking);
  const begun = history.statements.some((statement) => statement.version === version);
  const forget = forgetStatements(tables, version);
  if (to === "pending" && row !== null) return [recordRolledBack(tables, version, event), forget];
  if (to === "applied" && row === null && file !== null) {
    const applied = { ...historyRow(file, 0, marking), state: "applied" } as const;
    return [recordApplied(tables, applied, event), forget];
  }
  if (to === "applied" && row?.state === "applied_unverified") {
    return [settleMarked(tables, version, event), forget];
  }
  return begun ? [...recordEvents(tables, [event]), forget] : [];
}

const eventOf = ({ label, name }: Subject, { request, options, run_id }: Marking): EventRow => ({
  run_id,
  version: String(request.version),
  label,
  name,
  action: "mark",
  success: true,
  started_epoch: null,
  duration_ms: 0,
  lock_wait_ms: 0,
  lock_held_ms: null,
  tries: 1,
  statements: 0,
  rows: 0,
  sqlstate: null,
  error: null,
  checks: [{ name: `marked ${request.to}`, status: "pass", details: options.reason }],
  timings: [],
  blockers: [],
});
