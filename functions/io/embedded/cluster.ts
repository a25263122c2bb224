import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFile, chown, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Account, runAs } from "./account.ts";
import { freePort } from "./free_port.ts";
import { postmasterPid, probe, type ServerConnection } from "./probe.ts";

const run = promisify(execFile);

/** A server's folder holds `data`, `log` and `password`. */
export const dataOf = (folder: string): string => join(folder, "data");
export const logOf = (folder: string): string => join(folder, "log");
export const passwordFileOf = (folder: string): string => join(folder, "password");

/** A socket's path may have 107 bytes, and a temporary folder can be longer: TCP on this machine only. */
const PRIVATE = { listen_addresses: "127.0.0.1", unix_socket_directories: "" };

/** Makes an empty cluster in `folder` and returns its superuser's password. */
export async function initialise(
  bin: string,
  folder: string,
  account: Account | null,
  settings: Readonly<Record<string, string>>,
): Promise<string> {
  const password = randomBytes(24).toString("base64url");
  await writeFile(passwordFileOf(folder), `${password}\n`, { mode: 0o600 });
  if (account !== null) await chown(passwordFileOf(folder), account.uid, account.gid);
  const flags = ["--encoding=UTF8", "--locale=C", "--username=postgres", "--auth=scram-sha-256", "--no-sync"];
  const places = [`--pwfile=${passwordFileOf(folder)}`, `--pgdata=${dataOf(folder)}`];
  await run(join(bin, "initdb"), [...flags, ...places], { ...runAs(account), env: environment() });
  const lines = Object.entries({ ...PRIVATE, ...settings }).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
  );
  await appendFile(configurationOf(folder), lines.join(""));
  return password;
}

/** Starts the server on a free port. Another process may take the port in between: then on another one. */
export async function launch(bin: string, folder: string, account: Account | null): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    await appendFile(configurationOf(folder), `port = ${port}\n`);
    try {
      await pgCtl(bin, folder, account, ["start", "-t", "60", "-l", logOf(folder)]);
      return port;
    } catch (error) {
      const said = await readFile(logOf(folder), "utf8").catch(() => "");
      if (tries === 5 || !said.includes("could not create any TCP/IP sockets")) throw error;
      await rm(logOf(folder), { force: true });
    }
  }
}

/** Disconnects everybody and stops the server; nothing when it has stopped. */
export async function shutDown(bin: string, folder: string, connection: ServerConnection): Promise<void> {
  const data = dataOf(folder);
  // pg_ctl signals the pid it reads: not before the server itself answered, lest another process has it now.
  if ((await postmasterPid(data)) === null || (await probe(connection, data)) === "other") return;
  const { uid, gid } = await stat(data);
  const account = process.getuid?.() === 0 ? { uid, gid } : null;
  try {
    await pgCtl(bin, folder, account, ["stop", "-t", "20", "-m", "fast"]);
  } catch (error) {
    if ((await postmasterPid(data)) === null) return;
    await pgCtl(bin, folder, account, ["stop", "-t", "20", "-m", "immediate"]).catch(() =>
      Promise.reject(error),
    );
  }
}

/** Stops a server that has just been started, whatever its state. */
export async function abort(bin: string, folder: string, account: Account | null): Promise<void> {
  await pgCtl(bin, folder, account, ["stop", "-m", "immediate"]).catch(() => {});
}

const configurationOf = (folder: string): string => join(dataOf(folder), "postgresql.conf");

async function pgCtl(bin: string, folder: string, account: Account | null, args: string[]): Promise<void> {
  // pg_ctl gives the server a session of its own: no Ctrl-C reaches it, and it outlives us.
  await run(join(bin, "pg_ctl"), [...args, "-w", "-s", "-D", dataOf(folder)], {
    ...runAs(account),
    env: environment(),
  });
}

/** PGPORT, PGOPTIONS and their like are meant for other servers; messages are read in English. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("PG"));
  return { ...Object.fromEntries(kept), LC_ALL: "C" };
}
