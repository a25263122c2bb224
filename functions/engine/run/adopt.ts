import { adoptionWarnings, originOf, toldOf } from "../adoption/adopted.ts";
import { type Chosen, chooseHistory } from "../adoption/choose.ts";
import { foundTablesQuery, plainName, toFoundTables } from "../adoption/found_table.ts";
import { type AdoptedMigration, matchHistory } from "../adoption/match.ts";
import { MOST_ROWS, type Read, type RowsRead, rowsQuery, rowsUnchanged, toRows } from "../adoption/rows.ts";
import { isInTheWay, keptAs, lockAway, rename, renameFaults } from "../adoption/set_aside.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import { foreignHistory, type History } from "../history.ts";
import { begunQuery, recordOrigins } from "../registry/origins.ts";
import type { Shape } from "../registry/shape.ts";
import type { AdoptReport } from "../report_settled.ts";
import type { AdoptRequest, RunOptions } from "../request.ts";
import type { BundleSource, World } from "../seam.ts";
import { toldMigration } from "../told_migration.ts";
import { type FoundHistory, type Settlement, settleHistory } from "./settle_history.ts";
import { resultsOf, type Target } from "./target.ts";

type Told = Pick<AdoptReport, "from" | "table" | "renamed_to" | "adopted" | "repeatables">;

/**
 * Writes what another tool holds for applied into our history, in one transaction, with the bundle's checksums and an
 * event of each that keeps the other tool's row. That tool's table stays; it is renamed only where ours belongs.
 */
export async function runAdopt(
  request: AdoptRequest,
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<AdoptReport> {
  let told: Told = { from: null, table: null, renamed_to: null, adopted: [], repeatables: [] };
  const { head, settled } = await settleHistory({
    request,
    source,
    options,
    world,
    doing: "Adopting the history",
    was: "the history was adopted",
    dry_run: request.dry_run,
    accepts_foreign: true,
    decide: async (found) => {
      const { target, shape, history, bundle, learnt } = found;
      const { history_schema } = options;
      assertEmpty(shape, history);
      if (shape.kind === "ours") await assertNotBegun(target);
      const [answer] = await target.session.send([foundTablesQuery(request.table, keptAs(history_schema))]);
      const tables = toFoundTables(resultsOf(answer, "Looking for histories")[0]);
      const chosen = chooseHistory(tables, request, bundle);
      const in_the_way = isInTheWay(chosen.table, history_schema);
      const foreign = in_the_way ? null : foreignHistory(shape, history_schema);
      const reads = readsOf(chosen);
      const rows = await readRows(reads, target);
      const reading = chosen.tool.read(rows[0]?.rows ?? [], rows[1]?.rows ?? []);
      const matched = matchHistory(reading, chosen, request, bundle);
      told = {
        from: chosen.called,
        table: plainName(chosen.table),
        renamed_to: in_the_way ? plainName(keptAs(history_schema)) : null,
        adopted: matched.adopted.map(toldOf),
        repeatables: matched.repeatables,
      };
      const [first, ...rest] = [
        ...(foreign === null ? [] : [foreign]),
        ...reading.faults,
        ...(reading.faults.length > 0 ? [] : matched.faults),
        ...(in_the_way ? renameFaults(chosen.table, tables) : []),
        ...(reading.faults.length + matched.faults.length + matched.adopted.length > 0
          ? []
          : [isEmpty(chosen)]),
      ];
      if (first !== undefined) throw new MigrationFault(first, ...rest);
      learnt.warnings = [
        ...learnt.warnings,
        ...adoptionWarnings(matched.adopted, matched.repeatables, bundle),
      ];
      return settlementOf(matched.adopted, { chosen, in_the_way, reads, rows }, found);
    },
  });
  return { command: "adopt", ...told, written: settled, ...head };
}

function assertEmpty(shape: Shape, history: History): void {
  const [row] = history.rows;
  if (row === undefined) return;
  const message = `The history holds ${history.rows.length} applied migrations already.`;
  const remedy = "Nothing to adopt: what migrate.sh made is taken over by `up`.";
  throw new MigrationFault(
    shape.kind === "seed"
      ? fault("history-not-empty", message, { remedy })
      : fault("history-not-empty", message),
  );
}

/** What was applied and rolled back since, the other tool's table does not know. */
async function assertNotBegun({ session, tables }: Target): Promise<void> {
  const [answer] = await session.send([begunQuery(tables)]);
  if (resultsOf(answer, "Reading the events")[0]?.rows[0]?.[0] !== "t") return;
  const message =
    "The history is empty, and has begun: the other tool's table is older than what was done since.";
  const remedy =
    "Go on with `paws-migrate up`, or say what is there: `paws-migrate baseline`. To begin anew, drop the history's tables.";
  throw new MigrationFault(fault("history-not-empty", message, { remedy }));
}

function readsOf({ table, tool, beside }: Chosen): readonly Read[] {
  const own = { table, columns: { ...tool.columns, ...tool.also }, order: tool.order };
  if (beside === null || tool.beside === undefined) return [own];
  return [own, { table: beside, columns: tool.beside.columns, order: [] }];
}

async function readRows(reads: readonly Read[], target: Target): Promise<readonly RowsRead[]> {
  const answers = await target.session.send(reads.map(rowsQuery));
  const read = answers.map((answer) => toRows(resultsOf(answer, "Reading the other tool's history")[0]));
  if (read.every(({ rows }) => rows.length <= MOST_ROWS)) return read;
  throw new MigrationFault(
    fault(
      "adopt-unmatched",
      `The other tool's table has more than ${MOST_ROWS} rows, more than any bundle holds.`,
    ),
  );
}

const isEmpty = ({ table, called }: Chosen): Fault =>
  fault("nothing-to-adopt", `${plainName(table)} of ${called} holds nothing that is applied.`, {
    remedy: "Rename or drop that table, and run `paws-migrate up`.",
  });

interface Source {
  readonly chosen: Chosen;
  readonly in_the_way: boolean;
  readonly reads: readonly Read[];
  readonly rows: readonly RowsRead[];
}

function settlementOf(
  adopted: readonly AdoptedMigration[],
  { chosen, in_the_way, reads, rows }: Source,
  { target, shape, bundle, frame }: FoundHistory,
): Settlement | null {
  const [first] = adopted;
  if (first === undefined) return null;
  const unchanged = reads.map((read, i) => rowsUnchanged(read, rows[i]?.digest ?? ""));
  const of = {
    origin: "adopted",
    run_id: frame.run_id,
    bundle: bundle.options.name,
    bundle_version: bundle.options.version,
  } as const;
  return {
    before: in_the_way ? [lockAway(chosen.table), ...unchanged, rename(chosen.table)] : unchanged,
    shape: in_the_way ? { kind: "none", schema_exists: true, helpers: shape.helpers } : shape,
    changes: [
      recordOrigins(
        target.tables,
        adopted.map((one) => originOf(one, chosen)),
        of,
      ),
    ],
    plan: adopted.map(({ migration }) => toldMigration(migration)),
    event: { version: first.migration.version, action: "adopt" },
    purposes: in_the_way ? ["upgrading"] : ["applying"],
  };
}
