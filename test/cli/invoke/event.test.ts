import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MigrationFault } from "#engine/errors.ts";
import { parseArguments } from "../../../cli/arguments.ts";
import { eventOf } from "../../../cli/invoke/event.ts";
import type { FunctionVerb } from "../../../cli/invoke/function_name.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "paws-event-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, value: unknown): string => {
  writeFileSync(join(folder, name), typeof value === "string" ? value : JSON.stringify(value));
  return name;
};

/** The event of a command line, without who asked. */
function event(line: string): unknown {
  const parsed = parseArguments(`invoke ${line} --function f`.split(" "), 100);
  if (parsed.kind !== "call") throw new Error(JSON.stringify(parsed));
  const [verb, ...words] = parsed.call.words;
  const { requested_by, ...rest } = eventOf(verb as FunctionVerb, words, parsed.call.options, folder);
  if (!line.includes("--event")) expect(requested_by).toMatch(/.@./);
  return rest;
}

function faults(line: string): readonly string[] {
  try {
    event(line);
  } catch (error) {
    if (error instanceof MigrationFault)
      return error.faults.map(({ code, message }) => `${code}: ${message}`);
    throw error;
  }
  return [];
}

const DIGEST = "d".repeat(64);
const PUBLISHED = {
  bucket: "b",
  name: "paws360",
  version: "1.0.0",
  key: "bundles/paws360/1.0.0.zip",
  version_id: "v1",
  archive_sha256: "a".repeat(64),
  digest: DIGEST,
};

describe("the event", () => {
  it("holds what the command line says, and nothing else", () => {
    expect(event("apply")).toEqual({});
    expect(event("apply --record-consolidated")).toEqual({ record_consolidated: true });
    expect(event("apply --to 005 --allow-out-of-order --lock-wait 1m --retry-for 30s --reason why")).toEqual({
      to: "005",
      allow_out_of_order: true,
      lock_wait: "1m",
      retry_for: "30s",
      reason: "why",
    });
    expect(event("apply --steps 2 --dry-run --run-id release-42 --strict --target prod")).toEqual({
      steps: 2,
      dry_run: true,
      run_id: "release-42",
      strict: true,
      target: "prod",
    });
    expect(event("rollback --from 6 --verify all --max-lock-hold 2s")).toEqual({
      from: "6",
      verify: "all",
      max_lock_hold: "2s",
    });
    expect(event("verify 001 2")).toEqual({ versions: ["001", "2"] });
    expect(event("verify --integrity")).toEqual({ integrity: true });
    expect(event("status --run-id x")).toEqual({ run_id: "x" });
  });

  it("names a bundle", () => {
    expect(event(`apply --bundle-name n --bundle-version 1.2.0 --digest ${DIGEST}`)).toEqual({
      bundle: { name: "n", version: "1.2.0", digest: DIGEST },
    });
    expect(event("apply --key bundles/n/1.zip --version-id v --archive-sha256 0a")).toEqual({
      bundle: { key: "bundles/n/1.zip", version_id: "v", archive_sha256: "0a" },
    });
  });

  it("pins what was published, by its key", () => {
    const pinned = {
      key: PUBLISHED.key,
      version_id: "v1",
      archive_sha256: PUBLISHED.archive_sha256,
      digest: DIGEST,
    };
    expect(event(`apply --published ${file("flat.json", PUBLISHED)}`)).toEqual({ bundle: pinned });
    const report = { command: "publish", status: "ok", published: PUBLISHED };
    expect(event(`apply --published ${file("report.json", report)}`)).toEqual({ bundle: pinned });
    expect(event("apply --published flat.json --version-id v2")).toEqual({
      bundle: { ...pinned, version_id: "v2" },
    });
  });

  it("is a file's as it is", () => {
    const whole = { run_id: "r", steps: 1, unheard: { of: [] } };
    expect(event(`rollback --event ${file("whole.json", whole)}`)).toEqual(whole);
    expect(event("rollback --event whole.json --run-id r")).toEqual(whole);
    file("without.json", { steps: 1 });
    expect(event("rollback --event without.json --run-id r")).toEqual({ steps: 1, run_id: "r" });
  });
});

