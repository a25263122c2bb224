import { mkdtemp, readdir, readFile, realpath, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { dataOf, passwordFileOf } from "./cluster.ts";
import { postmasterPid, probe, type ServerConnection } from "./probe.ts";

/** What a server's folder says of it, once it has started. */
interface State {
  readonly port: number;
  readonly bin: string;
}

/** A server that answered. */
export interface Running {
  readonly pid: number;
  readonly bin: string;
  readonly connection: ServerConnection;
}

const STATE_FILE = "server.json";

/** A new folder for a server. Its name tells who is at work on it, before there is anything in it. */
export const makeFolder = (stateDir: string): Promise<string> =>
  mkdtemp(join(stateDir, `server-${process.pid}-`));

const starterOf = (folder: string): number => Number(/^server-(\d+)-/.exec(basename(folder))?.[1]);

/** The folders of servers in `stateDir`, running or not. */
export async function serverFolders(stateDir: string): Promise<string[]> {
  const names = await readdir(stateDir).catch(() => []);
  const folder = await realpath(stateDir).catch(() => stateDir);
  return names.filter((name) => name.startsWith("server-")).map((name) => join(folder, name));
}

/** The server of `folder`; `starting` also when it is there but cannot be asked now. */
export async function look(folder: string): Promise<Running | "starting" | "ended"> {
  const state = await readState(folder);
  if (state === null) return isAlive(starterOf(folder)) ? "starting" : "ended";
  const pid = await postmasterPid(dataOf(folder));
  if (pid === null) return "ended";
  const password = await readFile(passwordFileOf(folder), "utf8").catch(() => "");
  const connection = connectionTo(state.port, password.trim());
  const answer = await probe(connection, dataOf(folder));
  if (answer === "ours") return { pid, bin: state.bin, connection };
  return answer === "unclear" ? "starting" : "ended";
}

/** Removes what is left of servers that ended without us. */
export async function sweep(stateDir: string): Promise<void> {
  for (const folder of await serverFolders(stateDir)) {
    if ((await look(folder)) === "ended") await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** Removes the server's folder, and the state folder when nothing else is in it. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  await rmdir(dirname(folder)).catch(() => {});
}

export const connectionTo = (port: number, password: string): ServerConnection => ({
  host: "127.0.0.1",
  port,
  user: "postgres",
  password,
  database: "postgres",
});

export async function writeState(folder: string, state: State): Promise<void> {
  const file = join(folder, STATE_FILE);
  await writeFile(`${file}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function readState(folder: string): Promise<State | null> {
  try {
    const state: unknown = JSON.parse(await readFile(join(folder, STATE_FILE), "utf8"));
    return isState(state) ? state : null;
  } catch {
    return null;
  }
}

function isState(value: unknown): value is State {
  if (typeof value !== "object" || value === null) return false;
  return "port" in value && typeof value.port === "number" && "bin" in value && typeof value.bin === "string";
}

function isAlive(pid: number): boolean {
  // A signal to pid 0 would go to ourselves.
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
