import type { ErrorCode } from "../error_codes.ts";
import type { RecordedRun } from "../registry/read.ts";
import type { ChangeReport, RowCount, StatusReport, VerifyReport } from "../report.ts";
import type { ChecklistItem } from "../report_settled.ts";
import { asks, fails, type ItemCode, named, passes, warns } from "./item.ts";

export const runningItem = ({ running }: StatusReport): ChecklistItem =>
  running === null
    ? passes("running")
    : warns("running", `Run ${running.run_id} since ${running.started_at}.`);

/** Of the run that is asked for, else of the one that is at work. */
export function progressItem(run: RecordedRun | null): ChecklistItem {
  if (run === null) return warns("progress", "No run is at work.");
  const { run_id, status, started_at, alive } = run;
  if (run.finished_at !== null) {
    const ended = `Run ${run_id} has ended: ${status}.`;
    return status === "ok" ? passes("progress", ended) : fails("progress", ended);
  }
  return alive === false
    ? fails("progress", `Run ${run_id} is open, and its backend is gone: run it again.`)
    : passes(
        "progress",
        `Run ${run_id} since ${started_at}; \`paws-migrate runs --run ${run_id}\` shows its steps.`,
      );
}

const OPEN_CONSOLIDATION: readonly ErrorCode[] = ["consolidation-pending", "partly-consolidated"];

export function appliedItem(status: StatusReport): ChecklistItem {
  const due = status.repeatables.filter(({ state }) => state === "pending" || state === "changed");
  const found = [
    [status.pending, "pending"],
    [due, "repeatable and to be applied"],
    [status.changed, "changed"],
    [status.missing, "missing from the bundle"],
    [status.unverified, "applied without a verification that passed"],
    [status.partial, "half done"],
    [
      status.warnings.filter(({ code }) => OPEN_CONSOLIDATION.includes(code)),
      "consolidated and not recorded",
    ],
    [status.failed_runs, "failed runs"],
  ] as const;
  const left = found.filter(([list]) => list.length > 0).map(([list, what]) => `${list.length} ${what}`);
  return left.length === 0
    ? passes("applied")
    : fails("applied", `${left.join(", ")}: see \`paws-migrate status\`.`);
}

export function verifiedItem({ steps, status, error }: VerifyReport): ChecklistItem {
  const checks = steps.flatMap((step) => step.checks);
  const warnings = checks.filter((check) => check.status === "warning").map(({ name }) => name ?? "");
  if (status !== "ok") return fails("verified", error?.message ?? status);
  if (checks.length === 0) return warns("verified", "Nothing was checked.");
  return warnings.length > 0
    ? warns("verified", `${checks.length} checks; they warn: ${named(warnings)}.`)
    : passes("verified", `${checks.length} checks.`);
}

export function integrityItem({ integrity }: VerifyReport): ChecklistItem {
  if (integrity === null) {
    return asks("integrity", "It could not be looked for: `paws-migrate verify --integrity` tells why.");
  }
  const found = integrity.filter(({ status }) => status !== "pass");
  return found.length === 0
    ? passes("integrity", `${integrity.length} checks.`)
    : warns("integrity", found.map(({ name, details }) => `${name}: ${details}`).join("; "));
}

/** Fewer rows than before are shown, and a person judges. */
export function rowsItem(counts: readonly RowCount[] | null): ChecklistItem {
  if (counts === null || counts.length === 0) {
    return asks(
      "rows",
      "Not counted: `--count SCHEMA.TABLE` or `--count-under SIZE` counts before and after a run.",
    );
  }
  const shown = (count: RowCount) =>
    `${count.relation} ${count.before ?? "none"} -> ${count.after ?? "none"}`;
  const fewer = counts.filter(({ before, after }) => (after ?? 0) < (before ?? 0));
  const differ = counts.filter(({ before, after }) => before !== after);
  if (fewer.length > 0) return asks("rows", `Fewer than before: ${named(fewer.map(shown))}.`);
  const unknown = counts.filter(({ before, after }) => before === null && after === null);
  if (unknown.length > 0) {
    return asks("rows", `Could not be counted: ${named(unknown.map(({ relation }) => relation))}.`);
  }
  return passes(
    "rows",
    differ.length === 0 ? `${counts.length} tables, as before.` : `${named(differ.map(shown))}.`,
  );
}

/** What its row keeps of a change's counts. */
export const countsOf = (report: Pick<ChangeReport, "row_counts"> | null): readonly RowCount[] | null =>
  report?.row_counts ?? null;

/** What only people know, each with its code. */
export const forPeople = (...codes: readonly ItemCode[]): readonly ChecklistItem[] =>
  codes.map((code) => asks(code));
