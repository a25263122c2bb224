import type { Bundle, Migration } from "../bundle/bundle.ts";
import { type OpenConsolidation, openConsolidations, openFaults } from "../consolidation.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import { type AppliedRow, type History, otherBundle } from "../history.ts";
import { OF_FILES } from "../registry/privileges.ts";
import { type OfFiles, type Repair, recordRepairs } from "../registry/repaired.ts";
import type { RepairedRow, RepairReport } from "../report_settled.ts";
import type { RepairRequest, RunOptions } from "../request.ts";
import type { BundleSource, World } from "../seam.ts";
import { toldMigration } from "../told_migration.ts";
import { settleHistory } from "./settle_history.ts";

/** A row that does not say what its files are now. */
interface Changed extends Repair {
  readonly migration: Migration;
}

/**
 * Records anew what the files of applied migrations are, where they were changed since. Nothing else of the history
 * changes, and no script is run. The reason is `options.reason`, without which no more than a look is taken.
 */
export async function runRepair(
  request: RepairRequest,
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<RepairReport> {
  let changed: readonly Changed[] = [];
  const { head, settled } = await settleHistory({
    request,
    source,
    options,
    world,
    doing: "Recording the files anew",
    was: "the files were recorded anew",
    needs_reason: !request.dry_run,
    dry_run: request.dry_run,
    decide: async ({ target, shape, history, bundle, frame }) => {
      changed = changedFiles(request, bundle, history);
      const [first] = changed;
      if (first === undefined) return null;
      return {
        before: [],
        shape,
        changes: [recordRepairs(target.tables, changed, frame.run_id)],
        plan: changed.map(({ migration }) => toldMigration(migration)),
        event: { version: first.version, action: "repair" },
        purposes: shape.kind === "ours" ? ["repairing", "applying"] : [],
      };
    },
  });
  return { command: "repair", repaired: changed.map(toldOf), written: settled, ...head };
}

const toldOf = ({ migration, before, after }: Changed): RepairedRow => ({
  ...toldMigration(migration),
  before,
  after,
});

/**
 * Throws where the history is another bundle's, a version is named that is not applied or has no file, or a row is of
 * a consolidation that is not recorded.
 */
function changedFiles({ versions }: RepairRequest, bundle: Bundle, history: History): readonly Changed[] {
  const other = otherBundle(history, bundle);
  if (other !== null) throw new MigrationFault(other);
  const applied = new Map(history.rows.map((row) => [row.version, row]));
  const files = new Map(bundle.migrations.map((migration) => [migration.version, migration]));
  const [first, ...rest] = versions.flatMap((version): readonly Fault[] => {
    const held = files.has(version);
    if (held && applied.has(version)) return [];
    return held
      ? [fault("not-applied", `Version ${version} is not applied.`)]
      : [fault("unknown-version", `The bundle ${bundle.options.name} has no version ${version}.`)];
  });
  if (first !== undefined) throw new MigrationFault(first, ...rest);
  const changed = bundle.migrations.flatMap((migration): readonly Changed[] => {
    const row = applied.get(migration.version);
    if (row === undefined || (versions.length > 0 && !versions.includes(migration.version))) return [];
    const [before, after] = [recorded(row), current(migration)];
    const same = OF_FILES.every((key) => before[key] === after[key]);
    return same ? [] : [{ version: migration.version, migration, before, after }];
  });
  refuseOpen(changed, openConsolidations(bundle, history));
  return changed;
}

/**
 * With the new file's checksum in the last one's row, nobody could tell any more that the others are its parts. A row that
 * was one of them once, and was repaired from the files as they were before, may come back.
 */
function refuseOpen(changed: readonly Changed[], open: readonly OpenConsolidation[]): void {
  const met = open.filter(
    ({ migration, rows }) =>
      changed.some(({ version }) => version === migration.version) &&
      !(rows.length === 1 && rows[0]?.origin === "consolidated"),
  );
  const [first, ...rest] = openFaults(met);
  if (first !== undefined) throw new MigrationFault(first, ...rest);
}

const recorded = ({ name, label, checksum, checksum_raw, rollback_checksum }: AppliedRow): OfFiles => ({
  name,
  label,
  checksum,
  checksum_raw,
  rollback_checksum,
});

const current = ({ name, label, up, rollback }: Migration): OfFiles => ({
  name,
  label,
  checksum: up.checksum,
  checksum_raw: up.checksum_raw,
  rollback_checksum: rollback?.checksum ?? null,
});
