import type { Bundle, Migration } from "./bundle/bundle.ts";
import type { Consolidated, Replaced } from "./bundle/consolidated.ts";
import { type Fault, fault } from "./errors.ts";
import type { AppliedRow, History } from "./history.ts";
import { stepName } from "./step_name.ts";

/**
 * A consolidation of the bundle that the history does not know of yet, though it has some of the replaced
 * migrations. Without faults it has them all, as they were consolidated: then it may be recorded.
 */
export interface OpenConsolidation {
  readonly migration: Migration;
  readonly consolidated: Consolidated;
  /** The history's rows that it concerns. */
  readonly rows: readonly AppliedRow[];
  readonly faults: readonly Fault[];
}

/** What of the bundle's consolidations the history has only in the old form, wholly or in part. */
export function openConsolidations(bundle: Bundle, history: History): readonly OpenConsolidation[] {
  // A plan asks more than once, and hardly any bundle has one.
  if (bundle.consolidated.length === 0) return [];
  const files = new Map(bundle.migrations.map((migration) => [migration.version, migration]));
  return bundle.consolidated.flatMap((consolidated): readonly OpenConsolidation[] => {
    const migration = files.get(consolidated.version);
    if (migration === undefined) return [];
    const concerned = new Set(consolidated.replaces.map(({ version }) => version));
    const rows = history.rows.filter(({ version }) => concerned.has(version));
    const old = rows.filter((row) => !isOfNewFile(row, migration));
    // The new one alone, edited since: that is a changed file as any other.
    if (!old.some((row) => row.version !== migration.version || isOfOldFile(row, consolidated, migration))) {
      return [];
    }
    return [{ migration, consolidated, rows, faults: obstacles(consolidated, migration, old, history) }];
  });
}

/** Why nothing may be applied or rolled back before they are recorded. */
export const openFaults = (open: readonly OpenConsolidation[]): readonly Fault[] =>
  open.flatMap(({ migration, consolidated, faults }) => {
    if (faults.length > 0) return faults;
    const message = `The migrations that ${migration.up.path} stands for are applied: ${named(consolidated.replaces)}.`;
    return [fault("consolidation-pending", message, { file: migration.up.path })];
  });

/** The file's own text is what was applied; another tool writes no checksum, but it writes the name. */
const isOfNewFile = (row: AppliedRow, { version, name, up }: Migration): boolean =>
  row.version === version && (row.checksum === null ? row.name === name : row.checksum === up.checksum);

const isOfOldFile = (row: AppliedRow, { replaces }: Consolidated, { name }: Migration): boolean =>
  row.checksum === null ? row.name !== name : row.checksum === replaces.at(-1)?.checksum;

function obstacles(
  { replaces }: Consolidated,
  { up }: Migration,
  old: readonly AppliedRow[],
  history: History,
): readonly Fault[] {
  const rows = new Map(old.map((row) => [row.version, row]));
  const absent = replaces.filter(({ version }) => !rows.has(version));
  const refuse = (because: string): Fault =>
    fault("partly-consolidated", `${up.path} cannot be recorded: ${because}.`, { file: up.path });
  if (absent.length > 0) {
    const applied = replaces.filter(({ version }) => rows.has(version));
    return [refuse(`applied are ${named(applied)}, and not ${named(absent)}`)];
  }
  const begun = replaces.filter(({ version }) => history.statements.some((one) => one.version === version));
  const unverified = replaces.filter(({ version }) => rows.get(version)?.state === "applied_unverified");
  const changed = replaces.filter(({ version, checksum }) => {
    const found = rows.get(version)?.checksum ?? null;
    return found !== null && found !== checksum;
  });
  return [
    ...(begun.length > 0 ? [refuse(`half done is ${named(begun)}`)] : []),
    ...(unverified.length > 0 ? [refuse(`not verified is ${named(unverified)}`)] : []),
    ...changed.map((one) => changedFault(one, up.path, rows.get(one.version)?.checksum ?? "")),
  ];
}

const changedFault = (replaced: Replaced, file: string, found: string): Fault =>
  fault(
    "changed-migration",
    `${stepName(replaced)} was applied from another file than the one that was consolidated: the history has sha256 ` +
      `${found.slice(0, 12)}, consolidated.json has ${replaced.checksum.slice(0, 12)}.`,
    {
      file,
      remedy: "Consolidate the files as they were applied, or find out what is different in this database.",
    },
  );

const MOST_NAMED = 20;

function named(replaced: readonly Replaced[]): string {
  const more = replaced.length > MOST_NAMED ? ` and ${replaced.length - MOST_NAMED} more` : "";
  return `${replaced.slice(0, MOST_NAMED).map(stepName).join(", ")}${more}`;
}
