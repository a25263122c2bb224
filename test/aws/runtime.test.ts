import { afterEach, beforeAll, expect, it } from "vitest";
import type { Command } from "../../cdk/names.ts";
import type { Outcome } from "../support/lambda/runtime_api.ts";
import { type RunningFunction, startFunction } from "../support/lambda/start_function.ts";
import { type CloudEdge, startCloudEdge } from "./support/cloud_edge.ts";
import { describeInRuntime } from "./support/describe_where.ts";
import { type LocalDatabase, startLocalDatabase } from "./support/local_database.ts";
import { type SynthesisedApp, synthesiseApp } from "./support/synthesised_app.ts";

const ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:runtime";
const SECRETS = { migrator: `${ARN}/migrator-AbCdEf`, reader: `${ARN}/reader-AbCdEf` };

const SHELF = { "001_make_shelf.sql": "CREATE TABLE app.shelf (id int PRIMARY KEY);\n" };

/** What the CDK would upload, in Lambda's own runtime. */
await describeInRuntime((runtime) => {
  let database: LocalDatabase;
  let app: SynthesisedApp;
  let edge: CloudEdge;
  const running: RunningFunction[] = [];

  beforeAll(async () => {
    database = await startLocalDatabase();
    edge = await startCloudEdge();
    edge.secrets.set(SECRETS.migrator, database.migrator).set(SECRETS.reader, database.reader);
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

  it("applies a bundle, over TLS and as the owner", async () => {
    await edge.publish("shelf", "1.0.0", SHELF);
    const apply = await start("apply");
    const report = payload(await apply.invoke({ bundle: { version: "1.0.0" }, run_id: "first" }));
    expect(report).toMatchObject({ status: "ok", run_id: "first" });
    expect(await database.query("SELECT tableowner FROM pg_tables WHERE tablename = 'shelf'")).toEqual([
      { tableowner: "app_owner" },
    ]);
    expect(await edge.requests.length).toBeGreaterThan(1);
  });

  it("throws for a run that fails: its name, one line, and nothing of what the database said", async () => {
    await edge.publish("shelf", "1.1.0", {
      ...SHELF,
      "002_break.sql": "INSERT INTO app.shelf VALUES (1), (1);\n",
    });
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
    const [verify, status] = [await start("verify"), await start("status")];
    const bundle = { version: "1.0.0" };
    expect(payload(await verify.invoke({ bundle }))).toMatchObject({ status: "ok" });
    expect(payload(await status.invoke({ bundle }))).toMatchObject({ status: "ok" });
    expect(payload(await status.invoke({ run_id: "first" }))).toMatchObject({ command: "runs" });
  });
});
