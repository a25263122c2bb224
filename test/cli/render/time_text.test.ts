import { expect, test } from "vitest";
import { counted, durationText, timeText, totalText } from "../../../cli/render/time_text.ts";

test.each([
  [0, "<1 ms"],
  [0.9, "<1 ms"],
  [1.4, "1 ms"],
  [41.3, "41 ms"],
  [999.4, "999 ms"],
  [999.5, "1.0 s"],
  [3_210, "3.2 s"],
  [59_940, "59.9 s"],
  [59_960, "1 min"],
  [125_400, "2 min 5 s"],
  [3_599_400, "59 min 59 s"],
  [3_599_600, "1 h"],
  [3_780_000, "1 h 3 min"],
])("%f ms is %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test.each([
  [0.2, "0.00 s"],
  [210.4, "0.21 s"],
  [994, "0.99 s"],
  [999, "1.00 s"],
  [1_000, "1.0 s"],
  [125_400, "2 min 5 s"],
])("a run of %f ms took %s", (ms, text) => {
  expect(totalText(ms)).toBe(text);
});

test("a time of a report, and what is none", () => {
  expect(timeText("2025-07-13T12:34:56.789Z")).toBe("2025-07-13 12:34:56 UTC");
  expect(timeText("infinity\u001b")).toBe("infinity\\x1b");
});

test("one is one", () => {
  expect([counted(0, "step"), counted(1, "step"), counted(2, "try", "tries")]).toEqual([
    "0 steps",
    "1 step",
    "2 tries",
  ]);
});
