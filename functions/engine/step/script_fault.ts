import type { ErrorCode } from "../error_codes.ts";
import { type Fault, fault } from "../errors.ts";
import { placeIn, veiled } from "../placeholders/filled.ts";
import type { Statement } from "../script/script.ts";
import type { ServerError } from "../seam.ts";
import { advanceCodePoints } from "../sql/position.ts";
import type { ScriptGroup } from "./batch.ts";
import { innerOffset } from "./inner_place.ts";
import { VERIFICATION_TIMEOUT_MS } from "./limits.ts";
import { rowOffset } from "./row_place.ts";

/** The server's fields of an error, as a fault carries them. */
export const serverFields = (error: ServerError) => ({
  sqlstate: error.sqlstate,
  detail: error.detail,
  hint: error.hint,
  where: error.where,
});

/** Where not the SQL is to be corrected; or what to add, for psql ran such files statement by statement. */
const REMEDIES: Readonly<Record<string, string>> = {
  "55006": "Add `SET CONSTRAINTS ALL IMMEDIATE;` before this statement, or split the file.",
  "55P04":
    "Put the new enum value in a file of its own, before this one: it cannot be used in the transaction that adds it.",
  "57014":
    "It was cancelled by somebody, or took longer than its statement timeout: `--statement-timeout`, or `-- migrate: statement-timeout TIME` in the file, gives it more.",
  "25001":
    "Put `-- migrate: no-transaction` before the first statement of the file, and this one outside of BEGIN ... COMMIT.",
};

const TOO_SLOW = `Make it quicker: a statement of a verification has ${VERIFICATION_TIMEOUT_MS / 1000} s, for it runs while locks are held. \`-- migrate: statement-timeout TIME\` in its file gives it more.`;

/** Where in a message a group of a script stands. */
export interface GroupPlace {
  readonly group: ScriptGroup;
  /** The message's text, and the UTF-16 offset of the group's within it. */
  readonly message: string;
  readonly offset: number;
}

/** An error in a script, at its place in the user's file. `completed`: statements of the group that were done. */
export function scriptFault(
  code: ErrorCode,
  place: GroupPlace,
  error: ServerError,
  completed: number,
): Fault {
  const { file } = place.group.script;
  const statement = statementAt(place.group, completed);
  const offset = offsetIn(place, statement, error);
  const slow = code === "verification-error" && error.sqlstate === "57014";
  const remedy = slow ? TOO_SLOW : REMEDIES[error.sqlstate];
  const shown = veiled(file, error);
  return fault(code, shown.message, {
    file: file.path,
    ...placeIn(file, offset),
    ...serverFields(shown),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** The failing statement: the one after those that were done; a SET of ours counts for the one behind it. */
function statementAt({ parts }: ScriptGroup, completed: number): Statement | null {
  return parts.slice(completed).find(({ statement }) => statement !== null)?.statement ?? null;
}

/** UTF-16 offset into the file of what the server points at: as exact as the server was. */
function offsetIn(place: GroupPlace, statement: Statement | null, error: ServerError): number {
  const { group } = place;
  if (error.position !== null) {
    const inGroup = advanceCodePoints(place.message, 0, error.position - 1) - place.offset;
    const found = group.parts.findLast(({ offset }) => offset <= inGroup);
    if (found?.statement) {
      const within = found.statement.replacement === null ? inGroup - found.offset : 0;
      return found.statement.start + within;
    }
  }
  const { text } = group.script.file;
  return rowOffset(text, statement, error) ?? innerOffset(text, statement, error) ?? statement?.start ?? 0;
}
