import type { Call, Survey } from "./survey.ts";
import { constant, flag, location, node, nodes, type Tree, text } from "./tree.ts";

/** One change of a setting by SET, RESET or set_config(). */
export interface Setting {
  /** Lower case; `*` for RESET ALL. */
  readonly name: string;
  readonly kind: "set" | "reset";
  /** null where it is reset, or no constant. */
  readonly value: string | null;
  readonly local: boolean;
  readonly by: "statement" | "function";
  /** Byte offset within the statement. */
  readonly location: number;
}

/** Every setting that a statement changes, as far as names are written out. */
export function settingsOf(type: string, tree: Tree, { calls }: Pick<Survey, "calls">): readonly Setting[] {
  const set = type === "VariableSetStmt" ? bySet(tree) : [];
  const called = calls.flatMap((call) => byCall(call) ?? []);
  return called.length === 0 ? set : [...set, ...called];
}

function bySet(tree: Tree): readonly Setting[] {
  const kind = text(tree, "kind");
  const name = (text(tree, "name") ?? "*").toLowerCase();
  const shared = { local: flag(tree, "is_local"), by: "statement", location: 0 } as const;
  if (kind === "VAR_SET_MULTI") return byTransaction(name, tree);
  if (kind !== "VAR_SET_VALUE") return [{ ...shared, name, kind: "reset", value: null }];
  const values = nodes(tree, "args").map(constant);
  const value = values.includes(null) ? null : values.join(", ");
  return [{ ...shared, name, kind: "set", value }];
}

/** SET TRANSACTION and SET SESSION CHARACTERISTICS name settings by what they do. */
function byTransaction(name: string, tree: Tree): readonly Setting[] {
  const shared = { kind: "set", by: "statement", local: name !== "session characteristics" } as const;
  if (name === "transaction snapshot") {
    return [{ ...shared, name: "transaction_snapshot", value: null, location: 0 }];
  }
  return transactionModes(tree, "args").map((mode) => {
    const own = shared.local ? mode.name : `default_${mode.name}`;
    return { ...shared, name: own, value: mode.value, location: mode.location };
  });
}

/** `ISOLATION LEVEL ...`, `READ ONLY` and the like, of SET TRANSACTION (`args`) and of BEGIN (`options`). */
export function transactionModes(tree: Tree, field: "args" | "options"): readonly TransactionMode[] {
  return nodes(tree, field).map((item) => {
    const mode = node(item, "DefElem");
    return {
      name: text(mode, "defname") ?? "",
      value: constant(node(mode, "arg")),
      location: location(mode),
    };
  });
}

export type TransactionMode = Pick<Setting, "name" | "value" | "location">;

function byCall(call: Call): Setting | null {
  if (call.name !== "set_config" || !inCatalog(call)) return null;
  const [first, second, third] = call.args;
  const name = first && constant(first);
  if (name === null || name === undefined) return null;
  const value = second === undefined ? null : constant(second);
  const reset = second !== undefined && flag(node(second, "A_Const"), "isnull");
  return {
    name: name.toLowerCase(),
    kind: reset ? "reset" : "set",
    value,
    local: third !== undefined && constant(third) === "true",
    by: "function",
    location: call.location,
  };
}

/** Whether a function may be the server's own: no other schema is written. */
export const inCatalog = ({ schema }: Call): boolean => schema === null || schema === "pg_catalog";

const ON = new Set(["on", "true", "yes", "1", "t", "tr", "tru", "y", "ye"]);

/** Whether a boolean setting's value means on, by the spellings the server takes. */
export const meansOn = (value: string | null): boolean => value !== null && ON.has(value.toLowerCase());
