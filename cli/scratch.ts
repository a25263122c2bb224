import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import type { World } from "#engine/seam.ts";
import { type ConnectionSettings, connect } from "#io/connect.ts";
import { resolveTarget } from "#io/environment.ts";
import { type ScratchServer, scratchOnEmbedded, scratchOnServer } from "#io/scratch.ts";
import { systemWorld } from "#io/system.ts";
import type { Call } from "./call.ts";
import { readRunOptions } from "./run_options.ts";

/** Makes worlds around empty databases, which are gone when it is closed. */
export interface ScratchWorlds {
  create(): Promise<World>;
  /** What could not be dropped. */
  close(): Promise<readonly Fault[]>;
}

/** On a PostgreSQL of its own, unless --scratch says on the target's server. */
export async function openScratch(call: Call): Promise<ScratchWorlds> {
  const server = await openServer(call);
  return {
    create: async () => {
      if (call.interrupt.aborted) throw new MigrationFault(interrupted(call));
      return worldOf(call, await server.create());
    },
    close: () => server.close(),
  };
}

async function openServer(call: Call): Promise<ScratchServer> {
  const { options, terminal, redactor, output } = call;
  const { limits } = readRunOptions(options, terminal.env);
  if (options.scratch === "target") {
    const { settings, warnings } = resolveTarget(options, terminal.env, limits, redactor.learn);
    redactor.spare(settings.host, settings.database, settings.user);
    call.warn(warnings);
    return scratchOnServer(settings);
  }
  if (options.quiet !== true) output.tell("Starting a PostgreSQL of its own ...");
  try {
    return await scratchOnEmbedded(limits, redactor.learn);
  } catch (error) {
    // Ctrl-C goes to what the start runs, too.
    if (call.interrupt.aborted) throw new MigrationFault(interrupted(call));
    if (!(error instanceof MigrationFault)) throw error;
    const [first, ...rest] = error.faults;
    throw new MigrationFault(
      { ...first, remedy: `${first.remedy} Or use your server: --scratch target.` },
      ...rest,
    );
  }
}

/** Its events are no progress of what the user asked for. */
const worldOf = ({ interrupt }: Call, settings: ConnectionSettings): World => ({
  ...systemWorld,
  target: { host: settings.host, port: settings.port, database: settings.database },
  connect: (run_id) => connect(settings, run_id, () => {}),
  emit: () => {},
  interrupt,
});

export const interrupted = ({ interrupt }: Call): Fault =>
  fault("interrupted", `${interrupt.reason} came; nothing was written.`, { remedy: "Run it again." });
