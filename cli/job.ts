import type { Bundle } from "#engine/bundle/bundle.ts";
import { remembered } from "#engine/bundle/loaded_source.ts";
import type { RunOptions } from "#engine/request.ts";
import type { BundleSource, World } from "#engine/seam.ts";
import { resolveTarget } from "#io/environment.ts";
import type { Call } from "./call.ts";
import { refuseUndeclared } from "./named_placeholders.ts";
import { readRunOptions } from "./run_options.ts";
import { hideSecrets } from "./secrets.ts";
import { openSource } from "./source.ts";
import { makeWorld } from "./world.ts";

/** What a run on a database needs. */
export interface Job extends Connected {
  readonly bundle: Bundle;
  /** The same, as a run takes it. */
  readonly source: BundleSource;
}

/** What reading the records needs. */
export interface Connected {
  readonly options: RunOptions;
  readonly world: World;
}

/** Everything that can be known without connecting to the database. Throws a MigrationFault. */
export async function openJob(call: Call): Promise<Job> {
  const connected = openWorld(call);
  const source = await openSource(call);
  // Now, since a version may be spelled as one of its files spells it.
  const bundle = await source.read(null);
  refuseUndeclared(bundle, connected.options.placeholders);
  hideSecrets(call.redactor, bundle.options.placeholders, connected.options.placeholders);
  return { ...connected, bundle, source: remembered(source, bundle) };
}

/** Where and how to connect; nothing is connected yet. */
export function openWorld(call: Call): Connected {
  const { options, terminal, redactor, output } = call;
  const { run, limits, wait_ms } = readRunOptions(options, terminal.env);
  const { settings, warnings, notes } = resolveTarget(options, terminal.env, limits, redactor.learn);
  redactor.spare(settings.host, settings.database, settings.user);
  call.warn(warnings);
  for (const note of notes) output.note(note);
  return { options: run, world: makeWorld(call, settings, wait_ms) };
}
