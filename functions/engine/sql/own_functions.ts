import type { ScriptOptions } from "../script/script.ts";
import { objectKind } from "./object_names.ts";
import type { Refusal } from "./refusal.ts";
import { nameParts, node, nodes, type Tree, text } from "./tree.ts";

/** Where a name goes that has no schema, unless somebody has set another search_path. */
const USUAL_SCHEMA = "public";
const ROUTINES: ReadonlySet<string> = new Set(["OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE"]);

/**
 * Refuses what would make, replace, alter or drop the functions that stand beside our tables. Calling them is fine,
 * and so is granting them. Where no schema is written the name counts only where it would usually go: the guards
 * look again behind the script.
 */
export function refuseOwnFunctions(type: string, tree: Tree, options: ScriptOptions): Refusal | null {
  const { own_functions = [], history_schema } = options;
  const ours = named(type, tree).find((parts) => {
    const [name = "", schema = USUAL_SCHEMA] = [...parts].reverse();
    return own_functions.includes(name) && schema === history_schema;
  });
  if (ours === undefined) return null;
  return {
    code: "own-tables",
    message: `${ours.at(-1)}() of schema ${history_schema} is the job's own.`,
    location: 0,
    remedy: "Give it another name or schema, or keep the history elsewhere with --history-schema.",
  };
}

/** The parts of the names of routines that a statement makes or changes, and that take no arguments. */
function named(type: string, tree: Tree): readonly (readonly string[])[] {
  switch (type) {
    case "CreateFunctionStmt":
      return nodes(tree, "parameters").some(isNeeded) ? [] : [nameParts(nodes(tree, "funcname"))];
    case "AlterFunctionStmt":
      return changed([node(tree, "func")]);
    case "DropStmt":
      return ROUTINES.has(objectKind(tree)) ? changed(nodes(tree, "objects").map(unwrapped)) : [];
    case "RenameStmt":
      return ROUTINES.has(text(tree, "renameType") ?? "") ? changed([unwrapped(node(tree, "object"))]) : [];
    case "AlterOwnerStmt":
    case "AlterObjectSchemaStmt":
      return ROUTINES.has(text(tree, "objectType") ?? "") ? changed([unwrapped(node(tree, "object"))]) : [];
    default:
      return [];
  }
}

/** A call must give it. */
function isNeeded(parameter: Tree): boolean {
  const one = node(parameter, "FunctionParameter");
  const out = ["FUNC_PARAM_OUT", "FUNC_PARAM_TABLE"].includes(text(one, "mode") ?? "");
  return !out && !("defexpr" in one);
}

const unwrapped = (object: Tree): Tree => node(object, "ObjectWithArgs");

const changed = (objects: readonly Tree[]): readonly (readonly string[])[] =>
  objects
    .filter((object) => nodes(object, "objargs").length === 0)
    .map((object) => nameParts(nodes(object, "objname")));
