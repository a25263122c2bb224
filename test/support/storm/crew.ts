import type { ChangeReport } from "#engine/report.ts";
import type { Runner, RunnerProgram } from "../runner.ts";
import type { RunnerJob } from "../runner_program.ts";

/** A runner at work in one of the places of a crew. */
export interface Member {
  readonly runner: Runner;
  /** `working`: it is at its steps, and the others wait for it. `new`: it has not connected. */
  readonly state: "new" | "connected" | "working";
}

/** Runner processes that run one job again and again, all at once; a dead one is replaced. */
export interface Crew {
  members(): readonly Member[];
  /** Lets each run end, and takes the places' runners back for the next crew. */
  rest(): Promise<void>;
}

/** Processes whose modules are loaded: starting one takes longer than a fault is away. */
export interface Barracks {
  take(): Runner;
  giveBack(runner: Runner): void;
  started(): number;
  close(): Promise<void>;
}

export function barracks(program: RunnerProgram, spare: number): Barracks {
  let started = 0;
  const start = (): Runner => {
    started += 1;
    return program.start();
  };
  const ready: Runner[] = Array.from({ length: spare }, start);
  return {
    take() {
      while (ready.length < spare + 1) ready.push(start());
      return ready.shift() ?? start();
    },
    giveBack: (runner) => void ready.unshift(runner),
    started: () => started,
    async close() {
      for (const runner of ready) runner.process.kill("SIGKILL");
      await Promise.all(ready.map(({ ended }) => ended));
    },
  };
}

export interface Duty {
  readonly job: RunnerJob;
  readonly places: number;
  /** Told of every report. */
  report(report: ChangeReport): void;
  /** Told of a runner that ended without a report, and was not killed. */
  fell(how: string): void;
}

export function startCrew(store: Barracks, duty: Duty): Crew {
  let resting = false;
  const places: (Member | null)[] = Array.from({ length: duty.places }, () => null);
  const fill = async (place: number): Promise<void> => {
    while (!resting) {
      const runner = store.take();
      if (await serve(runner, place)) store.giveBack(runner);
      places[place] = null;
    }
  };
  /** True when it lives still. */
  const serve = async (runner: Runner, place: number): Promise<boolean> => {
    while (!resting) {
      places[place] = { runner, state: "new" };
      const report = await runner.run(duty.job, (word) => {
        if (word === "connected") places[place] = { runner, state: "connected" };
        if (word === "planned") places[place] = { runner, state: "working" };
      });
      if (report === null) {
        const { signal } = await runner.ended;
        if (signal !== "SIGKILL") duty.fell(`a runner ended by ${signal ?? "itself"}, without a report`);
        return false;
      }
      duty.report(report);
      // A server that is away is not asked again at once.
      if (report.status === "unreachable") await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return true;
  };
  const filled = places.map((_, place) => fill(place));
  return {
    members: () => places.flatMap((member) => member ?? []),
    async rest() {
      resting = true;
      await Promise.all(filled);
    },
  };
}
