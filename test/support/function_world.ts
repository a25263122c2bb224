import type { RunEvent, World } from "#engine/seam.ts";
import { connectFunction } from "#io/credentials/connect_function.ts";
import { readFunctionSettings } from "#io/function_settings.ts";
import { systemWorld } from "#io/system.ts";
import type { Environment } from "#io/target_sources.ts";

/** The world of a function with this environment. */
export function functionWorld(environment: Environment, rotation_ms = 3_000): World {
  const settings = readFunctionSettings(environment);
  const emit = (_: RunEvent): void => {};
  return {
    ...systemWorld,
    target: { host: settings.host, port: settings.port, database: settings.database },
    connect: connectFunction(settings, { emit, statement_timeout_ms: 0, rotation_ms }),
    emit,
    interrupt: new AbortController().signal,
  };
}
