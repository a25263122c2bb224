import type { Bundle, Migration } from "../bundle/bundle.ts";
import { type Fault, fault } from "../errors.ts";
import type { AdoptRequest } from "../request.ts";
import type { Chosen } from "./choose.ts";
import { isGathered, partlyApplied } from "./gathered.ts";
import { replacedFaults } from "./replaced.ts";
import { said, saidList } from "./said.ts";
import { type Applied, numberKey, type Reading, type ToolHistory } from "./tool_history.ts";

/** One of the bundle's migrations that the other tool holds for applied. */
export interface AdoptedMigration {
  readonly migration: Migration;
  readonly applied: Applied;
  /** It has no row of its own: one of a later migration says that it is applied. */
  readonly implied: boolean;
}

export interface Matched {
  /** In the order in which they were applied. */
  readonly adopted: readonly AdoptedMigration[];
  readonly repeatables: readonly string[];
  readonly faults: readonly Fault[];
}

/** A migration of the bundle under a name that the other tool's history may call it. */
interface Named {
  readonly key: string;
  readonly migration: Migration;
}

/** The other tool's ids to the bundle's migrations; a fault that lists those that the bundle does not have. */
export function matchHistory(
  reading: Reading,
  chosen: Chosen,
  request: AdoptRequest,
  bundle: Bundle,
): Matched {
  const { tool, called } = chosen;
  const names = namesOf(chosen, request, bundle);
  if ("code" in names) return { adopted: [], repeatables: [], faults: [names] };
  const adopted: AdoptedMigration[] = [];
  const taken = new Set<Migration>();
  const unmatched: string[] = [];
  const take = (migration: Migration, applied: Applied, implied: boolean): void => {
    if (taken.has(migration)) return;
    taken.add(migration);
    adopted.push({ migration, applied, implied });
  };
  const byKey = new Map<string, Migration[]>();
  for (const { key, migration } of names) byKey.set(key, [...(byKey.get(key) ?? []), migration]);
  const find = (id: string): Migration | undefined => {
    const known = byKey.get(tool.key(id)) ?? [];
    const next = known.find((migration) => !taken.has(migration));
    return next ?? (tool.names_recur === true ? undefined : (known[0] ?? alikeTo(tool.key(id), names, tool)));
  };
  const { up_to } = reading;
  if (up_to !== null) {
    const implied = impliedBy(up_to, names, chosen);
    if (implied === null) unmatched.push(up_to.id);
    for (const migration of implied ?? []) take(migration, up_to, true);
  }
  const again = new Set(
    (bundle.imported?.migrations ?? [])
      .filter(({ version }) => version === null)
      .map(({ id }) => tool.key(id)),
  );
  const repeatables = [...reading.repeatables];
  for (const applied of reading.applied) {
    const migration = find(applied.id);
    if (migration !== undefined) take(migration, applied, false);
    else if (again.has(tool.key(applied.id))) repeatables.push(applied.id);
    else unmatched.push(applied.id);
  }
  const replaced = replacedFaults(reading, adopted, chosen, bundle);
  if (replaced.length > 0) return { adopted: [], repeatables: [], faults: replaced };
  const unknown = unmatched.filter((id) => !isGathered(id, adopted, chosen, bundle));
  const message = `${called} has applied what the bundle ${bundle.options.name} does not hold: ${saidList(unknown)}.`;
  return {
    adopted,
    repeatables,
    faults: [
      ...(unknown.length === 0 ? [] : [fault("adopt-unmatched", message)]),
      ...partlyApplied(reading.applied, adopted, chosen, bundle),
    ],
  };
}

function alikeTo(key: string, names: readonly Named[], { alike }: ToolHistory): Migration | undefined {
  if (alike === undefined) return undefined;
  const [only, ...others] = names.filter((named) => alike(key, named.key));
  return others.length === 0 ? only?.migration : undefined;
}

/** What is applied together with one, that one included; null where it is not in the bundle, and must be. */
function impliedBy({ id }: Applied, names: readonly Named[], { tool }: Chosen): readonly Migration[] | null {
  const { reaches } = tool;
  if (reaches !== undefined) {
    return names.filter(({ key }) => reaches(key, id)).map(({ migration }) => migration);
  }
  const last = names.findIndex(({ key }) => key === tool.key(id));
  const { migration } = names[last] ?? {};
  if (migration === undefined) return null;
  // A chain has an order of its own; where ids are versions, or were made into them, it is the bundle's.
  return names.slice(0, last + 1).map((named) => named.migration);
}

/** What the other tool calls the bundle's migrations, in its order; or why nobody knows. */
function namesOf(chosen: Chosen, { chain }: AdoptRequest, bundle: Bundle): readonly Named[] | Fault {
  const { tool, called } = chosen;
  const { imported, migrations } = bundle;
  const byVersion = new Map(migrations.map((migration) => [migration.version, migration]));
  const taken = (imported?.migrations ?? []).flatMap(({ id, version }): Named[] => {
    const migration = version === null ? undefined : byVersion.get(version);
    return migration === undefined ? [] : [{ key: tool.key(id), migration }];
  });
  if (chain !== null) return chainNames(chain, taken, byVersion, chosen);
  const generic = imported === null || imported.tool === "plain" || imported.tool === "paws-migrate";
  if (
    imported !== null &&
    (tool.tools.some((one) => one === imported.tool) || (called === "alembic" && generic))
  ) {
    return taken;
  }
  if (generic && tool.numbers) {
    // `20250101` is a version with the hour filled in; the other tool knows it as the file spells it.
    return migrations.flatMap((migration) => [
      { key: numberKey(migration.label.replace("_", "")), migration },
      { key: String(migration.version), migration },
    ]);
  }
  if (called === "alembic") {
    const remedy =
      "Pass --chain FILE: its revisions in order, one a line, each with its version in the bundle.";
    return fault(
      "adopt-unmatched",
      "Alembic records its last revision alone: what came before is not known.",
      { remedy },
    );
  }
  const made =
    imported === null ? "was not imported from another tool" : `was imported from ${imported.tool}`;
  const remedy = `Make the bundle of ${called}'s own files: \`paws-migrate import DIR --from ${called} --to BUNDLE\`.`;
  const message = `The database's history is ${called}'s, and the bundle ${bundle.options.name} ${made}.`;
  return fault("adopt-unmatched", message, { remedy });
}

function chainNames(
  chain: NonNullable<AdoptRequest["chain"]>,
  taken: readonly Named[],
  byVersion: ReadonlyMap<bigint, Migration>,
  { tool }: Chosen,
): readonly Named[] | Fault {
  const names: Named[] = [];
  const unknown: string[] = [];
  for (const { revision, version } of chain) {
    const key = tool.key(revision);
    const known = taken.find((named) => named.key === key)?.migration;
    const migration = version === null ? known : byVersion.get(version);
    if (migration === undefined)
      unknown.push(version === null ? said(revision) : `${said(revision)} (${version})`);
    else names.push({ key, migration });
  }
  const message = `The chain names what the bundle does not hold: ${unknown.join(", ")}.`;
  return unknown.length === 0 ? names : fault("adopt-unmatched", message);
}
