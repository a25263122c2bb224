import { foundTablesQuery } from "../adoption/found_table.ts";
import { otherHistories } from "../adoption/other_histories.ts";
import { keptAs } from "../adoption/set_aside.ts";
import type { Bundle, Migration } from "../bundle/bundle.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import type { History } from "../history.ts";
import { filesRow } from "../registry/files_row.ts";
import { recordOrigins } from "../registry/origins.ts";
import type { BaselineReport } from "../report_settled.ts";
import type { BaselineRequest, RunOptions } from "../request.ts";
import type { BundleSource, World } from "../seam.ts";
import { withSender } from "../step/sender.ts";
import { toldMigration } from "../told_migration.ts";
import { deadlineOf } from "./frame.ts";
import { scriptOptions } from "./prepare.ts";
import { type FoundHistory, type Settlement, settleHistory } from "./settle_history.ts";
import { resultsOf } from "./target.ts";
import { readVerifications, verifyAll } from "./verify.ts";

/**
 * Takes all of the bundle up to a version for applied, in a database whose history is empty. No script is run but the
 * verifications, each read-only: they prove that it is there, and one that fails refuses the whole.
 */
export async function runBaseline(
  request: BaselineRequest,
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<BaselineReport> {
  let chosen: readonly Migration[] = [];
  const { head, settled } = await settleHistory({
    request,
    source,
    options,
    world,
    doing: "Recording the baseline",
    was: "the baseline was recorded",
    decide: async (found) => {
      const { bundle, history, shape, target, frame, learnt } = found;
      chosen = upTo(request, bundle, history);
      const [answer] = await target.session.send([foundTablesQuery(null, keptAs(options.history_schema))]);
      const others = otherHistories(resultsOf(answer, "Looking for histories")[0]);
      learnt.warnings = [...learnt.warnings, ...others];
      const verified = toVerify(chosen, request);
      const scripts = await readVerifications(
        verified,
        bundle,
        scriptOptions(bundle, options, target.facts, shape),
        learnt,
      );
      await withSender(target.session, world, deadlineOf(frame, options), (sender) =>
        verifyAll(verified, scripts, { sender, options, world }, learnt),
      );
      const [first, ...rest] = learnt.faults;
      if (first !== undefined) throw new MigrationFault(nothingRecorded(first), ...rest);
      return settlementOf(chosen, found);
    },
  });
  const baselined = chosen.map(toldMigration);
  const version = String(request.version);
  return { command: "baseline", version, baselined, written: settled, ...head };
}

/** Throws where the history is not empty, or the bundle does not hold the version. */
function upTo({ version }: BaselineRequest, bundle: Bundle, history: History): readonly Migration[] {
  if (history.rows.length > 0) {
    const message = `The history holds ${history.rows.length} applied migrations already.`;
    throw new MigrationFault(fault("history-not-empty", message));
  }
  if (!bundle.migrations.some((migration) => migration.version === version)) {
    const message = `The bundle ${bundle.options.name} has no version ${version}.`;
    throw new MigrationFault(fault("unknown-version", message));
  }
  return bundle.migrations.filter((migration) => migration.version <= version);
}

const toVerify = (chosen: readonly Migration[], { verify }: BaselineRequest): readonly Migration[] =>
  ({ all: chosen, last: chosen.slice(-1), none: [] })[verify];

const nothingRecorded = (found: Fault): Fault => ({
  ...found,
  remedy: `Nothing was recorded. Name the version that the database is at, or see what it lacks: ${found.remedy}`,
});

function settlementOf(
  chosen: readonly Migration[],
  { target, shape, bundle, frame }: FoundHistory,
): Settlement {
  const rows = chosen.map((migration) => ({
    ...filesRow(migration),
    applied_at: null,
    applied_by: null,
    details: null,
  }));
  const of = {
    origin: "baseline",
    run_id: frame.run_id,
    bundle: bundle.options.name,
    bundle_version: bundle.options.version,
  } as const;
  return {
    before: [],
    shape,
    changes: [recordOrigins(target.tables, rows, of)],
    plan: chosen.map(toldMigration),
    event: { version: chosen[0]?.version ?? 0n, action: "baseline" },
    purposes: ["applying"],
  };
}
