import { nameParts, nodes, type Tree, text } from "../sql/tree.ts";
import { spelled } from "./object_kinds.ts";

/**
 * Follows the values that a script adds to types: the server refuses to use one before the transaction that added it
 * has ended, unless the type is of the same transaction.
 */
export class AddedValues {
  private readonly made = new Set<string>();
  private readonly added = new Map<string, string>();

  /** The value added before that this statement uses, as `type.value`; null where there is none. `words` is its tree as text. */
  usedBy(words: string): string | null {
    for (const [literal, said] of this.added) if (words.includes(literal)) return said;
    return null;
  }

  note(type: string, tree: Tree): void {
    const parts = nameParts(nodes(tree, "typeName"));
    const name = spelled({ schema: parts.at(-2) ?? null, name: parts.at(-1) ?? "" });
    if (type === "CreateEnumStmt") this.made.add(name);
    const value = type === "AlterEnumStmt" && text(tree, "oldVal") === null ? text(tree, "newVal") : null;
    if (value === null || this.made.has(name)) return;
    this.added.set(`"sval":${JSON.stringify(value)}}`, `${name} '${value}'`);
  }
}
