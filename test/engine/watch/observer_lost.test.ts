import { afterAll, beforeAll, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { Session } from "#engine/seam.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, runOptions, UP, worldFor } from "../../support/engine.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase("observer lost");
});
afterAll(() => db.drop());

it("an observer whose connection ends a moment before the run's own is not warned of", async () => {
  const world = worldFor(db);
  const opened: Session[] = [];
  /** Both connections are cut, as by a server that restarts, when the second asks for the first time. */
  const connect = async (run_id: string): Promise<Session> => {
    const session = await world.connect(run_id);
    opened.push(session);
    if (opened.length !== 2) return session;
    let asked = 0;
    const send: Session["send"] = async (messages) => {
      asked += 1;
      if (asked === 1) return session.send(messages);
      session.destroy();
      setTimeout(() => opened[0]?.destroy(), 200);
      return messages.map(() => ({ kind: "lost", reason: "cut by the test", at_ms: 0 }) as const);
    };
    return { ...session, send };
  };
  const slow = loadedSource(bundleOf({ "1_slow.sql": "SELECT pg_sleep(50);" }));
  const report = await runChange(UP, slow, runOptions(), { ...world, connect });
  expect([report.error?.code, report.warnings]).toEqual(["connection-lost", []]);
});
