import type { Bundle } from "./bundle/bundle.ts";
import type { History } from "./history.ts";
import type { StatementRow } from "./registry/statements.ts";
import type { PartialMigration } from "./report.ts";

/** Migrations of which statements were begun outside a transaction and that are not finished, by version. */
export function partialOf(bundle: Bundle, history: History): readonly PartialMigration[] {
  const groups = new Map<string, StatementRow[]>();
  for (const row of history.statements) {
    const key = `${row.version} ${row.direction}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((rows): readonly PartialMigration[] => {
    const [first] = rows;
    if (first === undefined) return [];
    const file = bundle.migrations.find(({ version }) => version === first.version);
    const applied = history.rows.find(({ version }) => version === first.version);
    // Rows of a script that came to its end are what its next run goes by, and nothing unfinished.
    if ((applied !== undefined) === (first.direction === "up")) return [];
    const done = rows.filter(({ state }) => state === "done").length;
    return [
      {
        version: String(first.version),
        label: file?.label ?? applied?.label ?? String(first.version),
        name: file?.name ?? applied?.name ?? "",
        direction: first.direction,
        done,
        started: rows.length - done,
      },
    ];
  });
}
