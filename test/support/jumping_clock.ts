import type { World } from "#engine/seam.ts";

/** A world whose clock a test puts forward: who sleeps at that moment wakes up. */
export function jumpingClock<Of extends World>(world: Of): { readonly world: Of; jump(ms: number): void } {
  let ahead_ms = 0;
  const sleepers = new Set<() => void>();
  return {
    world: {
      ...world,
      clock: { now: () => world.clock.now(), monotonic_ms: () => world.clock.monotonic_ms() + ahead_ms },
      sleep: async (ms, signal) => {
        let wake = (): void => {};
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        sleepers.add(wake);
        await Promise.race([world.sleep(ms, signal), woken]);
        sleepers.delete(wake);
      },
    },
    jump(ms) {
      ahead_ms += ms;
      for (const wake of sleepers) wake();
    },
  };
}
