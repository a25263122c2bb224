import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { useProgram, variablesOf } from "../support/terminal.ts";

const program = useProgram();
let db: TestDatabase;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  db = await createDatabase("connecting");
  env = { ...variablesOf(db), MIGRATION_DIR: "migrations/paws360" };
});
afterAll(() => db.drop());

async function outcome(words: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const { status, stdout } = await program.run([...words, "--json"], { env: { ...env, ...more } });
  const { error, warnings, target } = JSON.parse(stdout);
  return { exit: status, code: error?.code, message: error?.message, warnings, target };
}

/** A server that does this with every connection; the port it listens on. */
async function listen(serve: Parameters<typeof createServer>[1]): Promise<number> {
  const server: Server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("what cannot be reached", () => {
  it("a wrong password", async () => {
    const found = await outcome(["status"], { DB_PASSWORD: "not-the-password" });
    expect(found).toMatchObject({ exit: 5, code: "wrong-password" });
    expect(found.message).toContain(db.name);
  });

  it("no password at all", async () => {
    expect(await outcome(["status"], { DB_PASSWORD: "" })).toMatchObject({ exit: 5, code: "wrong-password" });
  });

  it("no such database", async () => {
    const found = await outcome(["status", "--dbname", "no_such_school"]);
    expect(found).toMatchObject({ exit: 5, code: "no-such-database", message: /no_such_school/ });
  });

  it("a port where nothing listens, by name", async () => {
    const found = await outcome(["up", "--host", "127.0.0.1", "--port", "1"]);
    expect(found).toMatchObject({
      exit: 5,
      code: "unreachable",
      message: /127\.0\.0\.1:1\b.*nothing listens/,
    });
    expect(found.target).toMatchObject({ host: "127.0.0.1", port: 1, database: db.name });
  });

  // How long it takes to give up is measured in test/io/connect.test.ts.
  it("a host that takes the connection and never answers, which is asked once", async () => {
    let asked = 0;
    const port = await listen((socket) => {
      asked += 1;
      socket.on("error", () => {});
    });
    expect(await outcome(["up", "--host", "127.0.0.1", "--port", String(port)])).toMatchObject({
      exit: 5,
      code: "unreachable",
      message: expect.stringContaining(`127.0.0.1:${port}: it did not answer in time`),
    });
    expect(asked).toBe(1);
  });

  it("a server without TLS, where TLS is wanted", async () => {
    for (const mode of ["require", "verify-full"]) {
      expect(await outcome(["status", "--sslmode", mode])).toMatchObject({
        exit: 5,
        code: "tls-not-offered",
      });
    }
    expect(await outcome(["status", "--sslmode", "prefer"])).toMatchObject({ exit: 0 });
    expect(await outcome(["status"], { PGSSLMODE: "disable" })).toMatchObject({ exit: 0 });
  });
});

it("--wait waits for a database that is still starting", async () => {
  let open = false;
  const port = await listen((socket) => {
    socket.on("error", () => {});
    if (!open) {
      socket.destroy();
      return;
    }
    const server = connect(db.config.port, db.config.host).on("error", () => {});
    socket.pipe(server).pipe(socket);
  });
  const started = program.start(["status", "--wait", "30s", "--port", String(port)], { env });
  await started.said(/Waiting for it/);
  open = true;
  const { status, stderr } = await started.ended;
  expect(status).toBe(0);
  expect(stderr.match(/Waiting for it/g)).toHaveLength(1);
});

describe("where the password comes from", () => {
  it("a password file, which is passed over where others may read it", async () => {
    const { DB_PASSWORD, ...without } = env;
    const file = join(program.folder(), "pgpass");
    writeFileSync(file, `${db.config.host}:*:${db.name}:${db.config.user}:${DB_PASSWORD}\n`, { mode: 0o600 });
    const status = () => program.run(["status", "--verbose"], { env: { ...without, PGPASSFILE: file } });
    expect((await status()).status).toBe(0);
    chmodSync(file, 0o644);
    expect(await status()).toMatchObject({ status: 5, stderr: expect.stringContaining("passed over") });
  });

  it("a URL in the environment, or in the arguments with a warning", async () => {
    const only = { MIGRATION_DIR: "migrations/paws360" };
    const inEnv = await program.run(["status", "--json"], { env: { ...only, DATABASE_URL: db.url } });
    expect(JSON.parse(inEnv.stdout)).toMatchObject({ status: "ok", warnings: [] });
    const inArgv = await program.run(["status", "--json", "--database-url", db.url], { env: only });
    expect(JSON.parse(inArgv.stdout)).toMatchObject({
      status: "ok",
      warnings: [{ code: "password-in-argv" }],
    });
  });
});

describe("a password", () => {
  const planted = "planted/p@ss";
  const url = (port: number, host = "127.0.0.1") =>
    `postgres://u:${encodeURIComponent(planted)}@${host}:${port}/planted_db`;
  const lines: readonly (readonly [string[], Record<string, string>])[] = [
    [["status", "--verbose"], { DB_PASSWORD: planted }],
    [["up", "--json"], { PGPASSWORD: planted, DB_PASSWORD: "" }],
    [["up", "--database-url", "URL", "--verbose"], {}],
    [["up", "--database-url", "URL", "--json"], {}],
    [["up", "--database-url", "URL", "--host", "x"], {}],
    [["up", "--database-url", `x${planted}`], {}],
    [
      ["up", "--verbose", "--host", "127.0.0.1", "--port", "1"],
      { DB_HOST: "", DB_PORT: "", DATABASE_URL: "URL" },
    ],
    [["up", `--password=${planted}`], {}],
    [["status"], { DATABASE_URL: `postgres://u:${planted}/@` }],
    [["status", "--verbose"], { DATABASE_URL: "URL", DB_PASSWORD: planted, PGPASSWORD: planted }],
  ];

  it.each(lines)("is nowhere in what %j writes", async (words, more) => {
    const own = (text: string) => (text === "URL" ? url(db.config.port) : text);
    const log = join(program.folder(), "log");
    const given = Object.fromEntries(
      Object.entries({ ...env, ...more }).map(([name, value]) => [name, own(value)]),
    );
    const { stdout, stderr } = await program.run([...words.map(own), "--log", log], { env: given });
    const all = `${stdout}${stderr}${existsSync(log) ? readFileSync(log, "utf8") : ""}`;
    expect(all).not.toBe("");
    expect(all).not.toContain(planted);
    expect(all).not.toContain(encodeURIComponent(planted));
  });
});
