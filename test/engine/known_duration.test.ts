import { describe, expect, it } from "vitest";
import { knownDuration, parseEstimate } from "#engine/known_duration.ts";
import { bundleOf } from "../support/engine.ts";

describe("an estimate of a header", () => {
  it.each([
    ["5 minutes", 300_000],
    ["30s", 30_000],
    ["1-2 minutes", 120_000],
    ["< 1 minute", 60_000],
    ["~10 seconds", 10_000],
    ["1.5 hours", 5_400_000],
    ["2 min", 120_000],
    ["not long", null],
    ["5", null],
    ["5 bananas", null],
    ["", null],
  ])("%j", (text, ms) => expect(parseEstimate(text)).toBe(ms));
});

describe("what is known of a step is the longer of what is declared and what was recorded", () => {
  const of = (estimated_duration: string | null) => {
    const [migration] = bundleOf({ "1_one.sql": "SELECT 1;" }).migrations;
    if (migration === undefined) throw new Error("no migration");
    return { header: { ...migration.header, estimated_duration } };
  };
  const declared = of("2 minutes");
  it("declared", () => {
    expect(knownDuration(declared, "up", null)).toEqual({ ms: 120_000, from: "declared" });
    expect(knownDuration(declared, "repeat", null)).toEqual({ ms: 120_000, from: "declared" });
    expect(knownDuration(declared, "up", 5)).toEqual({ ms: 120_000, from: "declared" });
  });
  it("recorded", () => {
    expect(knownDuration(declared, "up", 200_000)).toEqual({ ms: 200_000, from: "recorded" });
    expect(knownDuration(of(null), "down", 7)).toEqual({ ms: 7, from: "recorded" });
  });
  it("nothing", () => {
    expect(knownDuration(of("soon"), "up", null)).toBeNull();
    expect(knownDuration(declared, "down", null)).toBeNull();
  });
});
