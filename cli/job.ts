import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Bundle, readBundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { RunOptions } from "#engine/request.ts";
import type { BundleSource, World } from "#engine/seam.ts";
import { ENVIRONMENT } from "#io/contract.ts";
import { databaseName, resolveTarget } from "#io/environment.ts";
import { readFolder } from "#io/folder.ts";
import type { Call } from "./call.ts";
import { readRunOptions } from "./run_options.ts";
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

/** Everything that can be known without connecting. Throws a MigrationFault. */
export function openJob(call: Call): Job {
  const connected = openWorld(call);
  const bundle = openBundle(bundleFolder(call));
  return { ...connected, bundle, source: loadedSource(bundle) };
}

/** Where and how to connect; nothing is connected yet. */
export function openWorld(call: Call): Connected {
  const { options, terminal, redactor, output } = call;
  const { run, limits, wait_ms } = readRunOptions(options);
  const { settings, warnings, notes } = resolveTarget(options, terminal.env, limits, redactor.learn);
  redactor.spare(settings.host, settings.database, settings.user);
  call.warn(warnings);
  for (const note of notes) output.note(note);
  return { options: run, world: makeWorld(call, settings, wait_ms) };
}

export function openBundle(folder: string): Bundle {
  const { files, source } = readFolder(folder);
  return readBundle(files, source);
}

/** --dir, MIGRATION_DIR, `migrations/<database>` where that exists, else `migrations`. */
export function bundleFolder({ options, terminal }: Call): string {
  const { env, cwd } = terminal;
  const given = options.dir ?? (env[ENVIRONMENT.folder] || null);
  if (given !== null) return resolve(cwd, given);
  const database = databaseName(options, env);
  const own = join(cwd, "migrations", database);
  // A database's name may hold what leads elsewhere in a path.
  const plain = !/[/\\]/.test(database) && !["", ".", ".."].includes(database);
  return plain && existsSync(own) ? own : join(cwd, "migrations");
}
