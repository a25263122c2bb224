import { execFile } from "node:child_process";
import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { openTemporaryFolder, runAs } from "#io/embedded/account.ts";
import { type EmbeddedServer, type ServerOptions, startServer } from "#io/embedded/server.ts";

/** A server of a test's own, of the same programs as the run's, that it may stop and start. */
export interface OwnServer extends EmbeddedServer {
  /** `pg_ctl restart`: `fast` disconnects everybody, `immediate` is a crash. */
  restart(mode: "fast" | "immediate"): Promise<void>;
  /** It restarts as a standby: in recovery, open for reading. */
  becomeStandby(): Promise<void>;
  /** Adds lines to postgresql.conf and reads it again. */
  configure(settings: Readonly<Record<string, string>>): Promise<void>;
}

export async function startOwnServer(
  settings: NonNullable<ServerOptions["settings"]> = {},
): Promise<OwnServer> {
  const { binDir } = inject("server");
  const server = await startServer({
    stateDir: await mkdtemp(join(await openTemporaryFolder(), "paws-migrate-own-")),
    keep: false,
    fsync: false,
    // A crash must lose no commit that was told.
    settings: { shared_buffers: "16MB", synchronous_commit: "on", autovacuum: "off", ...settings },
    ...(binDir === null ? {} : { binDir }),
  });
  const data = server.data_directory;
  const pgCtl = async (...args: readonly string[]): Promise<void> => {
    // Which programs: where the npm package's cannot be entered, a copy of them runs.
    const options = await readFile(join(data, "postmaster.opts"), "utf8");
    const { uid, gid } = await stat(data);
    const account = process.getuid?.() === 0 ? { uid, gid } : null;
    const log = ["-l", server.log_file];
    const program = join(dirname(options.split(" ")[0] ?? ""), "pg_ctl");
    await promisify(execFile)(program, [...args, ...log, "-w", "-s", "-D", data], {
      ...runAs(account),
      env: { ...process.env, LC_ALL: "C" },
    });
  };
  const restart = (mode: string) => pgCtl("restart", "-m", mode);
  return {
    ...server,
    restart,
    becomeStandby: async () => {
      await writeFile(join(data, "standby.signal"), "");
      await restart("fast");
    },
    configure: async (more) => {
      const lines = Object.entries(more).map(([name, value]) => `${name} = '${value}'\n`);
      const file = join(data, "postgresql.auto.conf");
      await writeFile(file, `${await readFile(file, "utf8")}${lines.join("")}`);
      await pgCtl("reload");
    },
  };
}
