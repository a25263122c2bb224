import { beforeAll, expect, it } from "vitest";
import { type DeployedApp, deployApp } from "./support/deployed_app.ts";
import { describeOn } from "./support/describe_where.ts";
import type { Emulator } from "./support/emulator.ts";
import { startLocalDatabase } from "./support/local_database.ts";

const SHELF = { "001_make_shelf.sql": "CREATE TABLE app.shelf (id int PRIMARY KEY);\n" };
const BROKEN = { ...SHELF, "002_break.sql": "INSERT INTO app.shelf VALUES (1), (1);\n" };

/** Where an emulator is not as AWS. */
const DIFFERENCES = {
  localstack: { failed: "MigrationFailed" },
  ministack: { failed: "Runtime.HandlerError" },
} as const;

const suite = (emulator: Emulator): void => {
  const as = DIFFERENCES[emulator.name];
  let app: DeployedApp;

  beforeAll(async () => {
    const database = await startLocalDatabase();
    app = await deployApp(emulator, { target: "smoke", database });
    return async () => {
      await app.remove();
      await database.stop();
    };
  });

  it("applies a published bundle, as its versionId, sha256 and digest say", async () => {
    const { key: _, ...pinned } = await app.publish(SHELF, "1.0.0");
    const answer = await app.invoke("apply", { bundle: { version: "1.0.0", ...pinned }, run_id: "one" });
    expect(answer).toMatchObject({ function_error: null, payload: { status: "ok", run_id: "one" } });
    expect(await app.database.query("SELECT count(*)::int FROM app.shelf")).toEqual([{ count: 0 }]);
    await expect
      .poll(() => app.logs("apply"), { timeout: 10_000 })
      .toContainEqual(expect.stringContaining('"run_id":"one"'));
  });

  it("tells a failed migration by FunctionError", async () => {
    await app.publish(BROKEN, "1.1.0");
    const answer = await app.invoke("apply", { bundle: { version: "1.1.0" }, run_id: "two" });
    expect(answer.function_error).not.toBeNull();
    expect(answer.payload).toMatchObject({
      errorType: as.failed,
      errorMessage: expect.stringMatching(/^run two: /),
    });
  });

  it("answers status by the run's id", async () => {
    const answer = await app.invoke("status", { run_id: "two" });
    expect(answer).toMatchObject({ function_error: null, payload: { command: "runs" } });
  });
};

for (const name of ["localstack", "ministack"] as const)
  await describeOn(name, suite, { bootstrapped: true });
