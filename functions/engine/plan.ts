import type { AnyMigration, Bundle, Migration, Repeatable } from "./bundle/bundle.ts";
import { openConsolidations, openFaults } from "./consolidation.ts";
import { type Fault, fault } from "./errors.ts";
import { halfDoneFaults } from "./half_done.ts";
import { type AppliedRow, byApplication, currentVersion, type History } from "./history.ts";
import { planRepeats, repeatablesStay } from "./plan_repeat.ts";
import type { ChangeRequest, RollbackRequest, UpRequest } from "./request.ts";
import type { ScriptFile } from "./script/script.ts";

/** One migration in one direction; `verify`: it is applied, and its verification must pass before anything else. */
export interface VersionedStep {
  readonly migration: Migration;
  readonly direction: "up" | "down" | "verify";
  /** The migrations whose verification scripts run within the step, in order of version. */
  readonly verifies: readonly Migration[];
  /** The version that must be the last applied when the step begins; null for none. */
  readonly expect_last: bigint | null;
}

/** A repeatable migration that is applied for the first time, or again. */
export interface RepeatStep {
  readonly migration: Repeatable;
  readonly direction: "repeat";
  /** Itself, or nothing. */
  readonly verifies: readonly Repeatable[];
  readonly expect_last: bigint | null;
  /** The run that must have applied it last when the step begins; null for none. */
  readonly expect_run: string | null;
}

export type PlannedStep = VersionedStep | RepeatStep;

/** The script that a step runs; null where the bundle has none. */
export const scriptOf = (migration: AnyMigration, direction: PlannedStep["direction"]): ScriptFile | null =>
  ({ up: migration.up, down: migration.rollback, verify: migration.verify, repeat: migration.up })[direction];

