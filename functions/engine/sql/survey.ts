import { flag, location, nameParts, node, nodes, type Tree, text } from "./tree.ts";

/** A name in a statement: null where no schema is written. */
export interface Name {
  readonly schema: string | null;
  readonly name: string;
  /** Byte offset within the statement. */
  readonly location: number;
}

export interface Call extends Name {
  readonly args: readonly Tree[];
}

/** What one statement names, found in one walk. Bodies of routines, which only run later, are not looked into. */
export interface Survey {
  readonly calls: readonly Call[];
  /** Relations that are only read. */
  readonly reads: readonly Name[];
  /** Relations that are written, made, altered, locked or referred to by a foreign key. */
  readonly writes: readonly Name[];
  /** It holds an INSERT, UPDATE, DELETE, MERGE or SELECT INTO, or locks rows (FOR UPDATE and the like). */
  readonly modifies: boolean;
  readonly locks_rows: boolean;
  /** Operators that raise on some values, and casts, which raise on most. */
  readonly may_raise: boolean;
}

const MODIFYING = new Set(["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"]);

export function survey(type: string, tree: Tree): Survey {
  return new Walk().run(type, tree);
}

/** Explicit stacks: a tree may nest deeper than calls can. */
class Walk {
  private readonly calls: Call[] = [];
  private readonly reads: Name[] = [];
  private readonly writes: Name[] = [];
  private modifies = false;
  private locks_rows = false;
  private may_raise = false;
  private readonly pending: object[] = [];
  private readonly written: boolean[] = [];

  run(type: string, tree: Tree): Survey {
    // Of a statement that is neither a SELECT nor changes rows, every relation counts as written.
    this.enter(type, tree, true);
    for (let next = this.pending.pop(); next !== undefined; next = this.pending.pop()) {
      this.visit(next, this.written.pop() ?? true);
    }
    const { calls, reads, writes, modifies, locks_rows, may_raise } = this;
    calls.sort((a, b) => a.location - b.location);
    return { calls, reads, writes, modifies, locks_rows, may_raise };
  }

  private push(value: object, written: boolean): void {
    this.pending.push(value);
    this.written.push(written);
  }

  private visit(value: object, written: boolean): void {
    if (Array.isArray(value)) {
      for (const item of value) if (typeof item === "object" && item !== null) this.push(item, written);
      return;
    }
    const tree = value as Tree;
    if (typeof tree.relname === "string") this.noteRelation(tree, written);
    for (const field in tree) {
      const inner = tree[field];
      if (typeof inner === "object" && inner !== null) this.enter(field, inner as Tree, written);
    }
  }

  /** A field, or a node type, which differ by their first letter's case. */
  private enter(field: string, inner: Tree, written: boolean): void {
    switch (field) {
      case "FuncCall":
      case "funccall":
        this.noteCall(inner);
        this.push(inner, false);
        break;
      case "A_Expr":
      case "TypeCast":
        if (field === "TypeCast" || divides(inner)) this.may_raise = true;
        this.push(inner, written);
        break;
      case "lockingClause":
        this.locks_rows = true;
        break;
      case "intoClause":
        this.modifies = true;
        this.push(inner, true);
        break;
      case "into":
        this.push(inner, true);
        break;
      case "SelectStmt":
      case "TableLikeClause":
        this.push(inner, false);
        break;
      case "CopyStmt":
        this.push(inner, flag(inner, "is_from"));
        break;
      case "sql_body":
        break;
      default:
        if (MODIFYING.has(field)) this.enterModifying(inner);
        else this.push(inner, written);
    }
  }

  private enterModifying(inner: Tree): void {
    this.modifies = true;
    for (const field in inner) {
      const part = inner[field];
      if (typeof part === "object" && part !== null) this.enter(field, part as Tree, field === "relation");
    }
  }

  private noteRelation(tree: Tree, written: boolean): void {
    const name = {
      schema: text(tree, "schemaname"),
      name: text(tree, "relname") ?? "",
      location: location(tree),
    };
    (written ? this.writes : this.reads).push(name);
  }

  private noteCall(tree: Tree): void {
    const parts = nameParts(nodes(tree, "funcname"));
    this.calls.push({
      schema: parts.at(-2) ?? null,
      name: parts.at(-1) ?? "",
      location: location(tree),
      args: nodes(tree, "args"),
    });
  }
}

const divides = (expression: Tree): boolean =>
  /^[/%]$/.test(nameParts(nodes(expression, "name")).at(-1) ?? "");

/** The relation a statement is about, where it has one: `ALTER TABLE a.b` is about `a.b`. */
export function relationOf(tree: Tree, field = "relation"): Name | null {
  const relation = node(tree, field);
  const name = text(relation, "relname");
  return name === null ? null : { schema: text(relation, "schemaname"), name, location: location(relation) };
}
