import { createConnection } from "node:net";
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { asleep } from "./asleep.ts";
import { createDatabase, type TestDatabase } from "./database.ts";
import { type ClientMessage, type FaultProxy, type ProxyOptions, startProxy } from "./proxy.ts";
import { FrameReader } from "./proxy_frames.ts";

let database: TestDatabase;
let direct: pg.Client;
let proxies: FaultProxy[] = [];

beforeEach(async () => {
  database = await createDatabase("proxy");
  direct = await database.connect();
  await direct.query("CREATE TABLE t (n int)");
});

afterEach(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  proxies = [];
  await database.drop();
});

async function proxied(options: ProxyOptions = {}): Promise<FaultProxy> {
  const proxy = await startProxy(database.config, options);
  proxies.push(proxy);
  return proxy;
}

async function connect(proxy: FaultProxy, config: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ ...proxy.through(database.config), pipeline: true, ...config });
  client.on("error", () => {});
  await client.connect();
  return client;
}

const rows = async (): Promise<number> => (await direct.query("SELECT * FROM t")).rows.length;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const isCommit = ({ sql }: ClientMessage): boolean => sql === "COMMIT";
const lost = /ECONNRESET|terminated unexpectedly/;

/** What became of each promise: its value's row count, its error's message, or "open" after a while. */
async function fates(
  queries: Promise<pg.QueryResult>[],
  while_ms = 20_000,
): Promise<(string | number | null)[]> {
  const fate = (query: Promise<pg.QueryResult>) =>
    query.then(
      (result) => result.rowCount,
      (error: Error) => (lost.test(error.message) ? "lost" : error.message),
    );
  return Promise.all(queries.map((query) => Promise.race([fate(query), pause(while_ms).then(() => "open")])));
}

it("hands everything on, and counts what the client waits for", async () => {
  const proxy = await proxied();
  const client = await connect(proxy);
  const { rows } = await client.query("SELECT repeat('ä', 500000) AS long, 1 / $1::int AS one", [1]);
  expect(rows).toEqual([{ long: "ä".repeat(500_000), one: 1 }]);
  proxy.zero();
  await Promise.all([client.query("SELECT 1"), client.query("SELECT 2"), client.query("SELECT 3")]);
  expect(proxy.counts()).toEqual({ turns: 1, messages: 3, connections: 0 });
  // However many chunks it comes in.
  await client.query(`SELECT 1 /* ${"x".repeat(1_000_000)} */`);
  expect(proxy.counts()).toEqual({ turns: 2, messages: 4, connections: 0 });
  for (const n of [1, 2, 3]) await client.query(`SELECT ${n}`);
  expect(proxy.counts()).toEqual({ turns: 5, messages: 7, connections: 0 });
  await expect(client.query("SELECT 1 / 0")).rejects.toMatchObject({ code: "22012" });
  await client.end();
  await expect(connect(proxy, { ssl: true })).rejects.toThrow("does not support SSL");
  expect(proxy.counts().connections).toBe(1);
});

it("delays each way", async () => {
  const client = await connect(await proxied({ one_way_ms: 5 }));
  const times: number[] = [];
  for (let n = 0; n < 30; n++) {
    const start = performance.now();
    await client.query("SELECT 1");
    times.push(performance.now() - start);
  }
  // Not how late: a busy machine is later. Only the fastest tells the proxy's own part.
  expect(Math.min(...times)).toBeGreaterThanOrEqual(10);
  expect(Math.min(...times)).toBeLessThan(50);
});

it("plays a transaction pooler", async () => {
  const proxy = await proxied({ other_backend_pid: true, refused_parameters: ["options"] });
  await expect(connect(proxy, { options: "-c lock_timeout=1s" })).rejects.toMatchObject({
    code: "08P01",
    message: "unsupported startup parameter: options",
  });
  const client = await connect(proxy);
  const told = "processID" in client ? Number(client.processID) : 0;
  const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
  expect(told).toBe(rows[0].pid + 1_000_000);
});

