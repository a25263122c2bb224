import type { Bundle } from "../bundle/bundle.ts";
import type { Fault } from "../errors.ts";
import type { Filling } from "../placeholders/values.ts";
import type { PreparedStep } from "./messages.ts";
import { settingsBefore } from "./shared_session.ts";

/** What is not found where the search path is another: a table, a schema, a type, a function. */
const NOT_FOUND = new Set(["42P01", "3F000", "42704", "42883"]);

/**
 * The remedy of a fault that a missing search_path explains, where an earlier file of the bundle left one set: it may
 * have been in force under another tool. Everything else stays as it is.
 */
export function withSessionRemedy(found: Fault, step: PreparedStep, bundle: Bundle): Fault {
  if (!NOT_FOUND.has(found.sqlstate ?? "") || found.file === null) return found;
  const of_script = found.file === step.script.file.path;
  const verified = step.verifications.find(({ script }) => script.file.path === found.file);
  if (of_script ? step.settings.some(({ name }) => name === "search_path") : verified === undefined)
    return found;
  const { version } = verified?.migration ?? step.planned.migration;
  // A verification might rely on what its own migration set.
  const before = settingsBefore(bundle, likelyValues(bundle));
  const path = before(version === null || of_script ? version : version + 1n).get("search_path");
  if (path === undefined) return found;
  const what = `${path.file}:${path.line} leaves search_path set, which ${found.file} does not see.`;
  const how = of_script
    ? 'Write the schema, set it here too, or put `"session": "shared"` into bundle.json.'
    : "A verification begins with the session's own settings: write the schema, or set it there too.";
  return { ...found, remedy: `${what} ${how}` };
}

/** That a file sets something is told, and not to what: any values do. */
function likelyValues({ options: { placeholders: declared } }: Bundle): Filling | null {
  return declared === null ? null : { declared, given: new Map(), missing: "stand-in" };
}
