import { hostname, userInfo } from "node:os";
import { type Fault, fault, throwAny } from "#engine/errors.ts";
import { isHistorySchema } from "#engine/registry/tables.ts";
import {
  COUNTED_TABLE,
  type CountedTables,
  RUN_ID,
  RUN_ID_WANTED,
  type RunOptions,
} from "#engine/request.ts";
import { parseWait, WAIT_WANTED } from "#engine/script/duration.ts";
import { ENVIRONMENT } from "#io/contract.ts";
import type { ConnectionLimits } from "#io/environment.ts";
import { readPlaceholderValues } from "#io/placeholder_values.ts";
import type { Environment } from "#io/target_sources.ts";
import type { CommonOptions } from "./options.ts";

/** How a run goes about it, checked; `wait_ms` is for a database that is still starting. */
export interface ReadOptions {
  readonly run: RunOptions;
  readonly limits: ConnectionLimits;
  readonly wait_ms: number;
}

const SILENCE_MS = 10_000;

/** Reads the options that no verb has of its own. Throws a MigrationFault with every one that cannot be used. */
export function readRunOptions(options: CommonOptions, env: Environment): ReadOptions {
  const placeholders = readPlaceholderValues(options.placeholder ?? [], env[ENVIRONMENT.placeholders]);
  const faults: Fault[] = [...placeholders.faults];
  const time = (name: string, text: string | undefined, fallback: number): number => {
    const ms = text === undefined ? fallback : parseWait(text);
    if (ms === null) faults.push(wrong(name, text, WAIT_WANTED));
    return ms ?? fallback;
  };
  const named = (name: string, text: string | undefined): string | null => {
    if (text === "") faults.push(fault("bad-argument", `${name} is empty.`));
    return text ?? null;
  };
  const timeout_ms = time("--timeout", options.timeout, 0);
  const lock_wait_ms = time("--lock-wait", options.lockWait, 30_000);
  const read: ReadOptions = {
    run: {
      run_id: runId(options.runId, faults),
      requested_by: requestedBy(),
      reason: options.reason ?? null,
      request_id: null,
      history_schema: historySchema(options.historySchema, faults),
      lock_wait_ms,
      run_wait_ms: lock_wait_ms,
      retry_for_ms: time("--retry-for", options.retryFor, 300_000),
      // As the server has it: 0 is none.
      max_lock_hold_ms: time("--max-lock-hold", options.maxLockHold, 0) || null,
      timeout_ms: timeout_ms === 0 ? null : timeout_ms,
      silence_ms: SILENCE_MS,
      role: named("--role", options.role),
      strict: options.strict === true,
      allow_session_pooler: options.allowSessionPooler === true,
      expected_plan: null,
      placeholders: placeholders.values,
      counted: countedTables(options, faults),
    },
    limits: {
      statement_timeout_ms: time("--statement-timeout", options.statementTimeout, orphanTimeout(timeout_ms)),
      allow_session_pooler: options.allowSessionPooler === true,
    },
    wait_ms: time("--wait", options.wait, 0),
  };
  throwAny(faults);
  return read;
}

/** At the deadline the job cancels what runs; of a job that has died the server itself ends it a little later. */
const orphanTimeout = (timeout_ms: number): number => (timeout_ms === 0 ? 0 : timeout_ms + 15_000);

function runId(text: string | undefined, faults: Fault[]): string | null {
  if (text === undefined || RUN_ID.test(text)) return text ?? null;
  faults.push(wrong("--run-id", text, RUN_ID_WANTED));
  return null;
}

function historySchema(text: string | undefined, faults: Fault[]): string {
  if (text === undefined || isHistorySchema(text)) return text ?? "public";
  faults.push(
    wrong("--history-schema", text, "a schema's name of at most 63 bytes that is not the server's own"),
  );
  return "public";
}

const SIZE = /^(\d{1,12})\s*(kB|MB|GB)?$/i;
const UNITS: Readonly<Record<string, number>> = { kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };

function countedTables({ count, countUnder }: CommonOptions, faults: Fault[]): CountedTables | null {
  for (const name of count ?? []) {
    if (!COUNTED_TABLE.test(name)) faults.push(wrong("--count", name, "SCHEMA.TABLE"));
  }
  if (countUnder === undefined) return count === undefined ? null : { named: count, under_bytes: null };
  const [, digits, unit = ""] = SIZE.exec(countUnder) ?? [];
  if (digits === undefined)
    faults.push(wrong("--count-under", countUnder, "a size such as 500kB, 10MB or 1GB"));
  return { named: count ?? [], under_bytes: Number(digits ?? 0) * (UNITS[unit.toLowerCase()] ?? 1) };
}

const wrong = (name: string, found: string | undefined, wanted: string): Fault =>
  fault("bad-argument", `${name} is ${JSON.stringify(found)}; wanted ${wanted}.`);

/** Who sits at this machine; a container may have users without a name. */
function requestedBy(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? "unknown"}@${hostname()}`;
  }
}
