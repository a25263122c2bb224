import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, expect, it } from "vitest";
import type { Command } from "../../cdk/names.ts";
import type { Outcome } from "../support/lambda/runtime_api.ts";
import { type RunningFunction, startFunction } from "../support/lambda/start_function.ts";
import { type CloudEdge, startCloudEdge } from "./support/cloud_edge.ts";
import { describeInRuntime } from "./support/describe_where.ts";
import { type LocalDatabase, startLocalDatabase } from "./support/local_database.ts";
import { writeArtifact } from "./support/odd_function.ts";
import { type SynthesisedApp, synthesiseApp } from "./support/synthesised_app.ts";

const ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:runtime";
const SECRETS = { migrator: `${ARN}/migrator-AbCdEf`, reader: `${ARN}/reader-AbCdEf` };

const SHELF = { "001_make_shelf.sql": "CREATE TABLE app.shelf (id int PRIMARY KEY);\n" };
const SLOW = {
  ...SHELF,
  "002_quick.sql": "CREATE TABLE app.quick ();\n",
  "003_slow.sql": "CREATE TABLE app.slow (); SELECT public.pace();\n",
};
/** Versions of the bundle `shelf`. */
const SHELVES = {
  "1.0.0": SHELF,
  "1.1.0": { ...SHELF, "002_break.sql": "INSERT INTO app.shelf VALUES (1), (1);\n" },
  "1.2.0": SLOW,
  "1.3.0": {
    ...SLOW,
    "004_before.sql": "CREATE TABLE app.before ();\n",
    "005_killed.sql": "CREATE TABLE app.killed (); SELECT public.pace();\n",
  },
};