it("hands a cancel request on, also with another pid", async () => {
  for (const options of [{}, { other_backend_pid: true }]) {
    const proxy = await proxied(options);
    const client = await connect(proxy);
    const sleeping = client.query("SELECT pg_sleep(20)");
    const request = Buffer.alloc(16);
    const words = [16, 80877102, Reflect.get(client, "processID"), Reflect.get(client, "secretKey")];
    for (const [at, word] of words.entries()) request.writeInt32BE(Number(word), at * 4);
    await asleep(direct);
    createConnection(proxy.port, proxy.host).end(request);
    await expect(sleeping).rejects.toMatchObject({ code: "57014" });
  }
});

it("plays an older server", async () => {
  const number = (await direct.query("SHOW server_version_num")).rows[0].server_version_num;
  const proxy = await proxied({ parameters: { server_version: "13.9" }, values: { [number]: "130009" } });
  const client = new pg.Client(proxy.through(database.config));
  const told = new Map<string, string>();
  client.connection.on("parameterStatus", (status) => told.set(status.parameterName, status.parameterValue));
  await client.connect();
  expect(told.get("server_version")).toBe("13.9");
  expect(told.get("server_encoding")).toBe("UTF8");
  const sql = "SELECT current_setting('server_version_num') AS n, NULL AS no, 'x' AS same";
  expect((await client.query(sql)).rows).toEqual([{ n: "130009", no: null, same: "x" }]);
  await client.end();
});

it("resets at a message: what came before it has reached the server", async () => {
  const client = await connect(
    await proxied({ cut: (message) => (isCommit(message) ? "reset" : undefined) }),
  );
  await client.query("INSERT INTO t VALUES (1)");
  const queries = ["BEGIN", "INSERT INTO t VALUES (2)", "SELECT nextval('s')", "COMMIT", "SELECT 1"];
  await direct.query("CREATE SEQUENCE s");
  const fate = await fates(queries.map((sql) => client.query(sql)));
  expect(fate[3]).toBe("lost");
  expect(fate[4]).toBe("lost");
  // A sequence is not rolled back: the server had the message just before.
  await expect.poll(async () => (await direct.query("SELECT is_called FROM s")).rows[0].is_called).toBe(true);
  expect(await rows()).toBe(1);
});

it("resets at the message of an index", async () => {
  const seen: ClientMessage[] = [];
  const cut = (message: ClientMessage) => {
    seen.push(message);
    return message.index === 1 ? ("reset" as const) : undefined;
  };
  const client = await connect(await proxied({ cut }));
  expect(await fates([client.query("SELECT 1")])).toEqual([1]);
  expect(await fates([client.query("SELECT 2")])).toEqual(["lost"]);
  expect(seen).toEqual([
    { connection: 0, index: 0, type: "Q", sql: "SELECT 1" },
    { connection: 0, index: 1, type: "Q", sql: "SELECT 2" },
  ]);
});

it.each(["simple", "extended"])("drops the reply to a COMMIT (%s)", async (queryMode) => {
  const client = await connect(
    await proxied({ cut: (message) => (isCommit(message) ? "drop-reply" : undefined) }),
  );
  const queries = ["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT", "INSERT INTO t VALUES (2)"];
  const sent = queries.map((text) => client.query({ text, queryMode } as pg.QueryConfig));
  expect(await fates(sent)).toEqual([null, 1, "lost", "lost"]);
  expect((await direct.query("SELECT n FROM t")).rows).toEqual([{ n: 1 }]);
});

it("freezes: nothing settles, and the server's session stays", async () => {
  const client = await connect(
    await proxied({ cut: (message) => (isCommit(message) ? "freeze" : undefined) }),
  );
  await client.query("BEGIN");
  await client.query("INSERT INTO t VALUES (1)");
  expect(await fates([client.query("COMMIT")], 300)).toEqual(["open"]);
  const state =
    "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
  expect((await direct.query(state)).rows).toEqual([{ state: "idle in transaction" }]);
});

