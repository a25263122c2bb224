import { describe, expect, it } from "vitest";
import { readBundle } from "#engine/bundle/bundle.ts";
import { MigrationFault } from "#engine/errors.ts";
import { parseArguments } from "../../cli/arguments.ts";
import { downRequest, rollbackRequest, upRequest, versionOf } from "../../cli/requests.ts";

const bytes = new TextEncoder().encode("SELECT 1;\n");
const files = ["005_a.sql", "20250102_120000_b.sql"].map((path) => ({ path, bytes }));
const bundle = readBundle(files, { name: "b", path: "/b" });

function args(line: string) {
  const parsed = parseArguments(line.split(" "), 80);
  if (parsed.kind !== "call") throw new Error(line);
  return parsed.call;
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof MigrationFault) return `${error.faults[0].code}: ${error.faults[0].message}`;
  }
  return "";
}

describe("up", () => {
  it.each([
    ["up", { to: "latest" }],
    ["up --to 005", { to: "version", version: 5n }],
    ["up --to 20250102_120000", { to: "version", version: 20250102120000n }],
    ["up --steps 2", { to: "steps", steps: 2 }],
  ])("%s", (line, target) => {
    expect(upRequest(args(line), bundle)).toEqual({ command: "up", target, allow_out_of_order: false });
  });

  it("allows what is out of order when asked to", () => {
    expect(upRequest(args("up --allow-out-of-order"), bundle).allow_out_of_order).toBe(true);
  });
});

describe("rollback", () => {
  it.each([
    ["rollback", { remove: "steps", steps: 1 }, "last"],
    ["rollback --steps 3 --verify all", { remove: "steps", steps: 3 }, "all"],
    ["rollback --to 0 --verify none", { remove: "above", version: 0n }, "none"],
    ["rollback --to 5", { remove: "above", version: 5n }, "last"],
  ])("%s", (line, target, verify) => {
    expect(rollbackRequest(args(line), bundle)).toEqual({ command: "rollback", target, verify });
  });

  it("down removes the version and all above it", () => {
    expect(downRequest(args("down 005"), "005", bundle)).toEqual({
      command: "rollback",
      target: { remove: "from", version: 5n },
      verify: "last",
    });
  });
});

it("leaves a version that only the history may know to the engine, and refuses what is none", () => {
  expect(versionOf("17", bundle)).toBe(17n);
  expect(versionOf("20240101_000000", bundle)).toBe(20240101000000n);
  for (const text of ["five", "-1", "", "5.0", "0x5"]) {
    expect(messageOf(() => versionOf(text, bundle))).toContain("unknown-version");
  }
});

it.each(["0", "-1", "1.5", "x", "1e3", ""])("refuses %j steps", (text) => {
  const call = { ...args("up"), options: { ...args("up").options, steps: text } };
  expect(messageOf(() => upRequest(call, bundle))).toBe(
    `bad-argument: --steps is ${JSON.stringify(text)}; wanted a number from 1.`,
  );
});
