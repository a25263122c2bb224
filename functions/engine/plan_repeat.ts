import type { AnyMigration, Bundle, Migration, Repeatable } from "./bundle/bundle.ts";
import { drops } from "./drops.ts";
import { type Fault, fault } from "./errors.ts";
import type { History, RepeatableRow } from "./history.ts";
import type { Plan, RepeatStep } from "./plan.ts";
import { stepKey } from "./registry/step_key.ts";
import type { ListedRepeatable } from "./report.ts";
import { stepName } from "./step_name.ts";

/**
 * What the next `up` has to do with a repeatable migration: `pending` was never applied, or not since a rollback or
 * another script that drops (its last event: `dropped`), which may have taken along what it made.
 */
export function stateOf(
  repeatable: Repeatable,
  row: RepeatableRow | undefined,
  dropped: bigint,
): Exclude<ListedRepeatable["state"], "missing"> {
  if (row === undefined) return "pending";
  if (row.checksum !== repeatable.up.checksum) return "changed";
  return row.rolled_back_since || dropped > row.event ? "pending" : "applied";
}

const rowsOf = ({ repeatables }: History): ReadonlyMap<string, RepeatableRow> =>
  new Map(repeatables.map((row) => [row.name, row]));

/** Repeatable migrations of the bundle, with how they were applied last. */
export function repeatablesOf(bundle: Bundle, history: History) {
  const rows = rowsOf(history);
  let dropped = 0n;
  const note = (migration: AnyMigration): void => {
    const event = history.last_events.get(stepKey(migration)) ?? 0n;
    if (event > dropped && drops(migration)) dropped = event;
  };
  if (rows.size > 0) bundle.migrations.forEach(note);
  return bundle.repeatables.map((repeatable) => {
    const row = rows.get(repeatable.name);
    const state = stateOf(repeatable, row, dropped);
    // What it drops may have been made by those behind it, never by those before it.
    note(repeatable);
    return { repeatable, row, state };
  });
}

/** Those that the next `up` applies, where it leaves nothing pending. */
export const dueOf = (bundle: Bundle, history: History) =>
  repeatablesOf(bundle, history).filter(({ state }) => state !== "applied");

/** Rows whose file the bundle does not hold any more. */
export function goneOf(bundle: Bundle, history: History): readonly RepeatableRow[] {
  const held = new Set(bundle.repeatables.map(({ name }) => name));
  return history.repeatables.filter(({ name }) => !held.has(name));
}

/** The same once a run has applied others: where one of these, or of those before, drops, all behind it. */
function dueBehind(bundle: Bundle, history: History, applies: readonly Migration[]) {
  let dropped = applies.some(drops);
  return repeatablesOf(bundle, history).filter(({ repeatable, state }) => {
    const due = dropped || state !== "applied";
    dropped ||= due && drops(repeatable);
    return due;
  });
}

/**
 * The steps behind those of `up`, in order of name. They may need what is pending, so that they wait where the run
 * leaves anything of that. `last`: the version that is the last applied by then.
 */
export function planRepeats(
  bundle: Bundle,
  history: History,
  {
    last,
    applies,
    leaves_pending,
  }: {
    readonly last: bigint | null;
    readonly applies: readonly Migration[];
    readonly leaves_pending: boolean;
  },
): Pick<Plan, "warnings"> & { readonly steps: readonly RepeatStep[] } {
  const due = dueBehind(bundle, history, applies);
  if (leaves_pending) return { steps: [], warnings: due.length === 0 ? [] : [waiting(due)] };
  const steps = due.map(
    ({ repeatable, row }): RepeatStep => ({
      migration: repeatable,
      direction: "repeat",
      verifies: repeatable.verify === null ? [] : [repeatable],
      expect_last: last,
      expect_run: row?.run_id ?? null,
    }),
  );
  return { steps, warnings: [] };
}

const waiting = (due: readonly { readonly repeatable: Repeatable }[]): Fault =>
  fault(
    "repeatables-wait",
    `This run leaves migrations pending, and ${listed(due.map(({ repeatable }) => repeatable))} behind them.`,
  );

/** Of a rollback: it leaves them as they are. */
export function repeatablesStay({ repeatables }: History): readonly Fault[] {
  if (repeatables.length === 0) return [];
  const rows = repeatables.map(({ name }) => ({ label: "", name }));
  return [fault("repeatables-stay", `Repeatable migrations stay as they were applied: ${listed(rows)}.`)];
}

export const goneFaults = (bundle: Bundle, history: History): readonly Fault[] =>
  goneOf(bundle, history).map(({ name }) =>
    fault(
      "repeatable-gone",
      `${stepName({ label: "", name })} is applied, and the bundle ${bundle.options.name} has no such file: what it made stays.`,
    ),
  );

const MOST_NAMED = 5;

function listed(all: readonly { readonly label: string; readonly name: string }[]): string {
  const more = all.length > MOST_NAMED ? ` and ${all.length - MOST_NAMED} more` : "";
  return `${all.slice(0, MOST_NAMED).map(stepName).join(", ")}${more}`;
}
