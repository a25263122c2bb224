import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { Session, World } from "#engine/seam.ts";
import { bundleOf, runOptions, UP, worldFor } from "../../support/engine.ts";
import { snapshot } from "../../support/schema.ts";
import { expectSuccess, historyOf, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("escape begin", { "001_base.sql": "CREATE TABLE base (a int)" });
});
afterAll(() => stage.db.drop());

/** The `nth` BEGIN of a step fails, as one does that a CancelRequest hits; all else is already on the wire. */
function withFailingBegin(world: World, nth: number): World {
  let seen = 0;
  const connect = async (runId: string): Promise<Session> => {
    const session = await world.connect(runId);
    const send: Session["send"] = (messages) =>
      session.send(
        messages.map((message) => {
          if (!message.text.includes("pg_try_advisory_xact_lock") || seen++ !== nth) return message;
          return { ...message, text: "SELECT 1/0" };
        }),
      );
    return { ...session, send };
  };
  return { ...world, connect };
}

const scripts: [what: string, sql: string][] = [
  ["statements in one group", "CREATE TABLE one (a int); INSERT INTO base VALUES (1)"],
  ["a statement that travels alone", "ALTER TABLE base ADD COLUMN b int; INSERT INTO base VALUES (1)"],
  ["statements that set what they like", "SET lock_timeout = '1s'; DELETE FROM base; DROP TABLE base"],
];
const verify = "SELECT 'PASS' AS status";

describe.each([0, 1])("where BEGIN number %i does not come about", (nth) => {
  it.each(scripts)("nothing is kept of %s", async (_what, sql) => {
    const [before, history] = [await snapshot(stage.client), await historyOf(stage.client)];
    const carried = nth === 0 ? {} : { "500_carrier.sql": `SELECT ${history.length}` };
    const files = { ...stage.applied, ...carried, "600_step.sql": sql, "verify/600_verify.sql": verify };
    const world = withFailingBegin(worldFor(stage.db), nth);
    const report = await runChange(UP, loadedSource(bundleOf(files)), runOptions(), world);
    expect(report).toMatchObject({ status: "failed", error: { code: "sql-error", sqlstate: "22012" } });
    expect(await snapshot(stage.client)).toEqual(before);
    expect((await historyOf(stage.client)).length).toBe(history.length + nth);
    if (nth === 1) await stage.client.query("DELETE FROM schema_migrations WHERE version = 500");
  });
});

it("goes on afterwards", async () => {
  await expectSuccess(stage, { "700_step.sql": "INSERT INTO base VALUES (1)" });
});
