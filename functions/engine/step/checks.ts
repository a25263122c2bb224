import { type Fault, fault } from "../errors.ts";
import { CHECK_ROWS_KEPT, CHECK_TEXT_KEPT, SHOWN_RESULTS_KEPT } from "../limits.ts";
import type { Result } from "../seam.ts";

export type CheckStatus = "pass" | "warning" | "fail";

/** One row of a verification. */
export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  readonly details: string | null;
}

/** A result set without a `status` column: shown, not judged. */
export interface ShownResult {
  readonly columns: readonly string[];
  /** The first rows. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly row_count: number;
}

export interface Verification {
  readonly checks: readonly Check[];
  readonly shown: readonly ShownResult[];
}

const BOOLEAN_OID = 16;
const ROWS_SHOWN = 10;
/** What is kept of a verification's rows. */
export const CHECK_LIMITS = { rows: CHECK_ROWS_KEPT, text: CHECK_TEXT_KEPT } as const;

/** Result sets to checks: the rule of docs/bundle-format.md, "Verification scripts". */
export function verificationOf(results: readonly Result[]): Verification {
  const checks: Check[] = [];
  const shown: ShownResult[] = [];
  for (const result of results) {
    if (result.columns.length === 0) continue;
    const status = column(result, "status");
    if (status === -1) {
      const columns = result.columns.map(({ name }) => name);
      shown.push({ columns, rows: result.rows.slice(0, ROWS_SHOWN), row_count: result.row_count });
    } else for (const check of checksOf(result, status, checks.length)) checks.push(check);
  }
  return { checks: bounded(checks), shown: shown.slice(0, SHOWN_RESULTS_KEPT) };
}

/** Each result is bounded as it comes; a verification may have many. */
function bounded(checks: readonly Check[]): readonly Check[] {
  let text = 0;
  const most = checks.findIndex(({ name, details }, i) => {
    text += name.length + (details?.length ?? 0);
    // One more than rows are kept of a result: that which says so.
    return text > CHECK_TEXT_KEPT * 2 || i > CHECK_ROWS_KEPT;
  });
  if (most === -1) return checks;
  const details = `Only the first ${most} of ${checks.length} checks are kept.`;
  return [...checks.slice(0, most), { name: `check ${most + 1}`, status: "fail", details }];
}

const column = (result: Result, name: string): number =>
  result.columns.findIndex((found) => found.name.toLowerCase() === name);

function checksOf(result: Result, status: number, before: number): readonly Check[] {
  const name = column(result, "check_name");
  const details = column(result, "details");
  const boolean = result.columns[status]?.type_oid === BOOLEAN_OID;
  const numbered = (i: number) => `check ${before + i + 1}`;
  if (result.row_count === 0) {
    return [{ name: numbered(0), status: "warning", details: "The check returned no rows." }];
  }
  const checks = result.rows.map((row, i): Check => {
    const value = row[status] ?? null;
    const said = row[details] ?? null;
    const judged = judge(value, boolean);
    const unknown =
      judged === "fail" && said === null ? `The status was ${value === null ? "null" : value}.` : said;
    return { name: row[name] ?? numbered(i), status: judged, details: unknown };
  });
  if (result.row_count === result.rows.length) return checks;
  const details_ = `Only the first ${result.rows.length} of ${result.row_count} rows were read.`;
  return [...checks, { name: numbered(checks.length), status: "fail", details: details_ }];
}

/** What fails a step: its checks that failed, by name; null when none did. `file` is the verification. */
export function checkFault(checks: readonly Check[], file: string | null): Fault | null {
  const failed = checks.filter((check) => check.status === "fail");
  if (failed.length === 0) return null;
  const named = failed
    .slice(0, 10)
    .map(({ name, details }) => (details === null ? name : `${name}: ${details}`));
  const message = `${failed.length} of the checks failed: ${named.join("; ")}`;
  return fault("check-failed", message.replace(/\.?$/, "."), { file });
}

/** PASS, OK and true pass, WARNING warns, everything else fails, null too; any case. */
function judge(value: string | null, boolean: boolean): CheckStatus {
  const word = value?.trim().toLowerCase();
  if (boolean) return word === "t" ? "pass" : "fail";
  if (word === "pass" || word === "ok" || word === "true") return "pass";
  return word === "warning" ? "warning" : "fail";
}
