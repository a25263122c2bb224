import { parseSync } from "libpg-query";

/** What may stand in a statement of ours without its schema: nobody can shadow it. */
interface Found {
  readonly what: "function" | "operator" | "type" | "relation";
  readonly name: string;
}

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

const words = (list: unknown): readonly string[] =>
  Array.isArray(list)
    ? list.flatMap((item) => (item as { String?: { sval?: string } }).String?.sval ?? [])
    : [];

/**
 * Functions, operators, types and relations that a message names without a schema, which a search_path decides.
 * Names of CTEs are not looked up there, nor what stands behind SET, SAVEPOINT and the like.
 */
export function unqualified(sql: string): readonly string[] {
  const found: Found[] = [];
  const ctes = new Set<string>();
  collect(parseSync(sql).stmts ?? [], (field, node) => {
    if (field === "CommonTableExpr" && typeof node.ctename === "string") ctes.add(node.ctename);
  });
  collect(parseSync(sql).stmts ?? [], (field, node) => {
    if (field === "FuncCall" || field === "funccall") note("function", words(node.funcname));
    // Syntax of its own (`=`, `IN`, BETWEEN, LIKE, ANY, NULLIF) looks its operator up as well.
    if (field === "A_Expr") note("operator", words(node.name));
    if (field === "sortby" || field === "SortBy") note("operator", words(node.useOp));
    // CASE x WHEN y compares by an operator that cannot be qualified.
    if (field === "CaseExpr" && node.arg !== undefined) note("operator", ["CASE x WHEN"]);
    if (field === "TypeName" || field === "typeName") note("type", words(node.names));
    if (typeof node.relname === "string" && node.schemaname === undefined && !ctes.has(node.relname)) {
      found.push({ what: "relation", name: node.relname });
    }
  });
  return found.map(({ what, name }) => `${what} ${name}`);

  function note(what: Found["what"], name: readonly string[]): void {
    if (name.length === 1) found.push({ what, name: name[0] ?? "" });
  }
}

function collect(value: unknown, visit: (field: string, node: Node) => void, field = ""): void {
  if (Array.isArray(value)) for (const item of value) collect(item, visit, field);
  else if (isNode(value)) {
    visit(field, value);
    for (const inner in value) collect(value[inner], visit, inner);
  }
}
