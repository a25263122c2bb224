import { expect, it } from "vitest";
import type { ChangeReport } from "#engine/report.ts";
import { buildPatchedRunner } from "../patched_runner.ts";
import { reportViolations, type SeenVersion, stateViolations } from "./checker.ts";

const good: SeenVersion = { version: 1, run_id: "a", effects: 1, events: 1, event_run: "a" };

it.each<[Partial<SeenVersion>, readonly string[]]>([
  [{}, []],
  [{ effects: 2 }, ["version 1: its effect is there 2 times"]],
  [{ effects: 0 }, ["version 1: the history has it and its effect is not there"]],
  [
    { run_id: null, events: 0, event_run: null },
    ["version 1: its effect is there and the history does not have it"],
  ],
  [{ events: 2 }, ["version 1: 2 events say that it was applied"]],
  [{ event_run: "b" }, ["version 1: its event is another run's"]],
])("sees what is wrong with a version: %j", (change, found) => {
  expect(stateViolations([{ ...good, ...change }])).toEqual(found);
});

const report = (run_id: string | null, status: string, step: string, code: string | null = null) =>
  ({
    run_id,
    status,
    current_version: "1",
    steps: [{ version: "1", status: step, error: code === null ? null : { code } }],
  }) as unknown as ChangeReport;

it.each<[string, ChangeReport, readonly SeenVersion[], readonly string[]]>([
  ["a truth", report("a", "ok", "done"), [good], []],
  ["an unknown commit", report("a", "unknown", "failed", "unknown-commit"), [good], []],
  ["another run's", report("b", "failed", "not_run"), [good], []],
  ["a lost one", report("a", "failed", "done"), [], ["run a calls 1 done, which it has not applied"]],
  ["a done one", report("a", "failed", "failed"), [good], ["run a calls 1 failed, which it has applied"]],
  ["too early", report("b", "ok", "skipped"), [], ["run b is ok, and 0 are applied"]],
])("holds a report against what is there: %s", (_, told, seen, found) => {
  expect(reportViolations(told, seen, 1)).toEqual(found);
});

it("breaks no engine that does not hold the text to break", async () => {
  const patch = { module: "functions/engine/run/steps.ts", from: "no such text", to: "" };
  await expect(buildPatchedRunner([patch])).rejects.toThrow("holds the text to patch 0 times");
});
