import { execFile } from "node:child_process";
import { appendFile, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { runAs } from "#io/embedded/account.ts";
import type { EmbeddedServer, ServerConnection } from "#io/embedded/server.ts";
import { closedPort } from "../sockets.ts";

const execute = promisify(execFile);

/** A server among several of one cluster's descent. */
export interface ServerNode {
  readonly connection: ServerConnection;
  start(): Promise<void>;
  stop(mode: "fast" | "immediate"): Promise<void>;
  /** Ends its recovery: it is a primary then, on a timeline of its own. */
  promote(): Promise<void>;
  /** Adds lines to its configuration and reads it again. */
  configure(settings: Readonly<Record<string, string>>): Promise<void>;
  /** A streaming standby of it, in a folder beside its own; it is stopped for the time of the copy. */
  standby(name: string): Promise<ServerNode>;
  /** Stops it, if it runs, and deletes its files. */
  remove(): Promise<void>;
}

/** The first node of a descent: a server of a test's own. */
export const firstNode = ({ connection, data_directory }: EmbeddedServer): ServerNode =>
  node(data_directory, connection);

function node(data: string, connection: ServerConnection): ServerNode {
  const pgCtl = async (...args: readonly string[]): Promise<void> => {
    const options = await readFile(join(data, "postmaster.opts"), "utf8");
    const { uid, gid } = await stat(data);
    // Which programs: where the npm package's cannot be entered, a copy of them runs.
    const program = join(dirname(options.split(" ")[0] ?? ""), "pg_ctl");
    await execute(program, [...args, "-l", `${data}.log`, "-w", "-s", "-D", data], {
      ...runAs(process.getuid?.() === 0 ? { uid, gid } : null),
      env: { ...process.env, LC_ALL: "C" },
    });
  };
  const self: ServerNode = {
    connection,
    start: () => pgCtl("start"),
    stop: (mode) => pgCtl("stop", "-m", mode),
    promote: () => pgCtl("promote"),
    configure: async (settings) => {
      await addSettings(data, settings);
      await pgCtl("reload");
    },
    async standby(name) {
      const copy = join(dirname(data), name);
      await self.stop("fast");
      await execute("cp", ["-a", data, copy]);
      await self.start();
      await writeFile(join(copy, "standby.signal"), "");
      const { host, port: from, user, password } = connection;
      const primary_conninfo = `host=${host} port=${from} user=${user} password=${password}`;
      await addSettings(copy, { primary_conninfo, synchronous_standby_names: "" });
      // Another process may take the port in between.
      for (let tries = 1; ; tries++) {
        const port = await closedPort();
        await addSettings(copy, { port: String(port) });
        const standby = node(copy, { ...connection, port });
        try {
          await standby.start();
          return standby;
        } catch (error) {
          const log = await readFile(`${copy}.log`, "utf8");
          if (tries === 5 || !log.includes("could not create any TCP/IP sockets"))
            throw new Error(`the standby did not start: ${log.slice(-2_000)}`, { cause: error });
          await rm(`${copy}.log`);
        }
      }
    },
    async remove() {
      if ((await stat(join(data, "postmaster.pid")).catch(() => null)) !== null) await self.stop("immediate");
      await rm(data, { recursive: true });
    },
  };
  return self;
}

const addSettings = (data: string, settings: Readonly<Record<string, string>>): Promise<void> =>
  appendFile(
    join(data, "postgresql.auto.conf"),
    Object.entries(settings)
      .map(([name, value]) => `${name} = '${value}'\n`)
      .join(""),
  );
