import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { migrations } from "../stage/bundle_folders.ts";
import { closeGate } from "../stage/gate.ts";
import { expectFailure, reportOf } from "../stage/outcome.ts";
import type { Stage } from "../stage/stage.ts";
import { appliedTo, runsOf, truthOf } from "../stage/truth.ts";

/** Secrets that are rotated, deleted, restored: what a run does with them, and what it tells. */
export function credentialCases(stage: Stage): void {
  const { emulator } = stage;
  const bundle = { name: "logins", version: "3" };

  describe("credentials", () => {
    beforeAll(async () => {
      await stage.put("3", migrations(3), "logins");
    });
    const local = () => stage.database.local;
    beforeEach(() => stage.database.reset());

    it("a password that is changed in the database first, and in the secret a little later", async () => {
      const login = await local().changePassword(local().migrator);
      const answer = stage.invoke("apply", { run_id: "rotated", bundle });
      await sleep(1_000);
      const version = await stage.secrets.put("migrator", login);
      expect(reportOf(await answer)).toMatchObject({ status: "ok" });
      expect(await truthOf(stage.database)).toEqual(appliedTo(3));
      expect(await runsOf(stage.database)).toMatchObject([{ credential_version: version }]);
    });

    it("a password that is changed while a run is at work", async () => {
      const before = await stage.secrets.currentVersion("migrator");
      const gate = await closeGate(stage.database, "up", 2);
      const answer = stage.invoke("apply", { run_id: "under-way", bundle });
      await gate.arrived();
      const login = await local().changePassword(local().migrator);
      const version = await stage.secrets.put("migrator", login);
      await gate.open();
      expect(reportOf(await answer)).toMatchObject({ status: "ok" });
      // A warm function has kept nothing of the run before.
      reportOf(await stage.invoke("rollback", { run_id: "after", bundle }));
      expect(await runsOf(stage.database)).toMatchObject([
        { run_id: "under-way", credential_version: before },
        { run_id: "after", credential_version: version },
      ]);
    });

    it("the reader's password, changed in both: verify is the reader, and its run is recorded", async () => {
      reportOf(await stage.invoke("apply", { bundle }));
      await stage.database.letReaderRecord();
      const login = await local().changePassword(local().reader);
      const version = await stage.secrets.put("reader", login);
      reportOf(await stage.invoke("verify", { run_id: "reads", bundle }));
      expect(await runsOf(stage.database)).toMatchObject([
        {},
        { run_id: "reads", credential_version: version },
      ]);
    });

    it("a deleted secret is told as such, and works again when it is restored", async () => {
      await stage.secrets.scheduleDeletion("migrator");
      try {
        const answer = await stage.invoke("apply", { run_id: "deleted", bundle });
        expectFailure(emulator, answer, { status: "unreachable", run_id: "deleted", code: "secret-deleted" });
        expect(await truthOf(stage.database)).toEqual(appliedTo(0));
      } finally {
        await stage.secrets.restore("migrator");
      }
      expect(reportOf(await stage.invoke("apply", { run_id: "deleted", bundle }))).toMatchObject({
        status: "ok",
      });
    });
  });
}
