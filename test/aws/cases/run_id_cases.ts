import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { migrations, slowMigrations } from "../stage/bundle_folders.ts";
import { closeGate } from "../stage/gate.ts";
import { expectFailure, reportOf } from "../stage/outcome.ts";
import type { Stage } from "../stage/stage.ts";
import { appliedTo, rolledBack, runsOf, truthOf } from "../stage/truth.ts";

/** Of a function that has time for some of the steps that follow, and half of that time for the run. */
const SHORT_S = 16;

/** One run id is one run, however often and however it is delivered. */
export function runIdCases(stage: Stage): void {
  const { emulator } = stage;
  const bundle = { name: "ids", version: "3.0.0" };

  describe("a run id", () => {
    beforeAll(async () => {
      await stage.put("3.0.0", migrations(3), "ids");
      await stage.put("6.0.0", slowMigrations(6, 1.5), "slow");
    });
    beforeEach(() => stage.database.reset());

    it("five times at once is one run", async () => {
      const event = { run_id: "five", bundle, steps: 1, wait: "30s" };
      const answers = await Promise.all(Array.from({ length: 5 }, () => stage.invoke("apply", event)));
      const reports = answers.map(reportOf);
      expect(reports.map(({ status }) => status)).toEqual(Array(5).fill("ok"));
      expect(reports.filter(({ replayed }) => replayed === false)).toHaveLength(1);
      expect(await truthOf(stage.database)).toEqual(appliedTo(1));
      expect(await runsOf(stage.database)).toMatchObject([{ run_id: "five", attempt: 1, status: "ok" }]);
    });

    it("while it runs the same is told so, and another id that another run is at work", async () => {
      const gate = await closeGate(stage.database, "up", 2);
      const first = stage.invoke("apply", { run_id: "at-work", bundle });
      await gate.arrived();
      const [again, other] = await Promise.all([
        stage.invoke("apply", { run_id: "at-work", bundle, wait: "0" }),
        stage.invoke("apply", { run_id: "other", bundle, lock_wait: "0" }),
      ]);
      expectFailure(emulator, again, { status: "busy", run_id: "at-work", code: "run-in-progress" });
      expectFailure(emulator, other, { status: "busy", run_id: "other", code: "other-run" });
      await gate.open();
      expect(reportOf(await first)).toMatchObject({ status: "ok", attempt: 1 });
      // What was busy has not used its id up.
      expect(reportOf(await stage.invoke("rollback", { run_id: "other", bundle }))).toMatchObject({
        status: "ok",
        replayed: false,
      });
      expect(await truthOf(stage.database)).toEqual(rolledBack(3, 2));
    });

    it("with another body is refused, and does nothing", async () => {
      reportOf(await stage.invoke("apply", { run_id: "body", bundle, steps: 1 }));
      for (const [command, event] of [
        ["apply", { steps: 2 }],
        ["apply", {}],
        ["rollback", { steps: 1 }],
      ] as const) {
        const answer = await stage.invoke(command, { run_id: "body", bundle, ...event });
        expectFailure(emulator, answer, { status: "bad_input", run_id: "body", code: "run-id-reused" });
      }
      expect(await truthOf(stage.database)).toEqual(appliedTo(1));
      // A reason is no part of what is asked.
      const said = { run_id: "body", bundle, steps: 1, reason: "once more", requested_by: "somebody else" };
      expect(reportOf(await stage.invoke("apply", said))).toMatchObject({ status: "ok", replayed: true });
    });

    it("of a rollback answers again after later runs, and removes nothing more", async () => {
      reportOf(await stage.invoke("apply", { bundle }));
      const event = { run_id: "undo", bundle, steps: 1 };
      expect(reportOf(await stage.invoke("rollback", event))).toMatchObject({ replayed: false });
      reportOf(await stage.invoke("apply", { bundle }));
      const before = await truthOf(stage.database);
      const again = reportOf(await stage.invoke("rollback", event));
      expect(again).toMatchObject({ status: "ok", replayed: true });
      expect(again.warnings).toMatchObject([{ code: "state-moved-on" }]);
      expect(await truthOf(stage.database)).toEqual(before);
    });

    it("a run that is cut by its deadline goes on under the same id until it is done", async () => {
      const event = { run_id: "long", bundle: { name: "slow", version: "6.0.0" } };
      const attempts: number[] = [];
      await stage.withFunction("apply", { seconds: SHORT_S }, async (invoke) => {
        for (let attempt = 1; ; attempt += 1) {
          const answer = await invoke(event);
          if (answer.function_error === null) {
            expect(reportOf(answer)).toMatchObject({ status: "ok", attempt });
            break;
          }
          expectFailure(emulator, answer, { status: "incomplete", run_id: "long", code: "deadline" });
          attempts.push((await truthOf(stage.database)).applied.length);
          expect(attempt).toBeLessThan(6);
        }
      });
      expect(attempts.length).toBeGreaterThan(0);
      expect(attempts).toEqual([...new Set(attempts)].sort((a, b) => a - b));
      expect(await truthOf(stage.database)).toEqual(appliedTo(6));
      expect(await runsOf(stage.database)).toHaveLength(1);
    });
  });
}
