import type { Bundle } from "../bundle/bundle.ts";
import { type Fault, fault, MigrationFault, throwAny } from "../errors.ts";
import type { LeftOut } from "../fingerprint/contents.ts";
import {
  countDifferences,
  type Difference,
  schemaDifferences,
  valueDifferences,
  volatileColumns,
} from "../fingerprint/differences.ts";
import type { Snapshot } from "../fingerprint/snapshot.ts";
import type { Consolidation } from "./consolidation.ts";
import type { Scratch } from "./scratch.ts";

/** What was seen to be equal. */
export interface Proof {
  readonly objects_compared: number;
  readonly warnings: readonly Fault[];
}

/**
 * Applies the bundle as it was, and as it would be, each to a scratch database, up to the version that they share: the
 * schema and what the tables hold must be equal, the verifications of the chosen ones must hold at the end, and the new
 * migration must come to the same after it was rolled back and applied again. Without the repeatable ones. Throws a
 * MigrationFault.
 */
export async function prove(given: Consolidation, open: () => Promise<Scratch>): Promise<Proof> {
  const consolidation = { ...given, before: versioned(given.before), after: versioned(given.after) };
  const { before, after, chosen, left_out } = consolidation;
  const { version } = chosen.last;
  const old = await open();
  await old.apply(before, version, "the migrations as they are");
  const verified = chosen.migrations.filter((one) => one.verify !== null && !left_out.includes(one.version));
  throwAny(outlived(await old.failingVerifications(before, verified)));
  const new_ = await open();
  await new_.apply(after, version, "the consolidated migration");

  const [was, is] = [await old.snapshot(), await new_.snapshot()];
  refuse(
    [...schemaDifferences(was.objects, is.objects), ...countDifferences(was.contents, is.contents)],
    "after the consolidated migration",
  );
  const volatile = await compareValues(consolidation, was, is, { old, new_, open });

  if (after.migrations.some((one) => one.version === version && one.rollback !== null)) {
    await new_.rollBackLast(after, "rolling the consolidated migration back");
    await new_.apply(after, version, "applying the consolidated migration again");
    const again = await new_.snapshot();
    refuse(
      [...schemaDifferences(is.objects, again.objects), ...countDifferences(is.contents, again.contents)],
      "after it was rolled back and applied again",
    );
  }
  return {
    objects_compared: was.objects.length,
    warnings: [...volatile].map(([table, columns]) => notCompared(table, columns)),
  };
}

/** Repeatable migrations come behind the versioned ones, and depend on them: a rollback would meet them. */
const versioned = (bundle: Bundle): Bundle => ({ ...bundle, repeatables: [] });

/** The columns that could not be compared, since each run gives them other values; they are looked for only in need. */
async function compareValues(
  { before, chosen }: Consolidation,
  was: Snapshot,
  is: Snapshot,
  {
    old,
    new_,
    open,
  }: { readonly old: Scratch; readonly new_: Scratch; readonly open: () => Promise<Scratch> },
): Promise<LeftOut> {
  if (valueDifferences(was.contents, is.contents).length === 0) return new Map();
  const third = await open();
  await third.apply(before, chosen.last.version, "the migrations as they are, once more");
  const volatile = volatileColumns(was.contents, (await third.snapshot()).contents);
  const [rest, others] = [await old.snapshot(volatile), await new_.snapshot(volatile)];
  const differences = valueDifferences(rest.contents, others.contents);
  refuse(differences, "after the consolidated migration");
  return volatile;
}

const outlived = (failing: readonly { readonly path: string; readonly error: Fault }[]): readonly Fault[] =>
  failing.map(({ path, error }) => {
    const message = `${path} does not hold once the later ones are applied: ${error.message}`;
    const { detail, line, column, excerpt } = error;
    return fault("verification-outlived", message, { file: path, detail, line, column, excerpt });
  });

const MOST_SHOWN = 20;
const LONGEST_SHOWN = 300;

function refuse(differences: readonly Difference[], when: string): void {
  if (differences.length === 0) return;
  const [first] = differences;
  const count = differences.length === 1 ? "1 difference" : `${differences.length} differences`;
  const message = `The database is not the same ${when}: ${count}, the first in ${first?.kind} ${first?.identity}.`;
  const more = differences.length > MOST_SHOWN ? [`and ${differences.length - MOST_SHOWN} more`] : [];
  const detail = [...differences.slice(0, MOST_SHOWN).flatMap(shown), ...more].join("\n");
  throw new MigrationFault(fault("consolidation-differs", message, { detail }));
}

const shown = ({ kind, identity, before, after }: Difference): readonly string[] => [
  `${kind} ${identity}`,
  `  before: ${cut(before)}`,
  `  after:  ${cut(after)}`,
];

const cut = (text: string | null): string => {
  const line = text?.replaceAll(/\s+/g, " ") ?? "none";
  return line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN)} ...` : line;
};

const notCompared = (table: string, columns: ReadonlySet<string>): Fault =>
  fault("values-not-compared", `Each run gives other values to ${[...columns].join(", ")} of ${table}.`);