describe("is refused", () => {
  it.each([
    ["apply --integrity", "bad-argument: invoke apply has no --integrity."],
    ["verify --to 5", "bad-argument: invoke verify has no --to."],
    ["status --dry-run", "bad-argument: invoke status has no --dry-run."],
    ["rollback --allow-out-of-order", "bad-argument: invoke rollback has no --allow-out-of-order."],
    ["apply --from 3", "bad-argument: invoke apply has no --from."],
    ["apply --verify all", "bad-argument: invoke apply has no --verify."],
    ["apply 5", "bad-argument: invoke apply takes no versions: 5."],
    ["apply --to 5 --steps 2", "bad-argument: --to and --steps exclude each other."],
    [
      "apply --record-consolidated --dry-run",
      "bad-argument: --record-consolidated and --dry-run exclude each other.",
    ],
    ["apply --steps none", 'bad-argument: --steps is "none"; wanted a number from 1.'],
    [
      "apply --lock-wait soon",
      'bad-argument: --lock-wait is "soon"; wanted a time such as 200ms, 30s, 5m or 1h.',
    ],
    [
      "apply --run-id a/b",
      'bad-argument: --run-id is "a/b"; wanted 1 to 64 letters, digits, `.`, `_`, `:` or `-`.',
    ],
    ["apply --host h", "bad-argument: --host is not for invoke: the function has it by its configuration."],
    [
      "apply --history-schema h",
      "bad-argument: --history-schema is not for invoke: the function has it by its configuration.",
    ],
    ["apply --event absent.json", "unreadable-file: absent.json is not there."],
  ])("%s", (line, message) => {
    expect(faults(line)).toEqual([message]);
  });

  it("every fault at once", () => {
    expect(faults("status --host h --dir d --to 5")).toHaveLength(3);
  });

  it("an event's file that is none, too large, or not alone", () => {
    file("list.json", []);
    file("text.json", "{nothing");
    file("large.json", { reason: "x".repeat(70_000) });
    file("whole.json", { run_id: "r" });
    expect(faults("apply --event list.json")[0]).toContain("holds no JSON object");
    expect(faults("apply --event text.json")[0]).toContain("is not JSON");
    expect(faults("apply --event /dev/null")[0]).toContain("is a device, and no file");
    expect(faults("apply --event large.json")[0]).toMatch(/^payload-too-large: large.json is \d+ bytes/);
    expect(faults("apply --event whole.json --to 5 --version-id v")).toEqual([
      "bad-argument: --event holds the whole request; beside it there is --to, --version-id.",
    ]);
    expect(faults("apply --event whole.json --run-id other")[0]).toContain('says "r"');
  });

  it("an event of which the plan would hide what is wrong, as a build's number for a run id", () => {
    file("odd.json", { run_id: 4711, dry_run: "true", expected_plan: "abc", steps: "1" });
    expect(faults("apply --event odd.json")).toEqual([
      "bad-argument: run_id is 4711; wanted text.",
      'bad-argument: dry_run is "true"; wanted true or false.',
      'bad-argument: expected_plan is "abc"; wanted the `plan_digest` of a plan.',
    ]);
    file("odd.json", { run_id: null });
    expect(faults("verify --event odd.json")).toEqual(["bad-argument: run_id is null; wanted text."]);
    file("good.json", { run_id: "4711", dry_run: false, expected_plan: "Ab".repeat(32) });
    expect(event("apply --event good.json")).toMatchObject({ run_id: "4711" });
  });

  it("what no publish printed", () => {
    file("report.json", { command: "publish", status: "failed", error: {} });
    expect(faults("apply --published report.json")[0]).toContain("it holds no key");
  });
});
