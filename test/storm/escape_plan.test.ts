import { afterAll, beforeAll, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { planChange } from "#engine/run/plan.ts";
import { openStage, type Stage } from "../engine/step/attempt.ts";
import { bundleOf, run, runOptions, UP, worldFor } from "../support/engine.ts";
import { snapshot } from "../support/schema.ts";
import { BASE, escapes } from "./escape_corpus.ts";

let stage: Stage;
let before: readonly string[];
const everything = () => snapshot(stage.client, { except: [] });
beforeAll(async () => {
  stage = await openStage("escape corpus plan", { "001_base.sql": BASE });
  before = await everything();
});
afterAll(() => stage.db.drop());

const refused = escapes("", "pg_monitor").filter(({ plan }) => plan !== null);
const passed = escapes("", "pg_monitor").filter(({ plan }) => plan === null);
const withEscape = (sql: string) =>
  bundleOf({ ...stage.applied, "002_step.sql": `CREATE TABLE made (a int);\n\n${sql};\n` });

it.each(refused)("is refused by the plan: $sql", async ({ sql, plan }) => {
  const report = await planChange(UP, loadedSource(withEscape(sql)), runOptions(), worldFor(stage.db));
  expect(report.status).toBe("bad_input");
  expect(report.refusals.map(({ code, file, line }) => ({ code, file, line }))).toContainEqual({
    code: plan,
    file: "002_step.sql",
    line: 3,
  });
});

it.each(passed)("is left to the run: $sql", async ({ sql }) => {
  const report = await planChange(UP, loadedSource(withEscape(sql)), runOptions(), worldFor(stage.db));
  expect(report.error).toBeNull();
});

it("a run of one refuses the same, and nothing is made by any of them", async () => {
  for (const { sql, plan } of refused.filter((_, i) => i % 5 === 0)) {
    const report = await run(stage.db, withEscape(sql));
    expect([report.status, report.error?.code]).toEqual(["bad_input", plan]);
  }
  expect(await everything()).toEqual(before);
});
