import { beforeAll, expect, it } from "vitest";
import { type DeployedApp, deployApp } from "./support/deployed_app.ts";
import { describeOn } from "./support/describe_where.ts";
import { startLocalDatabase } from "./support/local_database.ts";

const FILES = {
  "001_make_shelf.sql": "CREATE TABLE app.shelf (id int PRIMARY KEY);\n",
};

await describeOn(
  "localstack",
  (emulator) => {
    let app: DeployedApp;

    beforeAll(async () => {
      const database = await startLocalDatabase();
      app = await deployApp(emulator, { target: "smoke", database });
      return async () => {
        await app.remove();
        await database.stop();
      };
    });

    it("applies a published bundle", async () => {
      const bundle = await app.publish(FILES, "1.0.0");
      const answer = await app.invoke("apply", { bundle: { version: "1.0.0" }, run_id: "smoke-1" });
      expect(answer).toMatchObject({ function_error: null, payload: { status: "ok", run_id: "smoke-1" } });
      expect(await app.database.query("SELECT count(*)::int FROM app.shelf")).toEqual([{ count: 0 }]);
      expect(bundle.version_id).not.toBe("");
    });
  },
  { bootstrapped: true },
);
