import { type Fault, fault } from "../errors.ts";
import { quoteLiteral } from "../sql/quote.ts";
import { HELPER_NAMES, HELPERS, type HelperName } from "./helper_names.ts";
import { createIntegrityFunction, INTEGRITY_COMMENT } from "./integrity_function.ts";
import type { Shape } from "./shape.ts";
import { createStatusFunction, STATUS_COMMENT } from "./status_function.ts";
import type { QualifiedTables } from "./tables.ts";

const commentOn = (t: QualifiedTables, name: HelperName, about: string): string =>
  `COMMENT ON FUNCTION ${t.schema}.${name}() IS ${quoteLiteral(about)}`;

const making = (t: QualifiedTables): Readonly<Record<HelperName, readonly string[]>> => ({
  [HELPERS.status]: [createStatusFunction(t), commentOn(t, HELPERS.status, STATUS_COMMENT)],
  [HELPERS.integrity]: [createIntegrityFunction(t), commentOn(t, HELPERS.integrity, INTEGRITY_COMMENT)],
});

/**
 * Statements that make the functions of which there are none, behind those that make the tables. What somebody else
 * has made under such a name stays as it is: CREATE OR REPLACE would take it away from who calls it.
 */
export function createHelpers(t: QualifiedTables, shape: Shape): readonly string[] {
  if (shape.kind === "foreign") return [];
  const { states } = shape.helpers;
  const statements = making(t);
  return HELPER_NAMES.filter((name) => states[name] === "absent").flatMap((name) => statements[name]);
}

/** Of functions by our names that are another's: told by the run that would have made ours. */
export function keptWarnings(shape: Shape, historySchema: string): readonly Fault[] {
  if (shape.kind === "foreign") return [];
  return HELPER_NAMES.filter((name) => shape.helpers.states[name] === "theirs").map((name) =>
    fault("helper-kept", `${historySchema}.${name}() was not made by this job, and stays as it is.`),
  );
}
