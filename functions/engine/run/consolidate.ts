import type { Bundle } from "../bundle/bundle.ts";
import { type OpenConsolidation, openConsolidations } from "../consolidation.ts";
import { MigrationFault, throwAny } from "../errors.ts";
import { otherBundle } from "../history.ts";
import { recordConsolidated } from "../registry/consolidate.ts";
import { filesRow } from "../registry/files_row.ts";
import type { ConsolidatedMigration, ConsolidateReport } from "../report_settled.ts";
import type { RunOptions } from "../request.ts";
import type { BundleSource, Message, World } from "../seam.ts";
import { toldMigration } from "../told_migration.ts";
import { type FoundHistory, type Settlement, settleHistory } from "./settle_history.ts";
import type { Target } from "./target.ts";

/**
 * Writes into the history that the bundle's consolidated migrations stand in the place of those that are applied, under
 * the run lock and in one transaction with the run's row and an event each. No script is run. Where only some of the
 * replaced ones are applied, or were applied from other files, nothing is written.
 */
export async function runConsolidate(
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<ConsolidateReport> {
  let open: readonly OpenConsolidation[] = [];
  const { head, settled } = await settleHistory({
    request: { command: "consolidate" },
    source,
    options,
    world,
    doing: "Recording the consolidation",
    was: "the consolidation was recorded",
    decide: async (found) => {
      open = openOf(found);
      return settlementOf(open, found);
    },
  });
  return {
    command: "consolidate",
    consolidated: settled ? open.map(listed) : [],
    done: settled,
    files_written: [],
    files_moved: [],
    objects_compared: null,
    ...head,
  };
}

/** Throws where one of them may not be recorded. */
function openOf({ bundle, history }: FoundHistory): readonly OpenConsolidation[] {
  const other = otherBundle(history, bundle);
  if (other !== null) throw new MigrationFault(other);
  const open = openConsolidations(bundle, history);
  throwAny(open.flatMap(({ faults }) => faults));
  return open;
}

function settlementOf(
  open: readonly OpenConsolidation[],
  { target, shape, bundle, frame }: FoundHistory,
): Settlement | null {
  const newest = open.at(-1)?.migration.version;
  if (newest === undefined) return null;
  return {
    before: [],
    shape,
    changes: open.map((one) => changeOf(one, target, bundle, frame.run_id)),
    plan: open.map(listed),
    event: { version: newest, action: "consolidate" },
    purposes: ["applying", "removing"],
  };
}

const listed = ({ migration, consolidated }: OpenConsolidation): ConsolidatedMigration => ({
  ...toldMigration(migration),
  replaces: consolidated.replaces.map(toldMigration),
});

function changeOf(
  { migration, consolidated, rows }: OpenConsolidation,
  { tables }: Target,
  bundle: Bundle,
  run_id: string,
): Message {
  const replaced = rows.map(({ version, label, name, checksum, applied_at, run_id }) => ({
    version: String(version),
    label,
    name,
    checksum,
    applied_at,
    run_id,
  }));
  const row = {
    ...filesRow(migration),
    bundle: bundle.options.name,
    bundle_version: bundle.options.version,
    run_id,
  };
  return recordConsolidated(
    tables,
    row,
    consolidated.replaces.map(({ version }) => version),
    { replaced },
  );
}
