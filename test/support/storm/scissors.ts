import { type Break, type ClientMessage, type Cut, type FaultProxy, startProxy } from "../proxy.ts";
import { STEP_SQL } from "./bundle.ts";

/** One cut that waits for its message. */
type Armed = (
  | { readonly when: "before"; readonly cut: Cut }
  | { readonly when: "after"; readonly cut: Break }
) & {
  /** Only a connection at its steps: those of runs that begin, wait or end say much, too. */
  readonly working: boolean;
  readonly done: () => void;
};

/** A proxy that cuts one of the next messages, whosesoever it is. */
export interface Scissors {
  readonly proxy: FaultProxy;
  /** Tells `done` when the connection was cut. False where a cut waits already. */
  cutNext(kind: "reset" | "half-close", done: () => void): boolean;
  /** No cut waits any more. */
  sheathe(): void;
}

/** So many messages may pass first: a step has some ten, and the cut is to come at each of them. */
const MOST_PASSED = 15;

const WAYS = {
  reset: [
    { when: "before", cut: "reset" },
    { when: "before", cut: "drop-reply" },
    { when: "after", cut: "reset" },
  ],
  "half-close": [
    { when: "before", cut: "half-close" },
    { when: "before", cut: "half-close-client" },
    { when: "after", cut: "half-close" },
    { when: "after", cut: "half-close-client" },
  ],
} as const;

export async function scissors(
  target: { readonly host: string; readonly port: number },
  random: () => number,
): Promise<Scissors> {
  let armed: Armed | null = null;
  let passing = 0;
  const working = new Set<number>();
  const isMeant = ({ connection }: ClientMessage): boolean =>
    armed !== null && (!armed.working || working.has(connection));
  const take = <Kind>(cut: Kind): Kind => {
    armed?.done();
    armed = null;
    return cut;
  };
  const proxy = await startProxy(target, {
    from_start: true,
    cut(message) {
      if (message.sql?.includes(STEP_SQL) === true) working.add(message.connection);
      if (!isMeant(message)) return undefined;
      passing -= 1;
      return passing <= 0 && armed?.when === "before" ? take(armed.cut) : undefined;
    },
    cut_after: (message) =>
      isMeant(message) && passing <= 0 && armed?.when === "after" ? take(armed.cut) : undefined,
  });
  return {
    proxy,
    cutNext(kind, done) {
      if (armed !== null) {
        // Nobody was at that: it is for the first that says something.
        armed = { ...armed, working: false };
        return false;
      }
      const ways = WAYS[kind];
      const way = ways[Math.floor(random() * ways.length)] ?? ways[0];
      passing = 1 + Math.floor(random() * MOST_PASSED);
      armed = { ...way, working: random() < 0.5, done };
      return true;
    },
    sheathe: () => {
      armed = null;
    },
  };
}