/** What the CDK would upload, in Lambda's own runtime. */
await describeInRuntime((runtime) => {
  let database: LocalDatabase;
  let app: SynthesisedApp;
  let edge: CloudEdge;
  const running: RunningFunction[] = [];

  beforeAll(async () => {
    database = await startLocalDatabase();
    await setPace(0);
    edge = await startCloudEdge();
    edge.secrets.set(SECRETS.migrator, database.migrator).set(SECRETS.reader, database.reader);
    for (const [version, files] of Object.entries(SHELVES)) await edge.publish("shelf", version, files);
    app = await synthesiseApp({ target: "runtime", bundle: "shelf", database, secrets: SECRETS });
    return async () => {
      await app.remove();
      await edge.close();
      await database.stop();
    };
  });
  afterEach(async () => {
    for (const fn of running.splice(0)) await fn.stop();
  });

  const start = async (command: Command, env: Readonly<Record<string, string>> = {}) => {
    const { folder, handler, environment } = app.functions[command];
    const more = { AWS_ENDPOINT_URL: edge.endpoint, ...environment, ...env };
    const fn = await startFunction({ artifact: folder, handler, env: more, ...runtime });
    running.push(fn);
    return fn;
  };

  const payload = (outcome: Outcome) => {
    if (outcome.kind !== "response") throw new Error(JSON.stringify(outcome));
    return Object(outcome.payload);
  };

  it("knows its sources from the repository's root, wherever the artifact was made", async () => {
    const map = JSON.parse(await readFile(join(app.functions.apply.folder, "index.mjs.map"), "utf8"));
    const sources: readonly string[] = map.sources;
    expect(sources).toContain("functions/apply.ts");
    expect(sources.filter((source) => !/^(functions|node_modules)\//.test(source))).toEqual([]);
  });

  it("applies a bundle, over TLS and as the owner", async () => {
    const apply = await start("apply");
    const report = payload(await apply.invoke({ bundle: { version: "1.0.0" }, run_id: "first" }));
    expect(report).toMatchObject({ status: "ok", run_id: "first" });
    expect(await database.query("SELECT tableowner FROM pg_tables WHERE tablename = 'shelf'")).toEqual([
      { tableowner: "app_owner" },
    ]);
  });

  it("throws for a run that fails: its name, one line, and nothing of what the database said", async () => {
    const apply = await start("apply");
    const outcome = await apply.invoke({ bundle: { version: "1.1.0" }, run_id: "second" });
    expect(outcome).toMatchObject({
      kind: "error",
      errorType: "MigrationFailed",
      errorMessage: expect.stringMatching(/^run second: [a-z-]+: .*23505/),
    });
    await apply.stop();
    expect(apply.logs()).toContain("MigrationFailed");
    // The row that was not let in is in the server's detail: a person's data.
    expect(JSON.stringify(outcome) + apply.logs()).not.toMatch(/Key \(id\)|already exists/);
    for (const { password } of [database.migrator, database.reader])
      expect(JSON.stringify(outcome) + apply.logs()).not.toContain(password);
  });

  it("answers verify and status as the reader", async () => {
    const bundle = { version: "1.0.0" };
    const apply = await start("apply");
    await apply.invoke({ bundle, run_id: "read" });
    const [verify, status] = [await start("verify"), await start("status")];
    expect(payload(await verify.invoke({ bundle }))).toMatchObject({ status: "ok" });
    expect(payload(await status.invoke({ bundle }))).toMatchObject({ status: "ok" });
    expect(payload(await status.invoke({ run_id: "read" }))).toMatchObject({ command: "runs" });
  });

  it("ends in good order before its time is up, and goes on in the next invocation", async () => {
    const event = { bundle: { version: "1.2.0" }, run_id: "long" };
    const apply = await start("apply");
    await setPace(600);
    // Half of it is the run's: enough for the second version, also where the machine is busy.
    const outcome = await apply.invoke(event, { timeout_ms: 16_000 });
    expect(outcome).toMatchObject({ kind: "error", errorType: "MigrationIncomplete" });
    expect(await tables()).toEqual(["quick", "shelf"]);
    await setPace(0);
    expect(payload(await apply.invoke(event))).toMatchObject({ status: "ok", attempt: 2 });
    expect(await tables()).toEqual(["quick", "shelf", "slow"]);
  });

  it("is killed in the middle of a step: what is delivered again does what is left, once", async () => {
    const event = { bundle: { version: "1.3.0" }, run_id: "killed" };
    await setPace(600);
    const first = await start("apply");
    const death = first.invoke(event);
    await expect.poll(() => sleepers()).toBe(1);
    await first.kill();
    await setPace(0);
    expect(await death).toMatchObject({ kind: "exit", signal: "SIGKILL" });
    const second = await start("apply");
    // The server notices within a second that nobody is there any more; until then the run is at work.
    const report = payload(await second.invoke({ ...event, wait: "20s" }));
    expect(report).toMatchObject({ status: "ok", run_id: "killed", attempt: 2 });
    expect(await tables()).toEqual(["before", "killed", "quick", "shelf", "slow"]);
    // Versions before these may have been applied by a test before.
    expect((await events("killed")).slice(-2)).toEqual(["4 apply", "5 apply"]);
    // And once more: nothing is done, the same is told.
    expect(payload(await second.invoke(event))).toMatchObject({ status: "ok", replayed: true });
  });

  it("starts cold twice, each time with everything that it needs", async () => {
    const bare = await startBare();
    const [one, two] = [await start("apply"), await start("apply")];
    const event = { bundle: { version: "1.3.0" }, dry_run: true };
    for (const fn of [one, two]) expect(payload(await fn.invoke(event))).toMatchObject({ status: "ok" });
    const cold = [bare, one, two].map(({ cold_start_ms }) => `${Math.round(cold_start_ms)} ms`);
    process.stderr.write(`cold starts: a bare handler ${cold[0]}, apply ${cold[1]} and ${cold[2]}\n`);
  });

  it("fails by name without the SQL parser's code", async () => {
    const { folder, handler, environment } = app.functions.apply;
    const copy = await mkdtemp(join(tmpdir(), "paws-migrate-artifact-"));
    await cp(folder, copy, { recursive: true });
    await rm(join(copy, "libpg-query.wasm"));
    const env = { AWS_ENDPOINT_URL: edge.endpoint, ...environment };
    const apply = await startFunction({ artifact: copy, handler, env, ...runtime });
    running.push(apply);
    await rm(copy, { recursive: true });
    expect(await apply.invoke({ bundle: { version: "1.3.0" }, dry_run: true })).toMatchObject({
      kind: "error",
      errorType: "MigrationInternal",
    });
    await apply.stop();
    expect(apply.logs()).toContain("libpg-query.wasm");
  });

  it("refuses its work where its environment is not whole, and says what is missing", async () => {
    const apply = await start("apply", { DB_HOST: "", BUNDLE_BUCKET: "" });
    expect(await apply.invoke({})).toMatchObject({
      kind: "error",
      errorType: "MigrationBadInput",
      errorMessage: expect.stringMatching(/DB_HOST.*BUNDLE_BUCKET/s),
    });
  });

  it("cuts an answer that is over the limit", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`${1000 + i}_many_${"x".repeat(60)}.sql`, "SELECT 1;\n"]),
    );
    await edge.publish("many", "1", files);
    const apply = await start("apply", { REPORT_MAX_BYTES: "32768", HISTORY_SCHEMA: "app" });
    const outcome = await apply.invoke({ bundle: { name: "many", version: "1" }, run_id: "many" });
    expect(payload(outcome)).toMatchObject({ status: "ok", cut: { steps_left_out: expect.any(Number) } });
    expect(outcome.kind === "response" && outcome.bytes).toBeLessThanOrEqual(32_768);
  });

  const column = async (sql: string, values: readonly unknown[] = []) =>
    (await database.query(sql, values)).map(({ line }) => line);

  const tables = () => column("SELECT tablename AS line FROM pg_tables WHERE schemaname = 'app' ORDER BY 1");

  /** How long the slow scripts sleep that begin from now on. */
  const setPace = (seconds: number) =>
    database.query(
      `CREATE OR REPLACE FUNCTION public.pace() RETURNS void LANGUAGE sql AS 'SELECT pg_sleep(${seconds})'`,
    );

  const sleepers = async () =>
    (await column("SELECT pid AS line FROM pg_stat_activity WHERE wait_event = 'PgSleep'")).length;

  const events = (run: string) =>
    column(
      "SELECT version || ' ' || action AS line FROM app_migrations.schema_migration_events WHERE run_id = $1 ORDER BY 1",
      [run],
    );

  const startBare = async () => {
    const artifact = await writeArtifact("export const handler = async () => null;");
    const fn = await startFunction({ artifact, env: {}, ...runtime });
    running.push(fn);
    await rm(artifact, { recursive: true });
    return fn;
  };
});
