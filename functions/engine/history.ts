import type { Bundle } from "./bundle/bundle.ts";
import { type Fault, fault } from "./errors.ts";
import type { Shape } from "./registry/shape.ts";
import type { StatementRow } from "./registry/statements.ts";

/** One applied migration, as the history has it. */
export interface AppliedRow {
  readonly version: bigint;
  readonly label: string | null;
  readonly name: string;
  /** null where another tool wrote the row. */
  readonly checksum: string | null;
  readonly rollback_checksum: string | null;
  readonly bundle: string | null;
  readonly applied_seq: bigint;
  /** ISO 8601, UTC; null where another tool left it out. */
  readonly applied_at: string | null;
  readonly run_id: string | null;
  readonly duration_ms: number | null;
  /** applied_unverified: its effect is there, and its verification has not passed. */
  readonly state: "applied" | "applied_unverified";
  /** null where another tool wrote the row. */
  readonly checksum_raw: string | null;
  /** How it came to be applied where no run applied it: `adopted`, `baseline`, ...; null where one did. */
  readonly origin: string | null;
  /** As the other tool says, whose history was adopted. */
  readonly applied_by: string | null;
}

/** A repeatable migration as it was applied last. */
export interface RepeatableRow {
  readonly name: string;
  readonly checksum: string;
  readonly bundle: string;
  readonly run_id: string;
  /** ISO 8601, UTC. */
  readonly applied_at: string;
  readonly duration_ms: number | null;
  /** A rollback was done since, which may have taken along what it made. */
  readonly rolled_back_since: boolean;
  /** Number of the event that tells of it; 0 where there is none any more. */
  readonly event: bigint;
}

/** What the database says is applied, in order of version. */
export interface History {
  readonly rows: readonly AppliedRow[];
  /** Empty in the formats that did not know any. */
  readonly repeatables: readonly RepeatableRow[];
  /** Last event of each that was applied behind any of the repeatable ones, by `stepKey`. */
  readonly last_events: ReadonlyMap<string, bigint>;
  /** What was begun of scripts outside a transaction; empty in the formats that did not keep it. */
  readonly statements: readonly StatementRow[];
}

export const EMPTY_HISTORY: History = { rows: [], repeatables: [], last_events: new Map(), statements: [] };

/** Applied rows in order of application, oldest first. */
export const byApplication = (history: History): readonly AppliedRow[] =>
  [...history.rows].sort((a, b) => (a.applied_seq < b.applied_seq ? -1 : 1));

/** The highest applied version, null when none. */
export const currentVersion = (history: History): bigint | null => history.rows.at(-1)?.version ?? null;

const TAKE_OVER =
  "Take it over with `paws-migrate adopt`, or keep the histories apart with --history-schema.";

/** Refuses a history that is another tool's. */
export function foreignHistory(shape: Shape, historySchema: string): Fault | null {
  if (shape.kind !== "foreign") return null;
  return fault(
    "foreign-history",
    `The history in schema ${historySchema} looks like ${shape.tool}'s: it has (${shape.columns.join(", ")}).`,
    shape.adoptable ? { remedy: TAKE_OVER } : {},
  );
}

/** Refuses a history that is another bundle's; the remedy differs when it is the same one renamed. */
export function otherBundle(history: History, bundle: Bundle): Fault | null {
  const foreign = [...history.rows, ...history.repeatables].find(
    (row) => row.bundle !== null && row.bundle !== bundle.options.name,
  );
  if (foreign === undefined) return null;
  const files = new Map(bundle.migrations.map((migration) => [migration.version, migration.up.checksum]));
  const held = new Set(bundle.repeatables.map(({ name }) => name));
  const same =
    history.rows.every((row) => files.get(row.version) === row.checksum) &&
    history.repeatables.every(({ name }) => held.has(name));
  const message = `The history belongs to the bundle ${foreign.bundle}, not to ${bundle.options.name}.`;
  return same
    ? fault("other-bundle", `${message} Versions and checksums are the same: the folder was renamed.`, {
        remedy: `Write {"name": ${JSON.stringify(foreign.bundle)}} in bundle.json.`,
      })
    : fault("other-bundle", message);
}
