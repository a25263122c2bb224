import type { Fault } from "../errors.ts";
import type { EventRow } from "../registry/write.ts";
import type { StepReport } from "../report.ts";
import type { PreparedStep } from "./messages.ts";

/** What came of a run's steps. `error` ends the run; null when every step was done. */
export interface StepsOutcome {
  readonly steps: readonly StepReport[];
  readonly error: Fault | null;
  readonly warnings: readonly Fault[];
  /** Events of a step that failed: its own transaction is gone, so they are recorded with the run's end. */
  readonly failed_events: readonly EventRow[];
  /** The connection is gone: nothing more can be written on it. */
  readonly lost: Lost | null;
  /** Indexes of the steps whose history row was written or removed: not only of those that were done. */
  readonly recorded: ReadonlySet<number>;
}

/** `in_doubt` is the step whose COMMIT was sent and not answered; null where nothing was being committed. */
export interface Lost {
  readonly in_doubt: InDoubt | null;
}

/** What a lost COMMIT was for, and what is told of its step. */
export interface Doubt {
  /** The event of success that is there when it was committed. */
  readonly action: "apply" | "rollback" | "verify" | "repeat";
  /** What is reported of it when it turns out to be committed. */
  readonly done: StepReport;
  /** Why it is not done when it was not; null: nothing of it was kept. */
  readonly undone: Fault | null;
}

export interface InDoubt {
  readonly run_id: string;
  /** Its place among the run's steps. */
  readonly index: number;
  readonly step: PreparedStep;
  readonly doubt: Doubt;
}
