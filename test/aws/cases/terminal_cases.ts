import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EXIT_STATUS } from "#engine/status.ts";
import { isRightAbout } from "../differences.ts";
import { failingMigrations, migrations } from "../stage/bundle_folders.ts";
import { closeGate } from "../stage/gate.ts";
import { type Stage, TARGET } from "../stage/stage.ts";
import { appliedTo, rolledBack, runsOf, truthOf } from "../stage/truth.ts";

/** `paws-migrate invoke`, as a pipeline and an operator call it: by its exit status, and by its report. */
export function terminalCases(stage: Stage): void {
  describe("the terminal's invoke", () => {
    beforeAll(async () => {
      await stage.publish("1", migrations(3), "by-hand");
      await stage.publish("2-fails", failingMigrations(), "by-hand");
    });
    beforeEach(() => stage.database.reset());

    const functions = ["--function", `paws-${TARGET}`];
    const invoke = async (verb: string, ...options: readonly string[]) => {
      const said = await stage.terminal(["invoke", verb, ...functions, ...options, "--json"]);
      const report = said.stdout === "" ? null : JSON.parse(said.stdout);
      return { status: said.status, report, stderr: said.stderr };
    };
    // What a run's row does not tell, the error's name does.
    const ended = (status: number, code: string) =>
      isRightAbout(stage.emulator, "error-type")
        ? { status, report: { error: { code } } }
        : { status: EXIT_STATUS.unknown, report: { error: { code: "function-died" } } };
    const bundle = ["--bundle-name", "by-hand", "--bundle-version"];

    it("follows an apply to its end, tells its progress, and ends with 0", async () => {
      const ended = await invoke("apply", ...bundle, "1", "--run-id", "release-1");
      expect(ended, ended.stderr).toMatchObject({
        status: 0,
        report: { command: "up", status: "ok", run_id: "release-1", steps: [{}, {}, {}] },
      });
      expect(ended.stderr).toContain("run release-1");
      expect(await truthOf(stage.database)).toEqual(appliedTo(3));
      const again = await invoke("apply", ...bundle, "1", "--run-id", "release-1");
      expect(again, again.stderr).toMatchObject({
        status: 0,
        report: { run_id: "release-1", replayed: true },
      });
      const verified = await invoke("verify", ...bundle, "1");
      expect(verified, verified.stderr).toMatchObject({ status: 0, report: { command: "verify" } });
      const undone = await invoke("rollback", ...bundle, "1", "--steps", "1", "--yes");
      expect(undone, undone.stderr).toMatchObject({ status: 0, report: { command: "rollback" } });
      expect(await truthOf(stage.database)).toEqual(rolledBack(3, 2));
    });

    it("ends with 1 for a run that fails, and tells of it by its id", async () => {
      const ended = await invoke("apply", ...bundle, "2-fails", "--run-id", "release-2");
      expect(ended, ended.stderr).toMatchObject({
        status: 1,
        report: { status: "failed", run_id: "release-2", error: { code: "sql-error" } },
      });
      const told = await invoke("status", "--run-id", "release-2");
      expect(told, told.stderr).toMatchObject({
        status: 0,
        report: { command: "runs", runs: [{ run_id: "release-2", status: "failed" }] },
      });
      expect(await truthOf(stage.database)).toEqual(appliedTo(2));
    });

    it("ends with 2 for what is not there, and with 4 while another run is at work", async () => {
      const absent = await invoke("apply", ...bundle, "9", "--run-id", "release-9");
      expect(absent, absent.stderr).toMatchObject(ended(2, "bundle-absent"));
      const gate = await closeGate(stage.database, "up", 2);
      const running = stage.invoke("apply", { run_id: "at-work", bundle: { name: "by-hand", version: "1" } });
      await gate.arrived();
      const busy = await invoke(
        "apply",
        ...bundle,
        "1",
        "--run-id",
        "release-3",
        "--lock-wait",
        "0",
        "--sync",
      );
      await gate.open();
      await running;
      expect(busy, busy.stderr).toMatchObject(ended(4, "other-run"));
      expect((await runsOf(stage.database)).map(({ run_id }) => run_id)).toEqual(["at-work"]);
    });
  });
}