/** What a run would do, and every reason why it may not. With refusals, nothing is run. */
export interface Plan {
  readonly steps: readonly PlannedStep[];
  readonly refusals: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** Bundle, history and request to a plan. Pure: what is shown is the very value that is run. */
export function plan(bundle: Bundle, history: History, request: ChangeRequest): Plan {
  const planned =
    request.command === "up" ? planUp(bundle, history, request) : planRollback(bundle, history, request);
  const half = halfDoneFaults(bundle, history, request, planned);
  const open = openFaults(openConsolidations(bundle, history));
  return { ...planned, refusals: [...open, ...planned.refusals, ...half] };
}

/** How the history names a version: as the file spelled it, where that is known. */
const spelled = (row: AppliedRow): string => `${row.label ?? row.version}_${row.name}`;

/** An applied migration and its file. */
export interface AppliedFile {
  readonly row: AppliedRow;
  readonly migration: Migration;
}

/** Applied migrations whose file was changed since: differing text, not only line ends; without what is consolidated. */
export function changedOf(bundle: Bundle, history: History): readonly AppliedFile[] {
  const known = explained(bundle, history);
  const applied = new Map(history.rows.map((row) => [row.version, row]));
  return bundle.migrations.flatMap((migration) => {
    const row = applied.get(migration.version);
    const same = row === undefined || row.checksum === null || row.checksum === migration.up.checksum;
    return same || known.has(row.version) ? [] : [{ row, migration }];
  });
}

/** Applied rows that a consolidation explains: of them its own fault says more. */
function explained(bundle: Bundle, history: History): ReadonlySet<bigint> {
  const open = openConsolidations(bundle, history);
  return new Set(open.flatMap(({ rows }) => rows.map(({ version }) => version)));
}

export function changedFaults(bundle: Bundle, history: History): readonly Fault[] {
  return changedOf(bundle, history).map(({ row, migration }) => {
    const message =
      `${migration.up.path} was changed after it was applied: the history has sha256 ${short(row.checksum ?? "")} ` +
      `of ${row.applied_at ?? "an unknown time"}, the file has ${short(migration.up.checksum)}.`;
    return fault("changed-migration", message, { file: migration.up.path });
  });
}

const short = (checksum: string): string => checksum.slice(0, 12);

/** Applied migrations that the bundle does not hold, and that no consolidation of it stands for. */
export function missingOf(bundle: Bundle, history: History): readonly AppliedRow[] {
  const held = new Set(bundle.migrations.map((migration) => migration.version));
  const known = explained(bundle, history);
  return history.rows.filter(({ version }) => !held.has(version) && !known.has(version));
}

export function missingFaults(bundle: Bundle, history: History): readonly Fault[] {
  return missingOf(bundle, history).map((row) =>
    fault(
      "missing-migration",
      `${spelled(row)} is applied, and the bundle ${bundle.options.name} has no such file.`,
    ),
  );
}

/** Applied migrations whose verification has not passed yet, in order of version. */
function unverifiedOf(bundle: Bundle, history: History): readonly AppliedFile[] {
  const rows = new Map(history.rows.map((row) => [row.version, row]));
  return bundle.migrations.flatMap((migration) => {
    const row = rows.get(migration.version);
    return row?.state === "applied_unverified" ? [{ row, migration }] : [];
  });
}

function verificationMissing({ row, migration }: AppliedFile): readonly Fault[] {
  if (migration.verify !== null) return [];
  const message = `${spelled(row)} is applied, its verification has not passed, and the bundle has no verification of it.`;
  return [fault("verification-missing", message, { file: migration.up.path })];
}

/** The migrations that are not applied, in order of version. */
export function pendingOf(bundle: Bundle, history: History): readonly Migration[] {
  const applied = new Set(history.rows.map((row) => row.version));
  return bundle.migrations.filter((migration) => !applied.has(migration.version));
}

/** Applied migrations that were recorded without a checksum, by another tool. */
export function uncheckedWarnings(history: History): readonly Fault[] {
  const unknown = history.rows.filter((row) => row.checksum === null);
  if (unknown.length === 0) return [];
  const names = unknown.map(spelled).slice(0, 5).join(", ");
  const more = unknown.length > 5 ? ` and ${unknown.length - 5} more` : "";
  const message = `No checksum is recorded for ${names}${more}.`;
  return [fault("checksum-unknown", message)];
}

function planUp(bundle: Bundle, history: History, request: UpRequest): Plan {
  const pending = pendingOf(bundle, history);
  const { target } = request;
  const unknown =
    target.to === "version" && !bundle.migrations.some((migration) => migration.version === target.version)
      ? [fault("unknown-version", `The bundle ${bundle.options.name} has no version ${target.version}.`)]
      : [];
  const chosen =
    target.to === "latest"
      ? pending
      : target.to === "steps"
        ? pending.slice(0, target.steps)
        : pending.filter((migration) => migration.version <= target.version);
  const newest = currentVersion(history);
  const late =
    request.allow_out_of_order || bundle.options.out_of_order === "allow" || newest === null
      ? []
      : chosen.filter((migration) => migration.version < newest);
  let last = byApplication(history).at(-1)?.version ?? null;
  const unverified = unverifiedOf(bundle, history);
  const verifying = unverified.map(
    ({ migration }): VersionedStep => ({ migration, direction: "verify", verifies: [], expect_last: last }),
  );
  const steps = chosen.map((migration): VersionedStep => {
    const step = {
      migration,
      direction: "up",
      verifies: migration.verify ? [migration] : [],
      expect_last: last,
    } as const;
    last = migration.version;
    return step;
  });
  const repeats = planRepeats(bundle, history, {
    last,
    applies: chosen,
    leaves_pending: chosen.length < pending.length,
  });
  return {
    steps: [...verifying, ...steps, ...repeats.steps],
    refusals: [
      ...unknown,
      ...missingFaults(bundle, history),
      ...changedFaults(bundle, history),
      ...unverified.flatMap(verificationMissing),
      ...late.map((migration) =>
        fault("out-of-order", `${migration.up.path} is not applied, and ${newest} above it is.`, {
          file: migration.up.path,
        }),
      ),
    ],
    warnings: [...uncheckedWarnings(history), ...repeats.warnings],
  };
}

/** The rows to roll back, newest application first, or why they cannot be named. */
function chooseRollback(
  bundle: Bundle,
  history: History,
  request: RollbackRequest,
): readonly AppliedRow[] | Fault {
  const newestFirst = [...byApplication(history)].reverse();
  const { target } = request;
  if (target.remove === "steps") return newestFirst.slice(0, target.steps);
  const { version } = target;
  if (target.remove === "above" && version === 0n) return newestFirst;
  if (!history.rows.some((row) => row.version === version)) {
    return bundle.migrations.some((migration) => migration.version === version)
      ? fault("not-applied", `Version ${version} is not applied.`)
      : fault(
          "unknown-version",
          `Neither the bundle ${bundle.options.name} nor the history has a version ${version}.`,
        );
  }
  return newestFirst.filter((row) =>
    target.remove === "above" ? row.version > version : row.version >= version,
  );
}

function planRollback(bundle: Bundle, history: History, request: RollbackRequest): Plan {
  const chosen = chooseRollback(bundle, history, request);
  if (!Array.isArray(chosen)) return { steps: [], refusals: [chosen as Fault], warnings: [] };
  const rows = chosen as readonly AppliedRow[];
  const migrations = new Map(bundle.migrations.map((migration) => [migration.version, migration]));
  const refusals: Fault[] = [];
  const warnings: Fault[] = [];
  const steps: VersionedStep[] = [];
  let remaining = byApplication(history);
  for (const row of rows) {
    const last = remaining.at(-1)?.version ?? null;
    remaining = remaining.filter((other) => other.version !== row.version);
    const migration = migrations.get(row.version);
    if (migration === undefined) {
      refusals.push(
        fault("missing-migration", `${spelled(row)} is applied, and the bundle has no file to roll it back.`),
      );
      continue;
    }
    refusals.push(...irreversible(migration));
    warnings.push(...rollbackChanged(migration, row));
    steps.push({
      migration,
      direction: "down",
      verifies: verifiesAfter(remaining, migrations, request),
      expect_last: last,
    });
  }
  warnings.push(...laterStays(rows, remaining), ...(rows.length === 0 ? [] : repeatablesStay(history)));
  return { steps, refusals, warnings };
}

function irreversible(migration: Migration): readonly Fault[] {
  const why =
    migration.directives.irreversible !== null
      ? `it says so: ${migration.directives.irreversible}`
      : migration.rollback === null
        ? "it has no rollback script"
        : null;
  if (why === null) return [];
  return [
    fault("irreversible", `${migration.up.path} cannot be rolled back: ${why}.`, { file: migration.up.path }),
  ];
}

function rollbackChanged(migration: Migration, row: AppliedRow): readonly Fault[] {
  const recorded = row.rollback_checksum;
  if (migration.rollback === null || recorded === null || recorded === migration.rollback.checksum) return [];
  const message = `${migration.rollback.path} was changed since ${spelled(row)} was applied.`;
  return [fault("rollback-changed", message, { file: migration.rollback.path })];
}

/** `last`: of the migration with the highest version that stays; `all`: of everything that stays. */
function verifiesAfter(
  remaining: readonly AppliedRow[],
  migrations: ReadonlyMap<bigint, Migration>,
  request: RollbackRequest,
): readonly Migration[] {
  const stay = remaining
    .flatMap((row) => migrations.get(row.version) ?? [])
    .sort((a, b) => (a.version < b.version ? -1 : 1));
  const wanted = request.verify === "none" ? [] : request.verify === "last" ? stay.slice(-1) : stay;
  return wanted.filter((migration) => migration.verify !== null);
}

function laterStays(gone: readonly AppliedRow[], stay: readonly AppliedRow[]): readonly Fault[] {
  return gone.flatMap((row) => {
    const later = stay.filter((other) => other.applied_seq > row.applied_seq);
    if (later.length === 0) return [];
    const message = `${later.map(spelled).join(", ")} was applied after ${spelled(row)}, and stays.`;
    return [fault("later-stays", message)];
  });
}
