import { dateOf } from "../bundle/moment.ts";
import { baseOf, type PileFile } from "../layouts/pile_file.ts";
import type { FileStats } from "./audit_folder.ts";
import type { AuditedFile, AuditedObject, FileRole } from "./audited_file.ts";
import type { MigrationFacts } from "./migration_facts.ts";
import { momentOfName } from "./name_dates.ts";
import type { Named } from "./naming.ts";
import { type ObjectChange, spelled } from "./object_kinds.ts";
import type { ScriptFacts } from "./script_facts.ts";

/** What is known of one file by way of the migrations that have a part in it. */
interface Row {
  role: FileRole;
  readonly migrations: Set<string>;
  readonly facts: ScriptFacts[];
  proposed: string | null;
  moment: string | null;
  rollback: string | null;
  verification: string | null;
}

/** The rows of the report: those of migrations in the pile's order, each with its scripts behind it, then the others. */
export function fileRows(
  read: readonly MigrationFacts[],
  named: readonly Named[],
  others: ReadonlyMap<string, ScriptFacts | null>,
  stats: ReadonlyMap<string, FileStats>,
): readonly AuditedFile[] {
  const rows = new Map<string, Row>();
  const names = new Map(named.map((one) => [one.migration, one]));
  const rowOf = (path: string, role: FileRole): Row => {
    const row = rows.get(path) ?? emptyRow(role);
    rows.set(path, row);
    return row;
  };
  for (const { migration, up, down, verify, verification } of read) {
    const { id, repeatable } = migration;
    const name = names.get(migration);
    const row = rowOf(migration.up.path, repeatable ? "repeatable" : "migration");
    row.role = repeatable ? "repeatable" : "migration";
    row.proposed ??= name?.proposed ?? null;
    row.moment ??= name?.moment ?? null;
    row.rollback ??= migration.down?.path ?? null;
    row.verification ??= verification;
    const parts = [
      { path: migration.up.path, facts: up, role: row.role },
      { path: migration.down?.path, facts: down, role: "rollback" as const },
      { path: migration.verify?.path, facts: verify, role: "verify" as const },
    ];
    for (const { path, facts, role } of parts) {
      if (path === undefined) continue;
      const part = rowOf(path, role);
      part.migrations.add(id);
      if (facts !== null) part.facts.push(facts);
    }
  }
  for (const [path, facts] of others) {
    const row = rowOf(path, "other");
    if (facts !== null) row.facts.push(facts);
  }
  return [...rows].map(([path, row]) => audited(path, row, stats.get(path)));
}

const emptyRow = (role: FileRole): Row => ({
  role,
  migrations: new Set(),
  facts: [],
  proposed: null,
  moment: null,
  rollback: null,
  verification: null,
});

function audited(path: string, row: Row, stats: FileStats | undefined): AuditedFile {
  const moment = row.moment ?? momentOfName(baseOf(path));
  const dated = moment === null ? null : dateOf(moment);
  const objects = new Map<string, AuditedObject>();
  for (const change of row.facts.flatMap((facts) => facts.objects)) {
    const object = audit(change);
    objects.set(`${object.change} ${object.kind} ${object.name} ${object.on}`, object);
  }
  return {
    path,
    role: row.role,
    migrations: [...row.migrations],
    proposed_name: row.proposed,
    size: stats?.size ?? 0,
    date: dated?.toISOString() ?? stats?.modified ?? null,
    date_from: dated !== null ? "name" : stats === undefined ? null : "file",
    statements: row.facts.length === 0 ? null : row.facts.reduce((sum, facts) => sum + facts.statements, 0),
    objects: [...objects.values()],
    rollback: row.rollback,
    verification: row.verification,
  };
}

const audit = ({ kind, change, schema, name, on }: ObjectChange): AuditedObject => ({
  kind,
  change,
  name: spelled({ schema, name }),
  on: on === null ? null : spelled(on),
});

/** The SQL files that no migration has a part in. */
export const otherFiles = (
  files: readonly PileFile[],
  read: readonly MigrationFacts[],
): readonly PileFile[] => {
  const known = new Set(
    read.flatMap(({ migration: { up, down, verify } }) => [up.path, down?.path, verify?.path]),
  );
  return files.filter(({ path, sql }) => sql && !known.has(path));
};
