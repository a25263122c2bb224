/** What a tick counts at most: a pause of the machine, or another's turn on it, is no time of ours. */
const TICK_MS = 20;

/** Measures what was waited for: the time in which this process ran, counted in ticks of its event loop. */
export function startLoopTime(): { passed_ms(): number; stop(): void } {
  let passed = 0;
  let last = performance.now();
  const tick = (): void => {
    const now = performance.now();
    passed += Math.min(now - last, TICK_MS * 2);
    last = now;
  };
  const timer = setInterval(tick, TICK_MS);
  return {
    passed_ms: () => {
      tick();
      return passed;
    },
    stop: () => clearInterval(timer),
  };
}
