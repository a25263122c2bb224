/** Calls back again and again; the returned function ends it. */
export type Repeat = (call: () => void, every_ms: number) => () => void;

/** The machine's own; it keeps no process alive. */
export const repeat: Repeat = (call, every_ms) => {
  const timer = setInterval(call, every_ms).unref();
  return () => clearInterval(timer);
};

const EVERY_MS = 60_000;

/** Beats once a minute until the returned function is called: a run that is silent otherwise is seen to go on. */
export const startHeartbeat = (beat: () => void, every: Repeat = repeat): (() => void) =>
  every(beat, EVERY_MS);
