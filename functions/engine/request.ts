import { createHash } from "node:crypto";
import type { GivenValues } from "./placeholders/values.ts";

/** How far to apply: everything, up to a version, or a number of steps. */
export type UpTarget =
  | { readonly to: "latest" }
  | { readonly to: "version"; readonly version: bigint }
  | { readonly to: "steps"; readonly steps: number };

/** What to roll back: the newest steps, all above a version that stays, or a version and all above it. */
export type RollbackTarget =
  | { readonly remove: "steps"; readonly steps: number }
  | { readonly remove: "above"; readonly version: bigint }
  | { readonly remove: "from"; readonly version: bigint };

/** Which verification scripts run after a rollback: of what is newest then, of all that stays, or none. */
export type RollbackVerification = "last" | "all" | "none";

export interface UpRequest {
  readonly command: "up";
  readonly target: UpTarget;
  readonly allow_out_of_order: boolean;
}

export interface RollbackRequest {
  readonly command: "rollback";
  readonly target: RollbackTarget;
  readonly verify: RollbackVerification;
}

/** What changes a database. */
export type ChangeRequest = UpRequest | RollbackRequest;

export interface VerifyRequest {
  readonly command: "verify";
  /** Empty: everything that is applied. */
  readonly versions: readonly bigint[];
  /** Whether the schema is looked at too; not, where it is left out. */
  readonly integrity?: boolean;
}

/** A person's word on what no program can know. Its reason is the run's. */
export interface MarkRequest {
  readonly command: "mark";
  readonly version: bigint;
  readonly to: "applied" | "pending";
}

/** Takes over what another tool has recorded. */
export interface AdoptRequest {
  readonly command: "adopt";
  /** Whose history it is; null: the only one that is found. */
  readonly from: string | null;
  /** Its table, where it bears another name than the tool gives it; null: the tool's own. */
  readonly table: { readonly schema: string; readonly name: string } | null;
  /** Of a tool that records its last revision alone: all of them in order, and what each is in the bundle. */
  readonly chain: readonly { readonly revision: string; readonly version: bigint | null }[] | null;
  readonly dry_run: boolean;
}

/** Takes what a database without a history holds for applied, up to a version. */
export interface BaselineRequest {
  readonly command: "baseline";
  readonly version: bigint;
  /** Which verification scripts must pass before it is believed. */
  readonly verify: RollbackVerification;
}

/** Records the files as they are now. */
export interface RepairRequest {
  readonly command: "repair";
  /** Empty: whatever is applied and was changed. */
  readonly versions: readonly bigint[];
  readonly dry_run: boolean;
}

/** To record in the history what the bundle's consolidations stand for. */
export interface ConsolidateRequest {
  readonly command: "consolidate";
}

/** What writes the history without running a script. */
export type SettlingRequest =
  | MarkRequest
  | AdoptRequest
  | BaselineRequest
  | RepairRequest
  | ConsolidateRequest;

/** What is asked for: the request, and which bundle as the caller named it (`BundleSource.reference`). */
export interface Asked {
  readonly request: ChangeRequest | VerifyRequest | SettlingRequest;
  readonly reference: unknown;
}

/**
 * The canonical form of what is asked for: equal requests give equal text, whatever the spelling of the command line
 * and the order of the keys.
 */
export function canonicalRequest({ request, reference }: Asked): string {
  const { integrity, ...plain } = { integrity: false, ...request };
  // A key that a release did not know is left out where it says nothing: its runs must be met again.
  const asked = integrity ? { ...plain, integrity } : plain;
  const whole = reference === null ? asked : { ...asked, bundle: reference };
  return JSON.stringify(whole, (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : sorted(value),
  );
}

const sorted = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** sha256 (hex) of the canonical request. */
export const requestHash = (asked: Asked): string =>
  createHash("sha256").update(canonicalRequest(asked)).digest("hex");

/** A run id as a caller may choose it. */
export const RUN_ID = /^[A-Za-z0-9._:-]{1,64}$/;
export const RUN_ID_WANTED = "1 to 64 letters, digits, `.`, `_`, `:` or `-`";

/** Tables whose rows are counted before and after a run. */
export interface CountedTables {
  /** `schema.table`, each. */
  readonly named: readonly string[];
  /** All whose size with indexes is below; null for none. */
  readonly under_bytes: number | null;
}

/** A table's name as `--count` takes it: both parts plain, or quoted as SQL has them. */
export const COUNTED_TABLE =
  /^(?:[^".\s]{1,63}|"(?:[^"]|""){1,63}")\.(?:[^".\s]{1,63}|"(?:[^"]|""){1,63}")$/u;

/** How a run goes about it; the same for every command. Milliseconds. */
export interface RunOptions {
  /** The caller's id of the run, or null for a new one. */
  readonly run_id: string | null;
  readonly requested_by: string | null;
  readonly reason: string | null;
  readonly request_id: string | null;
  readonly history_schema: string;
  /** How long to wait for another run. */
  readonly lock_wait_ms: number;
  /** How long to wait for an attempt of the same run id that still runs. */
  readonly run_wait_ms: number;
  /** How long to try again where a table is locked. */
  readonly retry_for_ms: number;
  /** How long a step may hold strong locks on what existed before; null for no bound. */
  readonly max_lock_hold_ms: number | null;
  /** The run's deadline, from its beginning; null for none. */
  readonly timeout_ms: number | null;
  /** So long nothing is heard before another connection asks whether the backend still works. */
  readonly silence_ms: number;
  /** SET ROLE for the whole run; null for the login itself. */
  readonly role: string | null;
  /** A verification that checks nothing, and every warning about files, is an error. */
  readonly strict: boolean;
  readonly allow_session_pooler: boolean;
  /** The `plan_digest` that a person said yes to; the run refuses (plan-changed) where its own differs. */
  readonly expected_plan: string | null;
  /** Values of the bundle's placeholders on this target: no part of the request, and not recorded. */
  readonly placeholders: GivenValues;
  /** Tables whose rows are counted; null for none. */
  readonly counted: CountedTables | null;
}
