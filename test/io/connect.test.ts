import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { MigrationFault } from "#engine/errors.ts";
import { runChange } from "#engine/run/change.ts";
import { readStatus } from "#engine/run/status.ts";
import { type ConnectionSettings, connect } from "#io/connect.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bundleOf, runOptions, settingsFor, UP, worldFor } from "../support/engine.ts";
import { codes } from "../support/faults.ts";
import { startLoopTime } from "../support/loop_time.ts";
import { startProxy } from "../support/proxy.ts";
import { closedPort, type Listener, listen, NO_HOST, startOlderServer } from "../support/sockets.ts";

/** Planted as the password of every connection here: it may be in no output. */
const SECRET = "s3cr3t-p4ssw0rd/with:odd@characters";
const bundle: Bundle = bundleOf({ "1_one.sql": "SELECT 1;" });

let db: TestDatabase;
const listeners: Listener[] = [];
beforeAll(async () => {
  db = await createDatabase("connect");
});
afterAll(async () => {
  await Promise.all(listeners.map((listener) => listener.close()));
  await db.drop();
});

async function listening(start: Promise<Listener>): Promise<Listener> {
  const listener = await start;
  listeners.push(listener);
  return listener;
}

/** Runs `up` and `status` with these settings; both must come to this fault, soon, and tell no password. */
async function expectFault(more: Partial<ConnectionSettings>, code: string, says: string): Promise<void> {
  const password = more.password ?? (async () => SECRET);
  const settings = settingsFor(db, { ...more, password });
  // Asked once: how long that takes is what is looked at.
  const world = () => {
    const { emit, ...rest } = worldFor(db, settings);
    return { ...rest, emit, connect: (run_id: string) => connect(settings, run_id, emit) };
  };
  const time = startLoopTime();
  const reports = await Promise.all([
    runChange(UP, loadedSource(bundle), runOptions(), world()),
    readStatus(loadedSource(bundle), runOptions(), world()),
  ]);
  expect(time.passed_ms()).toBeLessThan(5_500);
  time.stop();
  for (const report of reports) {
    expect([report.status, report.error?.code], report.error?.message).toEqual(["unreachable", code]);
    expect(report.error?.message).toContain(says);
    expect(report.target?.server_version).toBeNull();
    expect(JSON.stringify(report)).not.toContain(SECRET);
  }
}

describe.concurrent("a host that cannot be reached is told within 5 s, by its name", () => {
  it("a closed port", async () => {
    const port = await closedPort();
    await expectFault({ port }, "unreachable", `127.0.0.1:${port}: nothing listens on that port`);
  });

  it("an unknown host name", () => expectFault({ host: NO_HOST }, "unreachable", NO_HOST));

  it("a socket folder without a socket", () => expectFault({ host: "/nowhere" }, "unreachable", "/nowhere"));

  it.each(["disable", "prefer", "require", "verify-full"] as const)(
    "one that accepts and never answers, with sslmode %s",
    async (sslmode) => {
      const { port } = await listening(listen(() => {}));
      await expectFault({ port, sslmode }, "unreachable", `127.0.0.1:${port}: it did not answer in time`);
    },
  );

  it("one that answers the request for TLS, and then no more", async () => {
    const { port } = await listening(listen((socket) => socket.once("data", () => socket.write("S"))));
    await expectFault({ port, sslmode: "require" }, "unreachable", `127.0.0.1:${port}`);
  });

  it("one that hangs up", async () => {
    const { port } = await listening(listen((socket) => socket.destroy()));
    await expectFault({ port }, "unreachable", `127.0.0.1:${port}`);
  });

  it("one that speaks another protocol", async () => {
    const { port } = await listening(
      listen((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))),
    );
    await expectFault({ port }, "unreachable", `127.0.0.1:${port}`);
  });

  it("several at once", async () => {
    const { port } = await listening(listen(() => {}));
    await Promise.all([1, 2, 3].map(() => expectFault({ port }, "unreachable", "in time")));
  });
});

describe("what the server refuses", () => {
  it("a wrong password", () => expectFault({}, "wrong-password", "postgres@127.0.0.1"));
  it("no password at all", () =>
    expectFault({ password: async () => null }, "wrong-password", "wants a password"));
  it("an unknown user", () =>
    expectFault({ user: "nobody_here" }, "wrong-password", "nobody_here@127.0.0.1"));
  it("no such database", async () => {
    const { password } = settingsFor(db);
    await expectFault({ database: "no such db", password }, "no-such-database", "no such db");
  });
  it("a database that takes no connections", async () => {
    const closed = await createDatabase("closed");
    const client = await db.connect();
    await client.query(`ALTER DATABASE ${closed.name} ALLOW_CONNECTIONS false`);
    const { password } = settingsFor(db);
    await expectFault({ database: closed.name, password }, "connection-refused", closed.name);
    await closed.drop();
  });
});

describe("a startup parameter that the server does not know is dropped, with a warning", () => {
  it.each([
    ["one", ["idle_session_timeout"], undefined],
    ["two", ["idle_session_timeout", "client_connection_check_interval"], undefined],
    [
      "of a server that speaks French",
      ["idle_session_timeout"],
      (name: string) => `paramètre de configuration « ${name} » non reconnu`,
    ],
  ] as const)("%s", async (_, unknown, words) => {
    const settings = settingsFor(db);
    const older = await listening(startOlderServer(settings, unknown, words));
    const report = await runChange(
      UP,
      loadedSource(bundle),
      runOptions(),
      worldFor(db, { port: older.port }),
    );
    expect(report.error).toBeNull();
    expect(codes(report.warnings)).toEqual(["parameter-dropped"]);
    for (const name of unknown) expect(report.warnings[0]?.message).toContain(name);
  });

  it("one that a script would set is an error as ever", async () => {
    const report = await runChange(
      UP,
      loadedSource(
        bundleOf({ "1_one.sql": "SET no_such.thing_at_all TO 1; SET no_such_thing TO 1;" }, "other"),
      ),
      runOptions({ history_schema: "other" }),
      worldFor(db),
    );
    expect(report.error).toMatchObject({ code: "sql-error", sqlstate: "42704" });
  });
});

it("a password is asked for at each connect, so that a rotated one is seen", async () => {
  const { password } = settingsFor(db);
  const answers = [SECRET, await password()];
  const rotating = async () => answers.shift() ?? null;
  const settings = settingsFor(db, { password: rotating });
  await expect(connect(settings, "one", () => {})).rejects.toBeInstanceOf(MigrationFault);
  const session = await connect(settings, "two", () => {});
  const [answer] = await session.send([{ text: "SELECT current_setting('application_name')" }]);
  expect(answer).toMatchObject({ kind: "done", results: [{ rows: [["paws-migrate/two"]] }] });
  await session.close();
});

it("a connection that breaks answers `lost`, to what is open and to what comes after", async () => {
  const proxy = await startProxy(settingsFor(db), {
    cut: ({ sql }) => (sql === "SELECT 2" ? "reset" : undefined),
  });
  const session = await connect(settingsFor(db, { port: proxy.port }), "lost", () => {});
  const answers = await session.send([{ text: "SELECT 1" }, { text: "SELECT 2" }, { text: "SELECT 3" }]);
  expect(answers.slice(1).map(({ kind }) => kind)).toEqual(["lost", "lost"]);
  const [after] = await session.send([{ text: "SELECT 4" }]);
  expect(after?.kind).toBe("lost");
  await session.close();
  await proxy.close();
});