it("holds a COMMIT on its way, which arrives after the client has gone", async () => {
  const client = await connect(
    await proxied({ cut: (message) => (isCommit(message) ? { hold_ms: 3_000 } : undefined) }),
  );
  await client.query("BEGIN");
  await client.query("INSERT INTO t VALUES (1)");
  const commit = client.query("COMMIT");
  await pause(50);
  client.connection.stream.destroy();
  expect(await fates([commit])).toEqual(["lost"]);
  expect(await rows()).toBe(0);
  await expect.poll(rows).toBe(1);
});

it("half-closes towards the server: what it was sent is answered, and then it ends", async () => {
  const client = await connect(
    await proxied({ cut: (message) => (isCommit(message) ? "half-close" : undefined) }),
  );
  const queries = ["INSERT INTO t VALUES (1)", "BEGIN", "INSERT INTO t VALUES (2)", "COMMIT"];
  expect(await fates(queries.map((sql) => client.query(sql)))).toEqual([1, null, 1, "lost"]);
  expect(await rows()).toBe(1);
});

it("half-closes towards the client: what it has sent arrives, and it does not hear of it", async () => {
  const client = await connect(
    await proxied({ cut: (message) => (isCommit(message) ? "half-close-client" : undefined) }),
  );
  const queries = ["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"];
  expect((await fates(queries.map((sql) => client.query(sql)))).at(-1)).toBe("lost");
  await expect.poll(rows).toBe(1);
});

it.each(["reset", "half-close-client"] as const)(
  "cuts after a message (%s): the server has it",
  async (cut) => {
    const client = await connect(
      await proxied({ cut_after: (message) => (isCommit(message) ? cut : undefined) }),
    );
    const queries = ["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT", "INSERT INTO t VALUES (2)"];
    expect((await fates(queries.map((sql) => client.query(sql)))).slice(2)).toEqual(["lost", "lost"]);
    // Towards the client only: what it had sent before it heard goes on.
    await expect.poll(rows).toBe(cut === "reset" ? 1 : 2);
  },
);

it("waits for what must happen first at a message", async () => {
  const seen: number[] = [];
  const look = async (message: ClientMessage) => {
    if (isCommit(message)) seen.push(await rows());
    return undefined;
  };
  const client = await connect(await proxied({ cut: look }));
  await Promise.all(["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"].map((sql) => client.query(sql)));
  seen.push(await rows());
  expect(seen).toEqual([0, 1]);
});

it("tells and cuts the login's messages where that is asked", async () => {
  const types: string[] = [];
  const cut = ({ type }: ClientMessage) => {
    types.push(type);
    return types.length === 3 ? ("reset" as const) : undefined;
  };
  await expect(connect(await proxied({ cut, from_start: true }))).rejects.toThrow(lost);
  expect(types).toEqual(["", "p", "p"]);
});

it("resets the client at a COMMIT that arrives later", async () => {
  let arrive = (): void => {};
  const reset_until = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const client = await connect(
    await proxied({ cut: (message) => (isCommit(message) ? { reset_until } : undefined) }),
  );
  const queries = ["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"];
  expect((await fates(queries.map((sql) => client.query(sql)))).at(-1)).toBe("lost");
  expect(await rows()).toBe(0);
  arrive();
  await expect.poll(rows).toBe(1);
});

it("finds messages however the chunks fall", () => {
  const bytes = Buffer.from([0x51, 0, 0, 0, 6, 0x41, 0, 0x53, 0, 0, 0, 4]);
  const reader = new FrameReader();
  const found: string[] = [];
  for (const byte of bytes) {
    reader.push(Buffer.from([byte]));
    for (let message = reader.next(true); message !== null; message = reader.next(true)) {
      found.push(`${message.type}:${message.body.length}`);
    }
  }
  expect(found).toEqual(["Q:2", "S:0"]);
  expect(reader.waiting).toBe(0);
});
