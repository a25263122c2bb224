import { rm, rmdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { ENVIRONMENT, LIBPQ_ENVIRONMENT } from "#io/contract.ts";
import type { ServerConnection } from "#io/embedded/server.ts";
import { packageRoot } from "#io/package_root.ts";
import { DEMO_DATABASE } from "./demo_story.ts";

const FILE = "demo.env";

/**
 * Writes what a shell needs to reach the demo's server. A file, since its password is not for the screen;
 * for this user alone.
 */
export async function writeEnvironment(
  stateDir: string,
  connection: ServerConnection,
  cwd: string,
): Promise<string> {
  const { host, user, password } = connection;
  const values = { host, port: String(connection.port), database: DEMO_DATABASE, user, password };
  const names = Object.keys(values) as (keyof typeof values)[];
  const bundle = join(packageRoot(), "migrations", "paws360");
  const lines = [
    ...names.flatMap((part) =>
      [ENVIRONMENT, LIBPQ_ENVIRONMENT].map((set) => `export ${set[part]}=${quoted(values[part])}`),
    ),
    // Elsewhere than in the package's folder the bundle would not be found.
    ...(bundle === join(cwd, "migrations", "paws360")
      ? []
      : [`export ${ENVIRONMENT.folder}=${quoted(bundle)}`]),
  ];
  const path = join(stateDir, FILE);
  await writeFile(path, `${lines.join("\n")}\n`, { mode: 0o600 });
  return path;
}

/** Removes the file of a server that is gone, and the folder when nothing else is in it. */
export async function forgetEnvironment(stateDir: string): Promise<void> {
  await rm(join(stateDir, FILE), { force: true });
  await rmdir(stateDir).catch(() => {});
}

export function howToGoOn(file: string, { host, port }: ServerConnection, cwd: string): string {
  const shown = relative(cwd, file);
  const path = shown.startsWith("..") ? file : `./${shown}`;
  const ways = [
    [`. ${path}`, "sets DB_* and psql's PG* in this shell; the password is in that file"],
    ["npx paws-migrate status", "and every other verb"],
    ["psql", "looks at the rows"],
    ["npx paws-migrate demo --stop", "stops the server and removes it"],
  ] as const;
  return `The server keeps running at ${host}:${port}, database ${DEMO_DATABASE}. To go on:\n\n${listed(ways)}`;
}

export function howToKeep(): string {
  const ways = [
    ["npx paws-migrate demo --keep", "leaves the server running, and says how to connect to it"],
    ["npx paws-migrate demo --stop", "stops and removes it again"],
  ] as const;
  return `The server and its rows are removed now. To go on with them:\n\n${listed(ways)}`;
}

function listed(ways: readonly (readonly [command: string, does: string])[]): string {
  const width = Math.max(...ways.map(([command]) => command.length));
  return ways.map(([command, does]) => `  ${command.padEnd(width)}   ${does}\n`).join("");
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
