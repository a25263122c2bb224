import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { summaryOf } from "#engine/run_summary.ts";
import { METRIC_NAMESPACE, RUN_EVENT } from "#io/contract.ts";
import { FUNCTIONS_PAGE, generatedFunctionsPage } from "./support/docs_functions.ts";
import { SAMPLE_ATTEMPT, sampleHead } from "./support/sample_reports.ts";

const page = readFileSync(FUNCTIONS_PAGE, "utf8");

it("its tables are the code's (UPDATE_DOCS=1 writes them anew), and each row is explained", () => {
  const { found, wanted, bare } = generatedFunctionsPage();
  expect(found).toBe(wanted);
  expect(bare).toEqual([]);
});

describe("names that others listen for", () => {
  it.each([METRIC_NAMESPACE, RUN_EVENT.source, RUN_EVENT.detail_type])("%s is told", (name) => {
    expect(page).toContain(`\`${name}\``);
  });
});

it("it names every field of a run event", () => {
  const section = page.split(/^## /m).find((text) => text.startsWith("Run events")) ?? "";
  const named = new Set([...section.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name));
  const report = { command: "up" as const, ...sampleHead(), ...SAMPLE_ATTEMPT };
  const missing = Object.keys(summaryOf(report, "r")).filter((field) => !named.has(field));
  expect(missing).toEqual([]);
});

it("every line of the log that the code writes is told", () => {
  const source = new URL("../functions/io/telemetry/", import.meta.url);
  const code = ["run_log.ts", "telemetry.ts"]
    .map((file) => readFileSync(new URL(file, source), "utf8"))
    .join("");
  const written = [
    ...code.matchAll(/message: "([a-z ]+)"|(?:info|trouble)\((?:"\w+", )?"([a-z ]+)"|\]\("([a-z ]+)"/g),
  ];
  const messages = written.map(([, one, two, three]) => one ?? two ?? three);
  expect(messages.length).toBeGreaterThan(10);
  for (const message of messages) expect(page).toContain(`| \`${message}\` |`);
});
