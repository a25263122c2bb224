import { type Fault, fault } from "../errors.ts";
import { TABLES } from "../registry/tables.ts";
import type { Message } from "../seam.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { type FoundTable, plainName, quoted, type TableName } from "./found_table.ts";

/** What another tool's table is called once ours has taken its name. */
const KEPT_AS = "schema_migrations_before_adoption";

export const keptAs = (historySchema: string): TableName => ({ schema: historySchema, name: KEPT_AS });

/** Whether the other tool's table is where ours belongs. */
export const isInTheWay = ({ schema, name }: FoundTable, historySchema: string): boolean =>
  schema === historySchema && name === TABLES.history;

/** Why it cannot be renamed. */
export function renameFaults(table: FoundTable, found: readonly FoundTable[]): readonly Fault[] {
  const { readers, schema } = table;
  const taken = found.some((one) => one.schema === schema && one.name === KEPT_AS);
  const kept = plainName(keptAs(schema));
  return [
    ...(readers.length === 0
      ? []
      : [
          fault(
            "history-in-use",
            `${plainName(table)} is to be renamed, and is read by ${readers.join(", ")}, which would go on reading the old one.`,
            { remedy: "Drop what depends on it, adopt, and create it again on the new table." },
          ),
        ]),
    ...(taken
      ? [
          fault(
            "history-in-use",
            `${plainName(table)} is to be renamed to ${kept}, which is there already.`,
            {
              remedy: "Rename or drop that table.",
            },
          ),
        ]
      : []),
  ];
}

/** Before it is looked at once more: what its tool commits until then is seen, and nothing after. */
export const lockAway = (table: FoundTable): Message => ({
  text: `LOCK TABLE ${quoted(table)} IN ACCESS EXCLUSIVE MODE`,
});

export const rename = (table: FoundTable): Message => ({
  text: `ALTER TABLE ${quoted(table)} RENAME TO ${quoteIdentifier(KEPT_AS)}`,
});
