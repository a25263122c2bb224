import type { Fault } from "../errors.ts";
import { type Reopening, reopen } from "./reopen.ts";
import type { Target } from "./target.ts";

/** The target at the end of a run: opened again where its connection is lost, for what must still be said. */
export interface Line {
  /**
   * Does `work`, which must be fit to be done twice, and again on a new session while it is answered by
   * `connection-lost`; `gone` where no session is to be had any more.
   */
  persist(work: (target: Target) => Promise<Fault | null>): Promise<Fault | null | "gone">;
  /** How often the connection was lost. */
  times_lost(): number;
  /** Closes the session that was opened last. */
  close(): Promise<void>;
}

/** A connection that breaks whenever this is said will break again. */
const MOST_TIMES = 5;

/** `target` null: it is gone already. `lost`: how often it was lost before. */
export function makeLine(first: Target | null, lost: number, how: Reopening): Line {
  let target = first;
  let times = lost;
  return {
    async persist(work) {
      while (target !== null) {
        const found = await work(target);
        if (found?.code !== "connection-lost") return found;
        times += 1;
        if (times > MOST_TIMES) break;
        const reopened = await reopen(target, how);
        target = reopened.kind === "open" ? reopened.target : null;
      }
      return "gone";
    },
    times_lost: () => times,
    close: async () => target?.session.close(),
  };
}
