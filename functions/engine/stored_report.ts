import type { Fault } from "./errors.ts";
import type {
  BundleReport,
  ChangeReport,
  ReportHead,
  RowCount,
  StepReport,
  TargetReport,
  VerifyReport,
} from "./report.ts";
import type { Blocker } from "./seam.ts";
import type { Check, ShownResult } from "./step/checks.ts";
import { toStoredFault, toStoredFaults } from "./stored_fault.ts";
import {
  fieldsThat,
  isFlag,
  isInstant,
  isNumber,
  isObject,
  isText,
  isVersion,
  listOf,
  objectsOf,
  oneOf,
  orNull,
  wholeObject,
} from "./stored_json.ts";

type Told = Pick<
  ReportHead,
  | "bundle"
  | "target"
  | "current_version"
  | "steps"
  | "refusals"
  | "warnings"
  | "error"
  | "started_at"
  | "finished_at"
  | "duration_ms"
> & { readonly recovered: boolean } & Pick<VerifyReport, "pending" | "stuck_runs" | "integrity"> &
  Pick<ChangeReport, "row_counts">;

/** What a row's `report` says of a run that has ended: what of it can be read. Its status is the row's own. */
export function toStoredReport(value: unknown): Partial<Told> {
  if (!isObject(value)) return {};
  const steps = toSteps(value.steps);
  return {
    ...fieldsThat<
      Pick<Told, "current_version" | "started_at" | "finished_at" | "duration_ms" | "recovered" | "pending">
    >(value, {
      current_version: orNull(isVersion),
      started_at: isInstant,
      finished_at: isInstant,
      duration_ms: isNumber,
      recovered: isFlag,
      pending: orNull(isNumber),
    }),
    ...(steps !== null && { steps }),
    ...(Array.isArray(value.row_counts) && { row_counts: toRowCounts(value.row_counts) }),
    ...(Array.isArray(value.stuck_runs) && { stuck_runs: value.stuck_runs.filter(isText) }),
    ...(Array.isArray(value.integrity) && { integrity: toStoredChecks(value.integrity) }),
    bundle: wholeObject<BundleReport>(value.bundle, {
      name: isText,
      version: orNull(isText),
      digest: isText,
      source: isText,
      migrations: isNumber,
    }),
    ...targetOf(value.target),
    refusals: toStoredFaults(value.refusals),
    warnings: toStoredFaults(value.warnings),
    error: toStoredFault(value.error),
  };
}

const toRowCounts = (value: unknown): readonly RowCount[] =>
  objectsOf(value).flatMap(
    (count) =>
      wholeObject<RowCount>(count, {
        relation: isText,
        before: orNull(isNumber),
        after: orNull(isNumber),
      }) ?? [],
  );

function targetOf(value: unknown): { readonly target?: TargetReport } {
  const target = wholeObject<TargetReport>(value, {
    host: isText,
    port: isNumber,
    database: isText,
    server_version: orNull(isText),
  });
  return target === null ? {} : { target };
}

/** All of them, or null: a list with holes would tell of another run. */
function toSteps(value: unknown): readonly StepReport[] | null {
  if (!Array.isArray(value)) return null;
  const steps = value.flatMap((step) => toStep(step) ?? []);
  return steps.length === value.length ? steps : null;
}

function toStep(value: unknown): StepReport | null {
  const step = wholeObject<Omit<StepReport, "checks" | "results" | "blockers" | "error">>(value, {
    version: orNull(isVersion),
    label: isText,
    name: isText,
    direction: oneOf("up", "down", "verify", "repeat"),
    status: oneOf("done", "failed", "not_run", "skipped"),
    duration_ms: orNull(isNumber),
    lock_wait_ms: orNull(isNumber),
    lock_held_ms: orNull(isNumber),
    statements: orNull(isNumber),
    tries: isNumber,
  });
  if (step === null || !isObject(value)) return null;
  const { checks, results, blockers } = value;
  const error: Fault | null = toStoredFault(value.error);
  return {
    ...step,
    checks: toStoredChecks(checks),
    results: toResults(results),
    blockers: toStoredBlockers(blockers),
    error,
  };
}

/** Checks as a report or an event holds them. */
export const toStoredChecks = (value: unknown): readonly Check[] =>
  objectsOf(value).flatMap(
    (check) =>
      wholeObject<Check>(check, {
        name: isText,
        status: oneOf("pass", "warning", "fail"),
        details: orNull(isText),
      }) ?? [],
  );

const toResults = (value: unknown): readonly ShownResult[] =>
  objectsOf(value).flatMap(
    (result) =>
      wholeObject<ShownResult>(result, {
        columns: listOf(isText),
        rows: listOf(listOf(orNull(isText))),
        row_count: isNumber,
      }) ?? [],
  );

/** Who stood in the way, as a report or an event holds it. */
export const toStoredBlockers = (value: unknown): readonly Blocker[] =>
  objectsOf(value).flatMap(
    (blocker) =>
      wholeObject<Blocker>(blocker, {
        pid: isNumber,
        user: orNull(isText),
        application: orNull(isText),
        client_address: orNull(isText),
        backend_type: orNull(isText),
        state: orNull(isText),
        transaction_age_ms: orNull(isNumber),
        snapshot_age: orNull(isNumber),
        hidden: isFlag,
        to_prevent_wraparound: isFlag,
      }) ?? [],
  );
