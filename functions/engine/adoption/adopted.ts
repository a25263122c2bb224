import type { Bundle, Migration } from "../bundle/bundle.ts";
import { type Fault, fault } from "../errors.ts";
import { filesRow } from "../registry/files_row.ts";
import type { OriginalRow } from "../registry/origins.ts";
import type { AdoptedRow } from "../report_settled.ts";
import { toldMigration } from "../told_migration.ts";
import type { Chosen } from "./choose.ts";
import { plainName } from "./found_table.ts";
import type { AdoptedMigration } from "./match.ts";
import { saidList } from "./said.ts";

/** What of it should be looked at. */
export function adoptionWarnings(
  adopted: readonly AdoptedMigration[],
  repeatables: readonly string[],
  bundle: Bundle,
): readonly Fault[] {
  const taken = new Set(adopted.map(({ migration }) => migration));
  const newest = adopted.reduce((high, { migration: { version } }) => (version > high ? version : high), 0n);
  const holes = bundle.migrations.filter((one) => !taken.has(one) && one.version < newest);
  const names = (migrations: readonly Migration[]) =>
    saidList(migrations.map(({ label, name }) => `${label}_${name}`));
  return [
    ...(holes.length === 0
      ? []
      : [fault("adopted-with-holes", `Not applied, though later ones are: ${names(holes)}.`)]),
    ...(repeatables.length === 0
      ? []
      : [fault("repeatables-left", `Repeatable, and not recorded as applied: ${saidList(repeatables)}.`)]),
  ];
}

/** As a report tells it. */
export const toldOf = ({ migration, applied, implied }: AdoptedMigration): AdoptedRow => ({
  ...toldMigration(migration),
  id: applied.id,
  applied_at: implied ? null : applied.applied_at,
  applied_by: implied ? null : applied.applied_by,
});

/** As the history takes it. */
export function originOf(one: AdoptedMigration, { table, called }: Chosen): OriginalRow {
  const { migration, applied, implied } = one;
  const { applied_at, applied_by } = toldOf(one);
  return {
    ...filesRow(migration),
    applied_at,
    applied_by,
    details: { tool: called, table: plainName(table), implied, row: applied.row },
  };
}
