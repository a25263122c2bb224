import { randomBytes } from "node:crypto";
import type { Clock, World } from "#engine/seam.ts";

/** The machine's own clock: monotonic for durations, wall-clock for records. */
export const systemClock: Clock = {
  monotonic_ms: () => performance.now(),
  now: () => new Date(),
};

/** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

/**
 * Aborts after `ms`, or with `interrupt`. Not AbortSignal.timeout: of one that only AbortSignal.any knows, Node 20 loses
 * hold, and once it is collected nothing ends in time.
 */
export function withTimeout(ms: number, interrupt?: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const late = (): void => controller.abort(new DOMException(`${ms} ms are over`, "TimeoutError"));
  setTimeout(late, ms).unref();
  return interrupt === undefined ? controller.signal : AbortSignal.any([interrupt, controller.signal]);
}

/** A UUID of version 7 (RFC 9562): ordered by time, so that runs sort by their ids. */
export function newRunId(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The parts of a World that are the same for every run on this machine. */
export const systemWorld: Pick<World, "clock" | "sleep" | "random" | "new_run_id" | "nonce"> = {
  clock: systemClock,
  sleep,
  random: Math.random,
  new_run_id: newRunId,
  nonce: () => randomBytes(8).toString("hex"),
};
