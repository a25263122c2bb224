/** What a migration can make, change or drop, as the audit lists it. */
export type ObjectKind =
  | "table"
  | "view"
  | "index"
  | "sequence"
  | "function"
  | "type"
  | "policy"
  | "trigger"
  | "rule"
  | "schema"
  | "extension";

export type Change = "makes" | "changes" | "drops";

/** An object as a statement names it. */
export interface ObjectName {
  /** null where no schema is written. */
  readonly schema: string | null;
  /** null of an index that the server is to name. */
  readonly name: string | null;
}

export interface ObjectChange extends ObjectName {
  readonly kind: ObjectKind;
  readonly change: Change;
  /** The table that an index, a policy, a trigger or a rule belongs to. */
  readonly on: ObjectName | null;
}

const KINDS: Readonly<Record<string, ObjectKind>> = {
  OBJECT_TABLE: "table",
  OBJECT_FOREIGN_TABLE: "table",
  OBJECT_COLUMN: "table",
  OBJECT_TABCONSTRAINT: "table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "view",
  OBJECT_INDEX: "index",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "function",
  OBJECT_ROUTINE: "function",
  OBJECT_AGGREGATE: "function",
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "type",
  OBJECT_ATTRIBUTE: "type",
  OBJECT_DOMCONSTRAINT: "type",
  OBJECT_POLICY: "policy",
  OBJECT_TRIGGER: "trigger",
  OBJECT_RULE: "rule",
  OBJECT_SCHEMA: "schema",
  OBJECT_EXTENSION: "extension",
};

/** The kind that the parser's word stands for (`OBJECT_MATVIEW` is a view); null where the audit does not list it. */
export const kindOf = (word: string | null): ObjectKind | null => KINDS[word ?? ""] ?? null;

/** Of a table, and named behind it: `DROP POLICY p ON t`. */
export const belongsToTable = (kind: ObjectKind): boolean =>
  kind === "policy" || kind === "trigger" || kind === "rule";

const PLAIN = /^[a-z_][a-z0-9_$]*$/;
const quoted = (name: string): string => (PLAIN.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

/** As SQL spells it, with the schema where one is written. */
export const spelled = ({ schema, name }: ObjectName): string =>
  (schema === null ? "" : `${quoted(schema)}.`) + (name === null ? "" : quoted(name));
