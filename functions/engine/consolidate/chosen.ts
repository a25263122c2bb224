import type { Bundle, Migration } from "../bundle/bundle.ts";
import { parseVersionArgument } from "../bundle/names.ts";
import { type Fault, fault, MigrationFault, throwAny } from "../errors.ts";

/** Migrations that are to become one. */
export interface Chosen {
  /** Two or more, in order of version. */
  readonly migrations: readonly Migration[];
  /** The last of them, whose version the new one takes. */
  readonly last: Migration;
  /** Migrations that stand between them and stay as they are. */
  readonly between: readonly Migration[];
}

/**
 * The migrations that `A..B` or a list of versions and ranges names. Throws a MigrationFault where one is unknown, where
 * there are not two, or where one was consolidated before.
 */
export function chosenMigrations(bundle: Bundle, spelled: string): Chosen {
  const faults: Fault[] = [];
  const versionOf = (text: string): bigint => {
    const found = parseVersionArgument(text, bundle.migrations);
    if (typeof found === "bigint") return found;
    faults.push(found);
    return 0n;
  };
  const picked = new Set<Migration>();
  for (const item of spelled.split(",")) {
    const [from = "", to = from, ...more] = item.split("..");
    if (more.length > 0) faults.push(fault("unknown-version", `${JSON.stringify(item)} is no range.`));
    const low = versionOf(from);
    const high = to === from ? low : versionOf(to);
    for (const one of bundle.migrations) if (one.version >= low && one.version <= high) picked.add(one);
  }
  throwAny(faults);
  const migrations = bundle.migrations.filter((one) => picked.has(one));
  const [first] = migrations;
  const last = migrations.at(-1);
  if (first === undefined || last === undefined || first === last) {
    const message = `--versions ${spelled} names ${migrations.length} of the bundle's migrations; wanted two or more.`;
    throw new MigrationFault(fault("bad-argument", message));
  }
  const before = bundle.consolidated.map(({ version }) => version);
  throwAny(migrations.filter(({ version }) => before.includes(version)).map(consolidatedBefore));
  const between = bundle.migrations.filter(
    (one) => one.version > first.version && one.version < last.version && !picked.has(one),
  );
  return { migrations, last, between };
}

const consolidatedBefore = ({ up }: Migration): Fault =>
  fault("cannot-consolidate", `${up.path} stands in the place of others already.`, {
    file: up.path,
    remedy: "Leave it out; or remove its entry from consolidated.json once every database has recorded it.",
  });
