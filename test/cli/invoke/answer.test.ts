import { describe, expect, it } from "vitest";
import { EXIT_STATUS, errorName, type Status } from "#engine/status.ts";
import { type Answer, readAnswer } from "../../../cli/invoke/answer.ts";
import {
  SAMPLE_ATTEMPT,
  sampleFault,
  sampleHead,
  sampleRun,
  sampleStep,
} from "../../support/sample_reports.ts";

const answered = (payload: unknown, function_error: string | null = null, commands = ["up"]): Answer => {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return readAnswer({ kind: "answered", function_error, payload: text }, commands);
};
const report = { command: "up", ...SAMPLE_ATTEMPT, ...sampleHead({ steps: [sampleStep("001", "a")] }) };
const statuses = Object.keys(EXIT_STATUS).filter((status) => status !== "ok") as Exclude<Status, "ok">[];

describe("a function that threw", () => {
  it.each(statuses)("%s is told by the error's name, whatever the message says", (status) => {
    for (const errorMessage of ["run r: no-such-code: words", "anything", ""]) {
      const found = answered({ errorType: errorName(status), errorMessage, trace: [] }, "Unhandled");
      expect(found).toMatchObject({ kind: "failed", status });
    }
  });

  it("its code and words are the message's", () => {
    const thrown = { errorType: "MigrationFailed", errorMessage: "run r-1: check-failed: 003_x.sql:4: see." };
    expect(answered(thrown, "Unhandled")).toMatchObject({
      fault: { code: "check-failed", message: "003_x.sql:4: see.", remedy: expect.stringContaining("check") },
    });
  });

  it("a code that leads to another status here is not taken over", () => {
    const thrown = { errorType: "MigrationRefused", errorMessage: "run r: check-failed: x" };
    expect(answered(thrown, "Unhandled")).toMatchObject({
      status: "refused",
      fault: { code: "function-failed", message: "check-failed: x" },
    });
  });

  it.each([
    [
      {
        errorType: "Sandbox.Timedout",
        errorMessage: "RequestId: x Error: Task timed out after 900.00 seconds",
      },
    ],
    [
      {
        errorType: "Runtime.ExitError",
        errorMessage: "RequestId: x Error: Runtime exited with signal: killed",
      },
    ],
    [{ errorType: "Runtime.ImportModuleError", errorMessage: "Error: Cannot find module" }],
    [{ errorType: "TypeError", errorMessage: "x is not a function" }],
    [{ errorType: "MigrationOk", errorMessage: "" }],
    [{ errorType: "Migration", errorMessage: "" }],
    [{ errorMessage: "2026-11-25T00:00:00Z x Task timed out after 3.00 seconds" }],
    ["null"],
    [""],
    ["<html>"],
    // Marked as failed, it is no success, whatever it holds.
    [report],
  ])("what is not ours leaves the outcome open: %j", (payload) => {
    expect(answered(payload, "Unhandled")).toMatchObject({ kind: "died", fault: { code: "function-died" } });
  });

  it("is seen without Lambda's mark too", () => {
    expect(answered({ errorType: "MigrationBusy", errorMessage: "" })).toMatchObject({ status: "busy" });
    expect(answered({ errorType: "Error", errorMessage: "x" })).toMatchObject({ kind: "died" });
  });
});

describe("a function that returned", () => {
  it("a report", () => {
    expect(answered(report)).toEqual({ kind: "report", report });
    const incomplete = { ...report, status: "incomplete", error: sampleFault("deadline", "over") };
    expect(answered(incomplete)).toEqual({ kind: "report", report: incomplete });
  });

  const { status: _, ...without } = report;
  it.each([
    ["nothing", ""],
    ["null", "null"],
    ["half a report", JSON.stringify(report).slice(0, 200)],
    ["text", '"ok"'],
    ["a web page", "<html>200 OK</html>"],
    ["what Lambda proxies answer", { statusCode: 200, body: "{}" }],
    ["a status that is none", { ...report, status: "OK" }],
    ["no status", without],
    ["steps that are none", { ...report, steps: [null] }],
    ["no list of steps", { ...report, steps: {} }],
    ["another verb's report", { ...report, command: "rollback" }],
    ["a command that is no text", { ...report, command: ["up"] }],
    ["a text of Lambda's emulator", "Task timed out after 3.00 seconds"],
  ])("%s is no success", (_what, payload) => {
    expect(answered(payload)).toMatchObject({ kind: "died", fault: { code: "answer-unreadable" } });
  });

  it("runs that cannot be shown are none", () => {
    const runs = { command: "runs", ...sampleHead(), runs: [sampleRun()] };
    expect(answered(runs, null, ["runs"])).toMatchObject({ kind: "report" });
    for (const broken of [[null], [{}], [{ ...sampleRun(), events: "x" }]]) {
      expect(answered({ ...runs, runs: broken }, null, ["runs"])).toMatchObject({ kind: "died" });
    }
  });

  it("a code of another release is said in words", () => {
    const strange = { ...sampleFault("sql-error", "what it was"), code: "from-tomorrow" };
    const steps = [sampleStep("001", "a", { status: "failed", error: strange as never })];
    const found = answered({ ...report, status: "failed", steps, error: strange, warnings: ["odd"] });
    expect(found).toMatchObject({
      report: {
        error: { code: "function-failed", message: "from-tomorrow: what it was" },
        steps: [{ error: { code: "function-failed" } }],
        warnings: [{ code: "function-failed", message: expect.stringContaining("odd") }],
      },
    });
  });
});
