import type { Control } from "./control.ts";
import type { Member } from "./crew.ts";

export const FAULTS = [
  "kill",
  "stop-continue",
  "reset",
  "half-close",
  "terminate",
  "restart-fast",
  "restart-immediate",
] as const;
export type FaultKind = (typeof FAULTS)[number];

/** How often each comes, as shares; 0 for never. */
export type Climate = Readonly<Record<FaultKind, number>>;

/** What the faults are done to. */
export interface Exposed {
  members(): readonly Member[];
  readonly control: Control;
  /** Cuts a connection at one of the next messages, and tells so. */
  cutNext(kind: "reset" | "half-close", done: () => void): void;
  /** Whose sessions are ended. */
  readonly database: string;
  restart(mode: "fast" | "immediate"): Promise<void>;
}

export interface Weather {
  /** One more fault, where there is something to be hit. */
  strike(exposed: Exposed): Promise<void>;
  /** Waits until nobody is stopped and the server is back. */
  calm(): Promise<void>;
  /** The faults that hit. */
  counts(): Readonly<Record<FaultKind, number>>;
}

const STOPPED_MS = 150;

export function weather(climate: Climate, random: () => number): Weather {
  const counts = Object.fromEntries(FAULTS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const after = new Set<Promise<void>>();
  let restarting = false;
  const later = (work: Promise<void>): void => {
    const done = work.finally(() => after.delete(done));
    after.add(done);
  };
  return {
    counts: () => counts,
    calm: async () => {
      while (after.size > 0) await Promise.all(after);
    },
    async strike(exposed) {
      const kind = choose(climate, random);
      const hit = (): void => {
        counts[kind] += 1;
      };
      if (kind === "reset" || kind === "half-close") exposed.cutNext(kind, hit);
      else if (await strikeOne(kind, exposed)) hit();
    },
  };

  /** True when it hit. */
  async function strikeOne(
    kind: Exclude<FaultKind, "reset" | "half-close">,
    exposed: Exposed,
  ): Promise<boolean> {
    switch (kind) {
      case "kill":
        return chooseMember(exposed.members(), random)?.runner.process.kill("SIGKILL") ?? false;
      case "stop-continue": {
        const process = chooseMember(exposed.members(), random)?.runner.process;
        if (process === undefined || !process.kill("SIGSTOP")) return false;
        later(pause(random() * STOPPED_MS).then(() => void process.kill("SIGCONT")));
        return true;
      }
      case "terminate": {
        const ended = await exposed.control.query(TERMINATE, [exposed.database, random()]);
        return ended !== null && ended.length > 0;
      }
      case "restart-fast":
      case "restart-immediate": {
        if (restarting) return false;
        restarting = true;
        const back = exposed.restart(kind === "restart-fast" ? "fast" : "immediate");
        later(
          back.finally(() => {
            restarting = false;
          }),
        );
        return true;
      }
    }
  }
}

/** Ends one session of a runner; every other time the one that has the run lock. */
const TERMINATE = `SELECT pg_terminate_backend(pid) FROM (
    SELECT a.pid, row_number() OVER (ORDER BY EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid
      AND l.locktype = 'advisory' AND l.granted) DESC, a.backend_start) - 1 AS place, count(*) OVER () AS n
    FROM pg_stat_activity a WHERE a.datname = $1 AND a.application_name LIKE 'paws-migrate/%') s
  WHERE place = greatest(0, floor((2 * $2::float8 - 1) * n))`;

function choose(climate: Climate, random: () => number): FaultKind {
  const sum = FAULTS.reduce((all, kind) => all + climate[kind], 0);
  let left = random() * sum;
  for (const kind of FAULTS) {
    left -= climate[kind];
    if (left < 0) return kind;
  }
  return "kill";
}

/** Every other time the one at work, for the others only wait; none that only begins. */
function chooseMember(members: readonly Member[], random: () => number): Member | undefined {
  const working = members.filter(({ state }) => state === "working");
  const begun = members.filter(({ state }) => state !== "new");
  const among = random() < 0.5 && working.length > 0 ? working : begun;
  return among[Math.floor(random() * among.length)];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
