import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Bundle, readBundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { fault, MigrationFault } from "#engine/errors.ts";
import type { BundleSource } from "#engine/seam.ts";
import { ENVIRONMENT } from "#io/contract.ts";
import { databaseName } from "#io/environment.ts";
import { readFolder } from "#io/folder.ts";
import { withUnfinished } from "#io/unfinished_consolidation.ts";
import type { Call } from "./call.ts";

/** The files that a command line names: a folder, a zip file, or an object in S3. */
export async function openSource(call: Call): Promise<BundleSource> {
  const { bundle } = call.options;
  if (bundle === undefined) return loadedSource(openBundle(bundleFolder(call)));
  if (bundle.startsWith("s3:")) {
    // The SDK takes longer to load than all the rest.
    const { openS3Source } = await import("./s3_bundle.ts");
    return openS3Source(bundle, call);
  }
  const { fileSource } = await import("#io/bundles/source.ts");
  return fileSource(resolve(call.terminal.cwd, bundle));
}

/** For verbs that take the folder as a word, too: `check [DIR]`. */
export function withFolder(call: Call): Call {
  const [folder] = call.words;
  if (folder === undefined) return call;
  const twice = call.options.bundle === undefined ? call.options.dir && "--dir" : "--bundle";
  if (twice) {
    const said = `A folder and ${twice} cannot be given together.`;
    throw new MigrationFault(fault("bad-argument", said));
  }
  return { ...call, words: [], options: { ...call.options, dir: folder } };
}

export function openBundle(folder: string): Bundle {
  const { files, source } = readFolder(folder);
  try {
    return readBundle(files, source);
  } catch (error) {
    throw withUnfinished(folder, error);
  }
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
