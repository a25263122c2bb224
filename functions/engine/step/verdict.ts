import { type Fault, fault } from "../errors.ts";
import { type FilledText, veiled, veiledVerification } from "../placeholders/filled.ts";
import type { Answer, Result, ServerError } from "../seam.ts";
import { stepName } from "../step_name.ts";
import { type Check, checkFault, type ShownResult, verificationOf } from "./checks.ts";
import { type AdvisoryLock, type Begun, foreignLocks, guardFault, toBegun, toEnded } from "./guards.ts";
import {
  BEGIN_PARTS,
  CLOSING_STATEMENTS,
  type PreparedStep,
  STATEMENTS_BEFORE_LOOK,
  type StepSettings,
} from "./messages.ts";
import { scriptFault, serverFields } from "./script_fault.ts";
import { bySegment, type SegmentAnswer, type StepMessage } from "./wire.ts";

/** What a step's first flush came to. Only a good one may be finished. */
export type Verdict =
  | ({
      readonly kind: "good";
      /** Advisory locks that the script took; fine if they end with the transaction. */
      readonly foreign_locks: readonly AdvisoryLock[];
    } & Looked)
  | ({
      readonly kind: "bad";
      readonly fault: Fault;
      /** The server's error, for the question whether to try again. */
      readonly sqlstate: string | null;
    } & Looked)
  | { readonly kind: "lost"; readonly reason: string };

/** What was seen before the verdict. */
interface Looked {
  readonly checks: readonly Check[];
  readonly shown: readonly ShownResult[];
  /** Rows that the script's statements wrote. */
  readonly rows: number;
  /** Seconds since the epoch on the server's clock; null where the step never began. */
  readonly started_epoch: string | null;
  /**
   * Milliseconds between both looks on the server's clock, null where the second was not reached. On the
   * client's clock a step that travelled with the commit before it would seem to take no time.
   */
  readonly server_ms: number | null;
}

/** The answers of a step's messages, in order; fewer than messages where sending stopped at an error. */
export function judge(
  step: PreparedStep,
  messages: readonly StepMessage[],
  answers: readonly Answer[],
  settings: StepSettings,
): Verdict {
  const checks: Check[] = [];
  const shown: ShownResult[] = [];
  let rows = 0;
  let begun: Begun | null = null;
  let server_ms: number | null = null;
  let foreign_locks: readonly AdvisoryLock[] = [];
  let results: Result[] = [];
  /** Of the verification that is looked at. */
  let file: string | null = null;
  let verified: FilledText = step.script.file;
  let failed: Fault | null = null;
  const looked = (): Looked => ({ checks, shown, rows, started_epoch: begun?.at_epoch ?? null, server_ms });
  const bad = (found: Fault, sqlstate: string | null): Verdict => ({
    kind: "bad",
    fault: found,
    sqlstate,
    ...looked(),
  });
  for (const answer of bySegment(messages, answers)) {
    if (answer.kind === "lost") return { kind: "lost", reason: answer.reason };
    if (answer.kind === "miscounted") return bad(misread(step), null);
    if (answer.kind === "error") {
      const error = veiled(step.script.file, answer.error);
      return bad(faultOf(step, { ...answer, error }), error.sqlstate);
    }
    const { segment } = answer.placed;
    if (segment.kind === "begin") begun = toBegun(answer.results[BEGIN_PARTS.begun]);
    if (segment.kind === "script") rows += written(answer.results);
    if (segment.kind === "verification") {
      results.push(...answer.results);
      verified = segment.group.script.file;
      file = segment.group.script.file.path;
    }
    if (segment.kind === "boundary" && segment.closes) {
      if (answer.results[0]?.rows[0]?.[0] !== "on") {
        return bad(
          fault("verification-wrote", "The verification turned off its read-only transaction.", { file }),
          null,
        );
      }
      const verification = veiledVerification(verified, verificationOf(results));
      failed ??= checkFault(verification.checks, file);
      checks.push(...verification.checks);
      shown.push(...verification.shown);
      results = [];
    }
    if (segment.kind === "boundary" && segment.ends) {
      const look = (segment.closes ? CLOSING_STATEMENTS : 0) + STATEMENTS_BEFORE_LOOK;
      const ended = toEnded(answer.results.slice(look));
      if (begun !== null) server_ms = (Number(ended.at_epoch) - Number(begun.at_epoch)) * 1000;
      const found = begun && guardFault(settings.baseline, settings, begun, ended, step.script);
      if (found) return bad(found, null);
      foreign_locks = foreignLocks(ended, settings);
    }
  }
  if (failed !== null) return bad(failed, null);
  return { kind: "good", foreign_locks, ...looked() };
}

