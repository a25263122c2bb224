import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Environment } from "#io/target_sources.ts";
import { handler as apply } from "../../functions/apply.ts";
import { handler as status } from "../../functions/status.ts";
import { hasOpenssl } from "../support/certificates.ts";
import { type FunctionStage, type Invoked, openFunctionStage } from "../support/function_stage.ts";
import { expectValidReport } from "../support/report_schema.ts";
import { numbered } from "../support/run_ids.ts";

const BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/runs";
const PLANTED = "4929-1234-5678-9012";
const newer = { code: "code-of-tomorrow", message: PLANTED, sqlstate: PLANTED };

/** What somebody, or another release, has written over the report of a run. */
const REPORTS: Readonly<Record<string, unknown>> = {
  "a list": [],
  "a text": PLANTED,
  "an object without a field": {},
  "another end": { status: "ok", error: null, refusals: [] },
  "an end that is none": { status: PLANTED },
  "no steps": { steps: null },
  "steps that are none": { steps: [1, null, { checks: null }, { version: PLANTED }] },
  "warnings that are none": { warnings: PLANTED, refusals: [null, 1] },
  "a code of another release": { error: newer, warnings: [newer] },
  "another run's name": { run_id: PLANTED, command: PLANTED, bundle: { name: 5, source: PLANTED } },
  "numbers that are none": {
    duration_ms: PLANTED,
    started_at: 5,
    attempt: PLANTED,
    current_version: PLANTED,
  },
};

describe.skipIf(!(await hasOpenssl()))(
  "what the history's tables say of a run is not taken at its word",
  () => {
    let stage: FunctionStage;
    let client: pg.Client;
    let environment: Environment;
    const run_id = "told-again";
    beforeAll(async () => {
      stage = await openFunctionStage();
      ({ client, environment } = await stage.database({ EVENT_BUS_ARN: BUS }));
      await stage.publish("1", numbered(1));
      expect((await stage.invoke(apply, environment, { run_id })).error).toBeNull();
    });
    afterAll(() => stage?.stop());

    const row = (set: string, values: readonly unknown[] = []) =>
      client.query(`UPDATE schema_migration_runs SET ${set} WHERE run_id = '${run_id}'`, [...values]);
    const deliver = () => stage.invoke(apply, environment, { run_id });
    const told = ({ log, error }: Invoked): string =>
      [log, error?.name, error?.stack, ...stage.edge.events.map(({ Detail }) => Detail)].join("\n");

    it.each(Object.entries(REPORTS))("a report that is or has %s", async (_, report) => {
      await row("report = $1, status = 'ok', error = NULL", [JSON.stringify(report)]);
      const good = await deliver();
      expect(good.report).toMatchObject({
        command: "up",
        run_id,
        status: "ok",
        error: null,
        replayed: true,
        attempt: 1,
      });
      expectValidReport(JSON.parse(JSON.stringify(good.report)));
      await row(`status = 'failed', error = '{"code": "sql-error", "message": "x"}'`);
      const bad = await deliver();
      const code = JSON.stringify(report).includes(newer.code) ? "unknown-code" : "sql-error";
      expect([bad.error?.name, bad.error?.message]).toEqual([
        "MigrationFailed",
        expect.stringMatching(new RegExp(`^run told-again: ${code}: [A-Z]`)),
      ]);
      expect(told(good) + told(bad)).not.toContain(PLANTED);
    });

    it.each([
      [
        "an error of another release",
        `status = 'failed', error = '${JSON.stringify(newer)}'`,
        "MigrationFailed",
      ],
      ["an error that is a text", `status = 'failed', error = '"${PLANTED}"'`, "MigrationFailed"],
      ["an end of another release", `status = '${PLANTED}'`, "MigrationRefused"],
      [
        "a plan that is none",
        "status = 'running', finished_at = NULL, plan = '[null, 1]', bundle_source = $$s3://bundles-of-a-test/bundles/suite/1.zip?versionId=v1$$",
        "MigrationRefused",
      ],
    ])("a row that has %s", async (_, set, name) => {
      await row(`${set}, report = NULL`);
      const delivered = await deliver();
      expect(delivered.error?.name).toBe(name);
      expect(delivered.error?.message).toMatch(/^run told-again: /);
      expect(told(delivered)).not.toContain(PLANTED);
    });

    it("a plan that is no list has no steps, and `status` tells of the run all the same", async () => {
      await row("status = 'ok', finished_at = now(), plan = '5', report = '5'");
      const { report } = await stage.invoke(status, environment, { run_id });
      expect(report).toMatchObject({ runs: [{ run_id, progress: { done: 0, planned: 0 } }] });
      expect((await deliver()).report).toMatchObject({ status: "ok", steps: [] });
    });

    it.each([
      "s3://bundles-of-another/bundles/suite/1.zip?versionId=v1",
      "s3://bundles-of-a-test/bundles/another/1.zip?versionId=v1",
    ])("the bundle of an unfinished run: %s is not the one that was asked for", async (source) => {
      await row("status = 'running', finished_at = NULL, bundle_source = $1", [source]);
      const { error } = await deliver();
      expect(error?.message).toMatch(/^run told-again: bundle-differs: /);
      expect(stage.edge.requests.filter(({ url }) => url.includes("another"))).toEqual([]);
    });
  },
);
