import { expect, it } from "vitest";
import { runTime, waitTime } from "#io/lambda/invocation_context.ts";

const with_left = (left_ms: number) => ({ awsRequestId: "r", getRemainingTimeInMillis: () => left_ms });

it.each([
  [900_000, 885_000, 898_500],
  [30_000, 15_000, 28_500],
  [8_000, 4_000, 6_500],
  [2_000, 1_000, 1_000],
  [1, 1, 1],
  [0, 1, 1],
  [-5, 1, 1],
  [Number.NaN, 1, 1],
  [Number.POSITIVE_INFINITY, 885_000, 898_500],
])("of %d ms that are left the run has %d, and %d may be waited for others", (left, run, wait) => {
  expect([runTime(with_left(left)), waitTime(with_left(left))]).toEqual([run, wait]);
});