/** More or fewer statements ran than were sent: what was sent was read as something else. */
function misread(step: PreparedStep): Fault {
  const file = step.script.file.path;
  const message = `${file} made the server read what follows it as other statements.`;
  return fault("transaction-escaped", message, { file });
}

const WRITING = new Set(["INSERT", "UPDATE", "DELETE", "MERGE", "COPY"]);

const written = (results: readonly Result[]): number =>
  results.reduce((sum, result) => sum + (WRITING.has(result.tag) ? result.row_count : 0), 0);

function faultOf(step: PreparedStep, failed: Extract<SegmentAnswer, { kind: "error" }>): Fault {
  const file = step.script.file.path;
  const { error, completed, placed, message } = failed;
  const { segment } = placed;
  // read_only_sql_transaction: the job's own is not, so a script that meets one has left it.
  const read_only = error.sqlstate === "25006";
  switch (segment.kind) {
    case "script":
    case "verification": {
      const place = { group: segment.group, message: message.text, offset: placed.offset };
      const code =
        segment.kind === "script"
          ? read_only
            ? "transaction-escaped"
            : "sql-error"
          : read_only
            ? "verification-wrote"
            : "verification-error";
      return scriptFault(code, place, error, completed);
    }
    case "reading":
      return readingFault(file, error);
    case "shared":
      return sharedFault(step, error, completed);
    case "begin":
      return beginFault(step, error, completed);
    case "boundary":
      return boundaryFault(file, error, completed === (segment.closes ? CLOSING_STATEMENTS : 0));
    case "clean":
      return fault("sql-error", error.message, { file, ...serverFields(error) });
  }
}

/** A setting of an earlier file that cannot be set again. */
function sharedFault({ settings }: PreparedStep, error: ServerError, completed: number): Fault {
  const { file = null, line = null } = settings[completed] ?? {};
  const remedy = 'The files share one session, as bundle.json says. `"session": "isolated"` ends that.';
  return fault("sql-error", `What an earlier file set: ${error.message}`, {
    file,
    line,
    ...serverFields(error),
    remedy,
  });
}

function readingFault(file: string, error: ServerError): Fault {
  const settings = "client_encoding or standard_conforming_strings";
  return fault("encoding-left", `${file} changed ${settings}, by which the rest of it is read.`, {
    file,
    ...serverFields(error),
    remedy: "Remove what sets it.",
  });
}

/** `completed`: statements of `beginning` that were done. */
export function beginFault(step: PreparedStep, error: ServerError, completed: number): Fault {
  // division_by_zero: how our own statements raise.
  if (error.sqlstate === "22012" && completed === BEGIN_PARTS.lock) {
    return fault("history-moved", "Another run is changing this database at this moment.");
  }
  if (error.sqlstate === "22012" && completed === BEGIN_PARTS.compare) {
    return fault(
      "history-moved",
      `The history is not as planned when ${stepName(step.planned.migration)} began.`,
    );
  }
  return fault("sql-error", error.message, serverFields(error));
}

function boundaryFault(file: string, error: ServerError, atBarrier: boolean): Fault {
  // no_active_sql_transaction, or another one without our savepoint.
  if (error.sqlstate === "25P01" || error.sqlstate === "3B001") {
    return fault("transaction-escaped", `${file} ended the job's transaction.`, serverFields(error));
  }
  const where = atBarrier ? "At the end of the script, where deferred constraints and triggers act: " : "";
  return fault("sql-error", where + error.message, { file, ...serverFields(error) });
}
