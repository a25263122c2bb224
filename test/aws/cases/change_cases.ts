import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  failingMigrations,
  migrations,
  PRIVATE_VALUE,
  unverifiedMigrations,
} from "../stage/bundle_folders.ts";
import { expectFailure, reportOf } from "../stage/outcome.ts";
import { type Stage, TARGET } from "../stage/stage.ts";
import { appliedTo, rolledBack, runsOf, truthOf } from "../stage/truth.ts";
import type { PublishedBundle } from "../support/deployed_app.ts";

/** The request's own, where the event's was not believed. */
const ANY_ID = "[0-9a-f-]{36}";

/** Apply, verify, roll back, and look. */
export function changeCases(stage: Stage): void {
  const { emulator } = stage;
  let published: PublishedBundle;

  describe("the functions", () => {
    beforeAll(async () => {
      published = await stage.put("1.0.0", migrations(3));
      await stage.put("1.1.0-failing", failingMigrations());
      await stage.put("1.2.0-unverified", unverifiedMigrations());
    });
    beforeEach(() => stage.database.reset());

    const bundle = { version: "1.0.0" };

    it("apply what was published, and record from where and as whom", async () => {
      const event = { run_id: "first", bundle, reason: "release 42", requested_by: "pipeline" };
      const report = reportOf(await stage.invoke("apply", event));
      expect(report).toMatchObject({
        command: "up",
        status: "ok",
        run_id: "first",
        replayed: false,
        attempt: 1,
      });
      expect(await truthOf(stage.database)).toEqual(appliedTo(3));
      expect(await runsOf(stage.database)).toMatchObject([
        {
          run_id: "first",
          status: "ok",
          attempt: 1,
          bundle: TARGET,
          bundle_digest: published.digest,
          bundle_source: `s3://${stage.app.bucket}/${published.key}?versionId=${published.version_id}`,
          request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          requested_by: "pipeline",
          credential_version: await stage.secrets.currentVersion("migrator"),
        },
      ]);
    });

    it("apply nothing for a dry run, and refuse a plan that nobody agreed to", async () => {
      const plan = reportOf(await stage.invoke("apply", { bundle, dry_run: true }));
      expect(plan).toMatchObject({ command: "plan", status: "ok" });
      expect(await truthOf(stage.database)).toEqual(appliedTo(0));
      const agreed = { run_id: "agreed", bundle, expected_plan: plan.plan_digest };
      const other = { ...agreed, run_id: "other-plan", steps: 1 };
      const refused = await stage.invoke("apply", other);
      expectFailure(emulator, refused, { status: "refused", run_id: "other-plan", code: "plan-changed" });
      expect(reportOf(await stage.invoke("apply", agreed))).toMatchObject({ status: "ok" });
      expect(await truthOf(stage.database)).toEqual(appliedTo(3));
    });

    it.each([
      ["a migration that fails", "1.1.0-failing", "sql-error"],
      ["a verification that says no", "1.2.0-unverified", "check-failed"],
    ] as const)("throw for %s, and keep nothing of it", async (_, version, code) => {
      const answer = await stage.invoke("apply", { run_id: "fails", bundle: { version } });
      expectFailure(emulator, answer, { status: "failed", run_id: "fails", code });
      expect(await truthOf(stage.database)).toEqual(appliedTo(2));
      expect(await runsOf(stage.database)).toMatchObject([{ status: "failed", error: { code } }]);
      // What a row holds is told by the database alone.
      expect(JSON.stringify(answer)).not.toContain(PRIVATE_VALUE);
      // The same id tells the same again.
      const again = await stage.invoke("apply", { run_id: "fails", bundle: { version } });
      expectFailure(emulator, again, { status: "failed", run_id: "fails", code });
      expect(await truthOf(stage.database)).toEqual(appliedTo(2));
    });

    it("roll back the last one, as many as are asked for, and all", async () => {
      reportOf(await stage.invoke("apply", { bundle }));
      reportOf(await stage.invoke("rollback", { bundle }));
      expect(await truthOf(stage.database)).toEqual(rolledBack(3, 2));
      reportOf(await stage.invoke("rollback", { bundle, to: "0" }));
      expect(await truthOf(stage.database)).toEqual(rolledBack(3, 0));
    });

    it("verify as the reader, and find what is not as it was", async () => {
      reportOf(await stage.invoke("apply", { bundle }));
      expect(reportOf(await stage.invoke("verify", { bundle }))).toMatchObject({
        command: "verify",
        status: "ok",
      });
      await stage.database.query("DROP TABLE app.t2");
      const answer = await stage.invoke("verify", { run_id: "finds", bundle });
      expectFailure(emulator, answer, { status: "failed", run_id: "finds", code: "check-failed" });
    });

    it("show what is applied and pending, and a run by its id", async () => {
      reportOf(await stage.invoke("apply", { run_id: "two", bundle, steps: 2 }));
      const status = reportOf(await stage.invoke("status", { bundle }));
      expect(status).toMatchObject({
        command: "status",
        current_version: "2",
        applied: [{ version: "1" }, { version: "2" }],
        pending: [{ version: "3" }],
      });
      expect(reportOf(await stage.invoke("status", { run_id: "two" }))).toMatchObject({
        command: "runs",
        runs: [{ run_id: "two", status: "ok", progress: { planned: 2, done: 2 } }],
      });
      expect(reportOf(await stage.invoke("status", { run_id: "nobody" }))).toMatchObject({ runs: [] });
    });

    it("refuse an event that is not theirs, or not understood", async () => {
      const wrong = await stage.invoke("apply", { run_id: "bad", bundle, target: "production" });
      expectFailure(emulator, wrong, { status: "bad_input", run_id: ANY_ID, code: "wrong-target" });
      const odd = await stage.invoke("apply", { run_id: "bad", bundle, step: 1 });
      expectFailure(emulator, odd, { status: "bad_input", run_id: ANY_ID, code: "bad-event" });
      expect(await truthOf(stage.database)).toEqual(appliedTo(0));
    });
  });
}
