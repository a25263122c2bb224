import type { RunOptions } from "#engine/request.ts";
import type { BundleSource, RunEvent, World } from "#engine/seam.ts";
import { connectFunction } from "../credentials/connect_function.ts";
import type { FunctionSettings } from "../function_settings.ts";
import { systemWorld, withTimeout } from "../system.ts";
import { openBundleSource } from "./bundle_source.ts";
import type { CommonEvent } from "./event_fields.ts";
import { type FunctionCommand, type InvocationContext, runTime, waitTime } from "./invocation_context.ts";

/** What a run needs. */
export interface Job {
  /** Of the bundle; asked for by who needs one. Throws a MigrationFault where the event names none. */
  openSource(): BundleSource;
  readonly options: RunOptions;
  readonly world: World;
}

/** What an event asks for, beside the engine's request. */
export interface JobEvent {
  readonly common: CommonEvent;
  readonly expected_plan: string | null;
  readonly count?: readonly string[];
}

const SILENCE_MS = 10_000;
/** At the deadline the run cancels what it runs; of a function that was killed the server ends it a little later. */
const ORPHAN_MS = 15_000;

/** Nothing is connected, read or fetched yet: the engine does, when it is due. */
export function openJob(
  command: FunctionCommand,
  { common, expected_plan, count = [] }: JobEvent,
  settings: FunctionSettings,
  context: InvocationContext,
  emit: (event: RunEvent) => void,
): Job {
  const { host, port, database } = settings;
  const timeout_ms = runTime(context);
  const ends_ms = systemWorld.clock.monotonic_ms() + waitTime(context);
  const over = withTimeout(timeout_ms);
  return {
    openSource: () => openBundleSource(common.bundle, settings, over),
    options: {
      run_id: common.run_id ?? context.awsRequestId,
      requested_by: common.requested_by ?? null,
      reason: common.reason ?? null,
      request_id: context.awsRequestId,
      history_schema: settings.history_schema,
      lock_wait_ms: common.lock_wait,
      run_wait_ms: common.wait,
      retry_for_ms: common.retry_for,
      // As the server has it: 0 is none.
      max_lock_hold_ms: common.max_lock_hold || null,
      timeout_ms,
      silence_ms: SILENCE_MS,
      // What only looks does so as its own login, which is the reader's.
      role: command === "apply" || command === "rollback" ? settings.owner_role : null,
      strict: common.strict,
      allow_session_pooler: false,
      expected_plan,
      placeholders: settings.placeholders,
      counted: count.length === 0 ? null : { named: count, under_bytes: null },
    },
    world: {
      ...systemWorld,
      target: { host, port, database },
      connect: connectFunction(settings, {
        emit,
        statement_timeout_ms: timeout_ms + ORPHAN_MS,
        ends_ms,
      }),
      emit,
      // Lambda sends no signal to a function without extensions; the deadline ends a run.
      interrupt: new AbortController().signal,
    },
  };
}
