import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consolidatedText } from "#engine/bundle/consolidated.ts";
import { handler as apply } from "../../functions/apply.ts";
import { handler as rollback } from "../../functions/rollback.ts";
import { handler as status } from "../../functions/status.ts";
import { hasOpenssl } from "../support/certificates.ts";
import { bundleOf } from "../support/engine.ts";
import { type FunctionStage, openFunctionStage } from "../support/function_stage.ts";
import { expectValidReport } from "../support/report_schema.ts";

const OLD = { "1_a.sql": "CREATE TABLE a ()", "2_b.sql": "CREATE TABLE b ()" };
const replaces = bundleOf(OLD).migrations.map(({ version, label, name, up }) => ({
  version,
  label,
  name,
  checksum: up.checksum,
}));
const NEW = {
  "2_both.sql": "CREATE TABLE a (); CREATE TABLE b ()",
  "rollback/2_both_rollback.sql": "DROP TABLE b; DROP TABLE a",
  "consolidated.json": consolidatedText([{ version: 2n, replaces }]),
};
const RECORD = { bundle: { version: "2" }, record_consolidated: true };

describe.skipIf(!(await hasOpenssl()))("apply, asked to record what was consolidated", () => {
  let stage: FunctionStage;
  beforeAll(async () => {
    stage = await openFunctionStage();
    await stage.publish("1", OLD);
    await stage.publish("2", NEW);
  });
  afterAll(() => stage?.stop());

  it("records it, runs no script, and may be asked again; from then on apply and rollback go on", async () => {
    const { client, environment } = await stage.database();
    const history = async () =>
      (await client.query("SELECT version, name, origin FROM schema_migrations ORDER BY applied_seq")).rows;
    await stage.invoke(apply, environment, { bundle: { version: "1" } });
    const refused = await stage.invoke(apply, environment, {});
    expect(refused.error?.name).toBe("MigrationRefused");
    expect(refused.error?.message).toContain("consolidation-pending");

    const recorded = await stage.invoke(apply, environment, { run_id: "record", reason: "tidy", ...RECORD });
    expect(recorded.error).toBeNull();
    expectValidReport(recorded.report);
    expect(recorded.report).toMatchObject({
      command: "consolidate",
      status: "ok",
      run_id: "record",
      done: true,
      consolidated: [{ name: "both", replaces: [{ name: "a" }, { name: "b" }] }],
    });
    expect(recorded.metrics.find(({ name }) => name === "RunFailed")).toMatchObject({ values: [0] });
    const rows = [{ version: "2", name: "both", origin: "consolidated" }];
    expect(await history()).toEqual(rows);
    const { rows: runs } = await client.query(
      "SELECT command, status, reason FROM schema_migration_runs WHERE run_id = 'record'",
    );
    expect(runs).toEqual([{ command: "consolidate", status: "ok", reason: "tidy" }]);
    const told = await stage.invoke(status, environment, { run_id: "record" });
    expect(told.report).toMatchObject({ runs: [{ run_id: "record", command: "consolidate", status: "ok" }] });

    const again = await stage.invoke(apply, environment, { run_id: "record", reason: "tidy", ...RECORD });
    expect(again.report).toMatchObject({ status: "ok", done: false, consolidated: [] });
    expect((await stage.invoke(apply, environment, {})).report).toMatchObject({ status: "ok", steps: [] });
    expect(await history()).toEqual(rows);
    expect((await stage.invoke(rollback, environment, {})).report).toMatchObject({ status: "ok" });
    expect(await history()).toEqual([]);
  });

  it("a database with only some of them is refused with the list, and nothing is changed", async () => {
    const { client, environment } = await stage.database();
    await stage.invoke(apply, environment, { bundle: { version: "1" }, to: "1" });
    const { error, metrics } = await stage.invoke(apply, environment, RECORD);
    expect(error?.name).toBe("MigrationRefused");
    expect(error?.message).toContain("partly-consolidated");
    expect(metrics.find(({ name }) => name === "RunFailed")).toMatchObject({ values: [1] });
    const { rows } = await client.query("SELECT version, name FROM schema_migrations");
    expect(rows).toEqual([{ version: "1", name: "a" }]);
  });

  it.each([
    { to: "2" },
    { steps: 1 },
    { allow_out_of_order: true },
    { dry_run: true },
    { count: ["public.a"] },
  ])("%o has no place beside it", async (more) => {
    const { environment } = await stage.database();
    const { error } = await stage.invoke(apply, environment, { ...RECORD, ...more });
    expect(error?.message).toMatch(
      new RegExp(`bad-event: record_consolidated and ${Object.keys(more)} exclude each other`),
    );
  });
});
