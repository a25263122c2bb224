import type { ScriptOptions, ScriptRole } from "../script/script.ts";
import { outsideTransaction, vacuumsFullEverything } from "./no_transaction.ts";
import { refuseOwnFunctions } from "./own_functions.ts";
import { refuseOwnTables } from "./own_tables.ts";
import { refuseReach } from "./reach.ts";
import type { Refusal } from "./refusal.ts";
import { refuseSetting } from "./refuse_setting.ts";
import { inCatalog, type Setting } from "./setting.ts";
import type { Call, Survey } from "./survey.ts";
import { flag, node, nodes, type Tree, text } from "./tree.ts";
import { refuseWrites } from "./verification.ts";

/** A parsed statement with what was found in it. */
export interface Surveyed {
  readonly type: string;
  readonly tree: Tree;
  readonly found: Survey;
  readonly settings: readonly Setting[];
}

/**
 * Every reason why a statement must not stand in a script of this role; transaction control is judged with the
 * whole script at hand. `slotless`: see `outsideTransaction`. Texts of DO blocks and of routines are not looked into: guards watch them at run time.
 */
export function refuse(
  statement: Surveyed,
  role: ScriptRole,
  options: ScriptOptions,
  slotless: ReadonlySet<string>,
): readonly Refusal[] {
  const { type, tree, found, settings } = statement;
  const refusals = [
    refuseStatement(type, tree),
    refuseSettingsView(found),
    type === "CopyStmt" ? refuseCopy(tree, options) : null,
    refuseOwnTables(type, tree, found, options.history_schema),
    refuseOwnFunctions(type, tree, options),
    vacuumsFullEverything(type, tree) ? FULL_OF_EVERYTHING : null,
    ...found.calls.map((call) => (role === "verify" ? refuseReach(call) : null) ?? refuseCall(call, options)),
    ...settings.map((setting) => refuseSetting(setting, role, options)),
  ].filter((refusal) => refusal !== null);
  if (refusals.length > 0) return refusals;
  const last = role === "verify" ? refuseWrites(type, found) : refuseOutside(type, tree, slotless);
  return last === null ? [] : [last];
}

const FULL_OF_EVERYTHING: Refusal = {
  code: "own-tables",
  message: "VACUUM FULL of everything would rewrite the job's history.",
  location: 0,
  remedy: "Name the tables.",
};

function refuseStatement(type: string, tree: Tree): Refusal | null {
  switch (type) {
    case "DiscardStmt":
      if (text(tree, "target") !== "DISCARD_ALL") return null;
      return forbidden("DISCARD ALL drops the job's lock and settings.");
    case "AlterSystemStmt":
      return forbidden("ALTER SYSTEM changes the server for everybody, and cannot be undone by a rollback.");
    case "LoadStmt":
      return forbidden("LOAD runs a library's code in the job's session.");
    default:
      return null;
  }
}

/** An UPDATE of this view is a SET that no name of a setting shows. */
function refuseSettingsView({ writes }: Survey): Refusal | null {
  const view = writes.find(
    ({ name, schema }) => name === "pg_settings" && (schema ?? "pg_catalog") === "pg_catalog",
  );
  return view === undefined
    ? null
    : forbidden("An UPDATE of pg_settings hides what is set; use SET.", view.location);
}

function refuseCopy(tree: Tree, { allow }: ScriptOptions): Refusal | null {
  if (flag(tree, "is_program")) {
    if (allow.includes("copy-program")) return null;
    const message = "COPY ... PROGRAM runs a command on the server, outside of the transaction.";
    const remedy = 'Put "copy-program" under `allow` in bundle.json, or do without.';
    return { code: "needs-bundle-option", message, location: 0, remedy };
  }
  if (text(tree, "filename") !== null) return null;
  if (!flag(tree, "is_from")) return forbidden("COPY ... TO STDOUT has nobody to read it.");
  if (!isBinary(tree)) return null;
  const message = "COPY ... FROM stdin in binary: a file of text cannot hold such rows.";
  return { code: "copy-from-stdin", message, location: 0 };
}

const isBinary = (tree: Tree): boolean =>
  nodes(tree, "options").some((item) => {
    const option = node(item, "DefElem");
    return (
      text(option, "defname") === "format" && text(node(node(option, "arg"), "String"), "sval") === "binary"
    );
  });

const ADVISORY = /^pg_(try_)?advisory_(un)?lock(_shared|_all)?$/;
const OTHERS_BACKENDS = /^pg_(terminate|cancel)_backend$/;

function refuseCall(call: Call, { allow }: ScriptOptions): Refusal | null {
  const { name, location } = call;
  if (name.startsWith("dblink") && !allow.includes("dblink")) {
    const message = `${name} works on another connection, outside of the transaction.`;
    const remedy = 'Put "dblink" under `allow` in bundle.json, or do without.';
    return { code: "needs-bundle-option", message, location, remedy };
  }
  if (!inCatalog(call)) return null;
  if (ADVISORY.test(name)) {
    return { code: "advisory-lock", message: `${name} works on session-level advisory locks.`, location };
  }
  if (!OTHERS_BACKENDS.test(name)) return null;
  return forbidden(`${name} interferes with other sessions.`, location);
}

function refuseOutside(type: string, tree: Tree, slotless: ReadonlySet<string>): Refusal | null {
  const what = outsideTransaction(type, tree, slotless);
  if (what === null) return null;
  return { code: "needs-no-transaction", message: `${what} cannot run in a transaction.`, location: 0 };
}

function forbidden(message: string, location = 0): Refusal {
  return { code: "forbidden-statement", message, location };
}
