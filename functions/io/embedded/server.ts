import { chown, readFile, realpath } from "node:fs/promises";
import { fault, MigrationFault } from "#engine/errors.ts";
import { canEnter, makeStateFolder, serverAccount } from "./account.ts";
import { packagedBinaries, usableBinaries } from "./binaries.ts";
import { abort, dataOf, initialise, launch, logOf, shutDown } from "./cluster.ts";
import { postmasterPid, type ServerConnection } from "./probe.ts";
import {
  connectionTo,
  look,
  makeFolder,
  type Running,
  removeFolder,
  serverFolders,
  sweep,
  writeState,
} from "./state.ts";
import { type Dismiss, watch } from "./watch.ts";

export { stateFolder } from "./account.ts";
export type { ServerConnection } from "./probe.ts";

export interface ServerOptions {
  /** Each server has a folder of its own in it, so two at once do not meet. See `stateFolder`. */
  readonly stateDir: string;
  /** True: it lives on when this process ends. False: it ends and is removed with it, also on SIGKILL. */
  readonly keep: boolean;
  /** Lines of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** False: fast, and lost when the machine fails. Default true. */
  readonly fsync?: boolean;
  /** The folder of initdb, pg_ctl and postgres; by default those of the npm package. */
  readonly binDir?: string;
}

export interface EmbeddedServer {
  readonly connection: ServerConnection;
  readonly pid: number;
  readonly data_directory: string;
  readonly log_file: string;
  /** Disconnects everybody, stops the server and removes its folder. Any number of times. */
  stop(): Promise<void>;
}

const NO_FSYNC = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

/** Makes a new, empty server and starts it, listening on 127.0.0.1 only. Throws a MigrationFault. */
export async function startServer(options: ServerOptions): Promise<EmbeddedServer> {
  const account = await serverAccount();
  await makeStateFolder(options.stateDir);
  const stateDir = await realpath(options.stateDir);
  if (!(await canEnter(stateDir, account))) {
    throw new MigrationFault(
      fault("unreachable", `the user postgres, which the server runs as, cannot enter ${stateDir}`, {
        remedy: "Use a folder that every user can enter, or run as an ordinary user.",
      }),
    );
  }
  await sweep(stateDir);
  const folder = await makeFolder(stateDir);
  let bin = options.binDir ?? "";
  let dismiss: Dismiss = () => {};
  try {
    if (account !== null) await chown(folder, account.uid, account.gid);
    bin = await usableBinaries(options.binDir ?? packagedBinaries(), folder, account);
    dismiss = watch(bin, folder, account);
    const settings = { ...(options.fsync === false ? NO_FSYNC : {}), ...options.settings };
    const password = await initialise(bin, folder, account, settings);
    const port = await launch(bin, folder, account);
    await writeState(folder, { port, bin });
    const pid = await postmasterPid(dataOf(folder));
    if (pid === null) throw new Error("it ended at once");
    if (options.keep) dismiss();
    return handle(folder, { pid, bin, connection: connectionTo(port, password) }, dismiss);
  } catch (error) {
    const reason = await reasonOf(error, folder);
    await abort(bin, folder, account);
    await removeFolder(folder);
    dismiss();
    if (error instanceof MigrationFault) throw error;
    throw new MigrationFault(
      fault("unreachable", `the embedded PostgreSQL did not start: ${reason}`, {
        remedy: "See the message; a PostgreSQL of your own does as well: --host, --port.",
      }),
    );
  }
}

/** The server that runs in `stateDir`, or null. What is left of one that ended is no server. */
export async function findServer(stateDir: string): Promise<EmbeddedServer | null> {
  for (const folder of await serverFolders(stateDir)) {
    const found = await look(folder);
    if (typeof found === "object") return handle(folder, found, () => {});
  }
  return null;
}

function handle(folder: string, server: Running, dismiss: Dismiss): EmbeddedServer {
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    await shutDown(server.bin, folder, server.connection);
    await removeFolder(folder);
    dismiss();
  };
  return {
    connection: server.connection,
    pid: server.pid,
    data_directory: dataOf(folder),
    log_file: logOf(folder),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** What the program said, and the end of the server's log. */
async function reasonOf(error: unknown, folder: string): Promise<string> {
  const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
  const message = said === "" && error instanceof Error ? error.message : said;
  const log = await readFile(logOf(folder), "utf8").catch(() => "");
  return [message, ...log.trim().split("\n").slice(-5)].filter((line) => line !== "").join("\n");
}
