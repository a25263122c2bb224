import type { World } from "#engine/seam.ts";
import { type ConnectionSettings, connect } from "#io/connect.ts";
import { patientAtFirst } from "#io/patient_connect.ts";
import { systemWorld } from "#io/system.ts";
import type { Call } from "./call.ts";

/** The world of a run in the terminal: this machine's clock, that database, and Ctrl-C. */
export function makeWorld(call: Call, settings: ConnectionSettings, wait_ms: number): World {
  const { output, interrupt } = call;
  const { host, port, database } = settings;
  const waiting = (reason: string): void => {
    if (call.options.quiet !== true) output.tell(`${reason} Waiting for it.`);
  };
  const patience = { ...systemWorld, interrupt, wait_ms, waiting };
  return {
    ...systemWorld,
    target: { host, port, database },
    connect: patientAtFirst((run_id) => connect(settings, run_id, output.event), patience),
    emit: output.event,
    interrupt,
  };
}
