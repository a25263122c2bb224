import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Repeat, repeat, startHeartbeat } from "#io/telemetry/heartbeat.ts";

it("beats once a minute by the clock that it is handed, until it is ended", () => {
  const beats: number[] = [];
  let minute = 0;
  const beating: (() => void)[] = [];
  const every: Repeat = (call, every_ms) => {
    expect(every_ms).toBe(60_000);
    beating.push(call);
    return () => void beating.pop();
  };
  const stop = startHeartbeat(() => beats.push(minute), every);
  for (minute = 1; minute <= 3; minute += 1) beating[0]?.();
  stop();
  expect(beats).toEqual([1, 2, 3]);
  expect(beating).toEqual([]);
});

describe("the machine's clock", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("nothing at once, then again and again, and nothing after the end", () => {
    let beats = 0;
    const stop = repeat(() => {
      beats += 1;
    }, 60_000);
    vi.advanceTimersByTime(59_999);
    expect(beats).toBe(0);
    vi.advanceTimersByTime(120_001);
    expect(beats).toBe(3);
    stop();
    vi.advanceTimersByTime(600_000);
    expect(beats).toBe(3);
  });
});

it("keeps no process alive", () => {
  const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const stop = repeat(() => {}, 60_000);
  // A timer that is unref'd is not listed.
  expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBe(before);
  stop();
});
