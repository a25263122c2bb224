import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fault } from "#engine/errors.ts";
import type { ChangeReport } from "#engine/report.ts";
import { emptyHead } from "#engine/run/report_head.ts";
import { type OutputOptions, openOutput } from "../../cli/output.ts";
import { makeRedactor } from "../../cli/redact.ts";
import { fakeTerminal } from "../support/fake_terminal.ts";
import { SAMPLE_ATTEMPT } from "../support/sample_reports.ts";

const done: ChangeReport = {
  ...emptyHead(new Date(0)),
  ...SAMPLE_ATTEMPT,
  command: "up",
  target: { host: "db", port: 5432, database: "school", server_version: "18.1" },
};
const step = { type: "step-started", label: "001", name: "planted_table", direction: "up" } as const;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "output-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function written(report: ChangeReport, options: Partial<OutputOptions>, env = {}, attended = false) {
  const terminal = fakeTerminal([], { env, attended });
  const redactor = makeRedactor();
  redactor.learn("planted");
  const output = openOutput(terminal, { color: true, ...options }, redactor);
  output.event(step);
  output.note("a note");
  output.say("a part\n");
  await output.result(report);
  return { out: terminal.out(), err: terminal.err(), warnings: output.warnings.map(({ code }) => code) };
}

it("has progress on stderr and the result on stdout, without passwords", async () => {
  const { out, err } = await written(done, {});
  expect(err).toBe("001 ***_table: applying\n");
  expect(out).toMatch(/^a part\n.*school@db:5432/s);
});

it("writes one JSON object and nothing else to stdout with --json", async () => {
  const failed = { ...done, status: "failed", error: fault("sql-error", "no planted thing") } as const;
  const { out } = await written(failed, { json: true, quiet: true });
  expect(JSON.parse(out)).toEqual({ ...failed, error: { ...failed.error, message: "no *** thing" } });
  expect(out).toMatch(/^\{.*\}\n$/);
});

it("--quiet leaves out progress, and a result that went well unless it was asked for", async () => {
  expect(await written(done, { quiet: true })).toMatchObject({ out: "", err: "" });
  expect((await written(done, { quiet: true, answers: true })).out).toContain("school@db");
  const failed = { ...done, status: "busy", error: fault("other-run", "another run") } as const;
  expect((await written(failed, { quiet: true })).out).toContain("another run");
});

it("has no lines of progress before an answer that was asked for", async () => {
  expect((await written(done, { answers: true })).err).toBe("");
});

it("says on stderr why nothing began", async () => {
  const early: ChangeReport = {
    ...done,
    target: null,
    status: "bad_input",
    error: fault("bad-argument", "no such thing"),
  };
  const { out, err } = await written(early, {});
  expect(out).toBe("a part\n");
  expect(err).toContain("no such thing");
});

it("notes only with --verbose", async () => {
  expect((await written(done, {})).err).not.toContain("a note");
  expect((await written(done, { verbose: true })).err).toContain("a note\n");
});

it("has colours on a terminal only, and not against anyone's wish", async () => {
  const failed = { ...done, status: "failed", error: fault("sql-error", "no") } as const;
  const colour = "\u001b[";
  const terminal = { TERM: "xterm" };
  expect((await written(failed, {}, terminal, true)).out).toContain(colour);
  expect((await written(failed, {}, terminal, false)).out).not.toContain(colour);
  expect((await written(failed, { color: false }, terminal, true)).out).not.toContain(colour);
  expect((await written(failed, {}, { ...terminal, NO_COLOR: "1" }, true)).out).not.toContain(colour);
  expect((await written(failed, {}, { TERM: "dumb" }, true)).out).not.toContain(colour);
});

it("adds progress and result to the log, each line with its time", async () => {
  const log = join(folder, "log");
  await written(done, { log });
  await written(done, { quiet: true }, { MIGRATION_LOG: log });
  const lines = readFileSync(log, "utf8").split("\n");
  expect(lines.filter((line) => line.includes("001 ***_table: applying"))).toHaveLength(2);
  expect(lines.filter((line) => line.includes("school@db"))).toHaveLength(2);
  for (const line of lines.slice(0, -1)) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z/);
});

it("warns of a log that cannot be written, and goes on", async () => {
  const { out, warnings } = await written(done, { log: join(folder, "none", "log") });
  expect(warnings).toEqual(["log-unwritable"]);
  expect(out).toContain("school@db");
});
