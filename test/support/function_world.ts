import type { RunEvent, World } from "#engine/seam.ts";
import { connectFunction } from "#io/credentials/connect_function.ts";
import { readFunctionSettings } from "#io/function_settings.ts";
import { systemWorld } from "#io/system.ts";
import type { Environment } from "#io/target_sources.ts";

/** The world of a function with this environment, with the events kept. */
export function functionWorld(
  environment: Environment,
  rotation_ms = 3_000,
): World & { readonly events: readonly RunEvent[] } {
  const settings = readFunctionSettings(environment);
  const events: RunEvent[] = [];
  const emit = (event: RunEvent): void => void events.push(event);
  return {
    ...systemWorld,
    target: { host: settings.host, port: settings.port, database: settings.database },
    connect: connectFunction(settings, { emit, statement_timeout_ms: 0, rotation_ms }),
    emit,
    interrupt: new AbortController().signal,
    events,
  };
}
