import { type Fault, fault } from "../errors.ts";
import { placeIn, veiled, veiledText } from "../placeholders/filled.ts";
import type { Script, Statement } from "../script/script.ts";
import type { Answer, ServerError } from "../seam.ts";
import { endOfRun } from "../step/final_fault.ts";
import { scriptFault, serverFields } from "../step/script_fault.ts";
import type { Stop } from "../step/sender.ts";
import type { UnitMessage } from "./unit_messages.ts";

/** What a unit came to, or a part of its way. A fault with `lost` ends the connection too. */
export type CameTo<Value> =
  | { readonly kind: "done"; readonly value: Value }
  | {
      readonly kind: "failed";
      readonly fault: Fault;
      readonly lost: boolean;
      /** The server's error in the statement itself, for the question whether to try again. */
      readonly sqlstate: string | null;
      /** Nothing of the statement was committed: a DO or CALL may do that before it fails. Of such alone it is told. */
      readonly nothing_kept?: boolean;
    };

export const done = <Value>(value: Value): CameTo<Value> => ({ kind: "done", value });

export const failed = (found: Fault, sqlstate: string | null = null): CameTo<never> => ({
  kind: "failed",
  fault: found,
  lost: false,
  sqlstate,
});

const GOES_ON = "Run again: it looks at the catalog, and goes on from there.";

/** The line of a file that a statement begins in. */
export const lineOf = (script: Script, statement: Statement): number =>
  placeIn(script.file, statement.start).line;

/** `statement` is the one in flight. */
export function lostAt(script: Script, statement: Statement, reason: string): CameTo<never> {
  const { path } = script.file;
  const message = `The connection was lost at the statement in line ${lineOf(script, statement)} of ${path}: ${reason}.`;
  const found = faultAt("connection-lost", script, statement, message, GOES_ON);
  return { kind: "failed", fault: found, lost: true, sqlstate: null };
}

/** A fault of a statement as a whole, at its place in the file. */
export function faultAt(
  code: Parameters<typeof fault>[0],
  script: Script,
  statement: Statement,
  message: string,
  remedy?: string,
): Fault {
  return fault(code, veiledText(script.file, message), {
    file: script.file.path,
    ...placeIn(script.file, statement.start),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Why a run ends within a script: what was done of it stays. */
export function stopAt(script: Script, statement: Statement, stopped: Stop): Fault {
  const line = lineOf(script, statement);
  const [code, what] = endOfRun(stopped);
  const message = `${what} at the statement in line ${line} of ${script.file.path}; what stands before it is done.`;
  return faultAt(code, script, statement, message, GOES_ON);
}

/** Why a run ends behind a script, before the history says that it is done. */
export function stopBehind({ file }: Script, stopped: Stop): Fault {
  const [code, what] = endOfRun(stopped);
  const message = `${what} before ${file.path} was recorded; all of its statements are done.`;
  return fault(code, message, { file: file.path, remedy: GOES_ON });
}

/**
 * The answers of messages that must all be good; else the first that is not, at its place in the user's file.
 * `due` is the statement that they were sent for.
 */
export function allGood(
  script: Script,
  due: Statement,
  messages: readonly UnitMessage[],
  answers: readonly Answer[],
  stopped: Stop | null,
): CameTo<readonly Extract<Answer, { kind: "done" }>[]> {
  const good: Extract<Answer, { kind: "done" }>[] = [];
  for (const [i, { message, statement }] of messages.entries()) {
    const answer = answers[i];
    if (answer?.kind === "done") {
      good.push(answer);
      continue;
    }
    if (answer === undefined || answer.kind === "lost") {
      return lostAt(script, due, answer?.reason ?? "no answer came");
    }
    const { error } = answer;
    // query_canceled: the run's own CancelRequest.
    if (error.sqlstate === "57014" && stopped !== null) return failed(stopAt(script, due, stopped));
    if (statement === null) {
      return failed(faultOfOurs(script, due, veiled(script.file, error)), error.sqlstate);
    }
    const parts = [{ statement, offset: 0 }];
    const group = { text: message.text, script, parts, statements: 1, strong: false, rows: null };
    const found = scriptFault("sql-error", { group, message: message.text, offset: 0 }, error, 0);
    return failed({ ...found, remedy: remedyOf(found) }, error.sqlstate);
  }
  return done(good);
}

const faultOfOurs = (script: Script, due: Statement, error: ServerError): Fault => ({
  ...faultAt("sql-error", script, due, error.message, GOES_ON),
  ...serverFields(error),
});

/** The table's remedy says that nothing was kept, which is not so here. */
const remedyOf = (found: Fault): string =>
  found.remedy === fault(found.code, "").remedy
    ? "Correct what the server says, and run again: it goes on with this statement."
    : found.remedy;
