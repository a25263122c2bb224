import { performance } from "node:perf_hooks";

/** Hands on in the same order what it is given, each piece after the same time. */
export interface DelayLine {
  push(deliver: () => void): void;
}

/** A timer comes up to a millisecond late: the last of the time is waited for by looking at the clock. */
const TIMER_ERROR_MS = 2;

/** `ms` may be a fraction; 0 delivers at once. */
export function delayLine(ms: number): DelayLine {
  if (ms <= 0) return { push: (deliver) => deliver() };
  const queue: { readonly due: number; readonly deliver: () => void }[] = [];
  const work = (): void => {
    for (;;) {
      const next = queue[0];
      if (next === undefined) return;
      const left = next.due - performance.now();
      if (left > TIMER_ERROR_MS) return void setTimeout(work, left - TIMER_ERROR_MS);
      if (left > 0) return void setImmediate(work);
      queue.shift();
      next.deliver();
    }
  };
  return {
    push: (deliver) => {
      queue.push({ due: performance.now() + ms, deliver });
      if (queue.length === 1) work();
    },
  };
}
