import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { historyOf, lastRun, nextLabel, openStage, type Stage } from "../engine/step/attempt.ts";
import { bundleOf, run } from "../support/engine.ts";
import { snapshot } from "../support/schema.ts";
import { type AtRunTime, BASE, escapes } from "./escape_corpus.ts";

// The reading of a file refuses most of these; what is left must hold by itself.
vi.mock("#engine/script/script.ts", async (original) => ({
  ...(await original<typeof import("#engine/script/script.ts")>()),
  readScript: (await import("../engine/step/unchecked_script.ts")).uncheckedScript,
}));

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("escape corpus run", { "001_base.sql": BASE });
  await stage.client.query("CREATE EXTENSION dblink");
});
afterAll(() => stage.db.drop());

const kinds = (kind: AtRunTime["kind"]) =>
  escapes("DATABASE", "pg_monitor").flatMap(({ sql, run: at }, i) => (at.kind === kind ? [{ i, sql }] : []));

function escapeAt(i: number): { readonly script: string; readonly at: AtRunTime } {
  const { host, port, user, password } = stage.db.config;
  const found = escapes(
    `host=${host} port=${port} user=${user} password=${password} dbname=${stage.db.name}`,
    "pg_monitor",
  )[i];
  if (found === undefined) throw new Error("no such row");
  return { script: `CREATE TABLE made (a int); ${found.sql}`, at: found.run };
}

describe("is caught, and all of it rolled back", () => {
  it.each(kinds("caught"))("$sql", async ({ i }) => {
    const { script, at } = escapeAt(i);
    if (at.kind !== "caught") throw new Error("not of this kind");
    const [before, history] = [await snapshot(stage.client), await historyOf(stage.client)];
    const verify = i % 2 === 0 ? {} : { "verify/900_verify.sql": "SELECT 'PASS' AS status" };
    const report = await run(stage.db, bundleOf({ ...stage.applied, "900_step.sql": script, ...verify }));
    expect(report).toMatchObject({ status: "failed", error: { code: at.code } });
    if (at.sqlstate !== undefined) expect(report.error?.sqlstate).toBe(at.sqlstate);
    if (at.leaves !== undefined) await stage.client.query(at.leaves);
    expect(await snapshot(stage.client)).toEqual(before);
    expect(await historyOf(stage.client)).toEqual(history);
    // Also where the script ended its own backend: the run connects again to say so.
    expect(await lastRun(stage.client)).toMatchObject({ status: "failed", finished: true });
  });
});

/** Applies it; the history must say so, and be otherwise as it was. */
async function applies(script: string): Promise<void> {
  const history = await historyOf(stage.client);
  const path = `${nextLabel(stage)}_step.sql`;
  stage.applied[path] = script;
  const report = await run(stage.db, bundleOf(stage.applied));
  expect(report.error).toBeNull();
  expect((await historyOf(stage.client)).slice(0, -1)).toEqual(history);
  expect(report.steps.map(({ status }) => status)).toEqual(["done"]);
  await stage.client.query("DROP TABLE made");
}

describe("is harmless", () => {
  it.each(kinds("harmless"))("$sql", ({ i }) => applies(escapeAt(i).script));
});

describe("is beyond what a rollback takes back", () => {
  it.each(kinds("beyond"))("$sql", async ({ i }) => {
    const { script, at } = escapeAt(i);
    if (at.kind !== "beyond") throw new Error("not of this kind");
    // In a step that fails, the step itself is undone all the same.
    const [before, history] = [await snapshot(stage.client), await historyOf(stage.client)];
    const files = { ...stage.applied, "900_step.sql": `${script}; SELECT 1/0` };
    const failed = await run(stage.db, bundleOf(files));
    expect(failed.error).toMatchObject({ code: "sql-error", sqlstate: "22012" });
    if (at.undo !== undefined) await stage.client.query(at.undo);
    expect(await snapshot(stage.client)).toEqual(before);
    expect(await historyOf(stage.client)).toEqual(history);
    await applies(script);
    if (at.undo !== undefined) await stage.client.query(at.undo);
  });

  it("but a history that another connection changed is told at the end of the run", async () => {
    const { host, port, user, password } = stage.db.config;
    const there = `host=${host} port=${port} user=${user} password=${password} dbname=${stage.db.name}`;
    const kept = await historyOf(stage.client);
    const forged =
      "INSERT INTO public.schema_migrations (version, name, applied_seq) VALUES (9999, 'forged', 9999)";
    const script = `SELECT dblink_exec('${there}', $x$${forged}$x$)`;
    const report = await run(stage.db, bundleOf({ ...stage.applied, "900_step.sql": script }));
    expect(report).toMatchObject({ status: "failed", error: { code: "history-moved" } });
    await stage.client.query("DELETE FROM schema_migrations WHERE version IN (900, 9999)");
    expect(await historyOf(stage.client)).toEqual(kept);
  });
});
