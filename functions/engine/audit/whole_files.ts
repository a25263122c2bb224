import { labelOf } from "../bundle/names.ts";
import { stemOf } from "../layouts/pile_file.ts";
import type { Printed } from "./duplicates.ts";
import type { Candidate } from "./families.ts";
import type { Finding } from "./findings.ts";
import { grouped } from "./grouped.ts";
import type { MigrationFacts } from "./migration_facts.ts";

/** What the files that go forward say, each as a whole: one may hold several migrations. */
export function printedFiles(read: readonly MigrationFacts[]): readonly Printed[] {
  const files = grouped(read, ({ migration }) => migration.up.path);
  return [...files].map(([path, parts]) => ({ path, prints: parts.flatMap(({ up }) => up?.prints ?? []) }));
}

/** Migrations as candidates to be made one with others: what says the same as another is to go anyhow. */
export function candidatesOf(
  read: readonly MigrationFacts[],
  duplicates: readonly Finding[],
): readonly Candidate[] {
  const same = new Set(duplicates.filter(({ code }) => code === "duplicate-file").map(({ file }) => file));
  return read.flatMap(({ migration, up }) => {
    const { path } = migration.up;
    if (up === null || migration.repeatable || same.has(path)) return [];
    return [{ path, version: labelOf(stemOf(path)) ?? migration.id, facts: up }];
  });
}
