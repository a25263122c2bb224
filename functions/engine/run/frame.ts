import type { Bundle } from "../bundle/bundle.ts";
import { type Fault, fault, statusOf } from "../errors.ts";
import { currentVersion, type History } from "../history.ts";
import { milliseconds, type ReportHead, type RowCount, type StepReport } from "../report.ts";
import type { RunOptions } from "../request.ts";
import type { BundleSource, World } from "../seam.ts";
import type { Check } from "../step/checks.ts";
import { bundleReport, onlyOnce } from "./report_head.ts";
import type { Target } from "./target.ts";

/** When and as what a command began. */
export interface Frame {
  readonly run_id: string;
  /** The caller named it. */
  readonly given: boolean;
  readonly began_ms: number;
  readonly started_at: Date;
}

export const beginFrame = (world: World, runId: string | null): Frame => ({
  run_id: runId ?? world.new_run_id(),
  given: runId !== null,
  began_ms: world.clock.monotonic_ms(),
  started_at: world.clock.now(),
});

/** When the run must be over, on the monotonic clock; Infinity where it has no deadline. */
export const deadlineOf = ({ began_ms }: Frame, { timeout_ms }: Pick<RunOptions, "timeout_ms">): number =>
  timeout_ms === null ? Number.POSITIVE_INFINITY : began_ms + timeout_ms;

interface Ended {
  readonly at: Date;
  readonly duration_ms: number;
}

/** The end of a command, as of now. */
export const endOf = ({ began_ms }: Frame, world: World): Ended => ({
  at: world.clock.now(),
  duration_ms: milliseconds(world.clock.monotonic_ms() - began_ms),
});

/** What a command has learnt so far: it fills this in, and the report says it however the command ends. */
export interface Learnt {
  server_version: string | null;
  history: History | null;
  steps: readonly StepReport[];
  warnings: readonly Fault[];
  /** Why it is not ok, the most telling first. */
  faults: readonly Fault[];
  /** null until it was read. */
  bundle: Bundle | null;
  /** A row tells of this run: only then its id is worth telling. */
  recorded: boolean;
  /** When it was over for its record, which tells no other end than the caller is told; null until then. */
  ended: Ended | null;
  /** Which attempt of the run this is; null where no row tells of it. */
  attempt: number | null;
  replayed: boolean;
  recovered: boolean;
  /** Of the bundle's migrations, not applied or due again; null until the history was read. A verification tells it. */
  pending: number | null;
  /** Ids of open runs whose backend is gone; a verification looks for them. */
  stuck_runs: readonly string[];
  /** What a verification found of the schema; null where it was not looked at. */
  integrity: readonly Check[] | null;
  /** Versions that were applied and rolled back since `history` was read. */
  current_version: string | null;
  /** null where no rows were to be counted, or the run ended before. */
  row_counts: readonly RowCount[] | null;
}

export const nothingLearnt = (): Learnt => ({
  server_version: null,
  history: null,
  steps: [],
  warnings: [],
  faults: [],
  bundle: null,
  recorded: false,
  ended: null,
  attempt: null,
  replayed: false,
  recovered: false,
  pending: null,
  stuck_runs: [],
  integrity: null,
  current_version: null,
  row_counts: null,
});

/** Reads the bundle of a run that is known to need it. */
export async function learnBundle(
  learnt: Learnt,
  source: BundleSource,
  recorded: string | null = null,
): Promise<Bundle> {
  const bundle = await source.read(recorded);
  learnt.bundle = bundle;
  return bundle;
}

/** Remembers what connecting told. */
export function learnTarget(learnt: Learnt, target: Target): void {
  learnt.server_version = target.facts.version;
  const dropped = target.session.dropped_parameters;
  if (dropped.length > 0) {
    const message = `The server does not know ${dropped.join(", ")}; the session goes without.`;
    learnt.warnings = [...learnt.warnings, fault("parameter-dropped", message)];
  }
}

export function learnHistory(learnt: Learnt, history: History): void {
  learnt.history = history;
  const current = currentVersion(history);
  learnt.current_version = current === null ? null : String(current);
}

/** The head of the report. Faults that refuse the whole command are `refusals`; the first is the `error`. */
export function headOf(frame: Frame, learnt: Learnt, world: World): ReportHead {
  const { bundle } = learnt;
  const { at, duration_ms } = learnt.ended ?? endOf(frame, world);
  const [first = null] = learnt.faults;
  const status = first === null ? "ok" : statusOf(first);
  const whole = status === "refused" || status === "bad_input";
  return {
    run_id: learnt.recorded || frame.given ? frame.run_id : null,
    status,
    bundle: bundle === null ? null : bundleReport(bundle),
    target: { ...world.target, server_version: learnt.server_version },
    current_version: learnt.current_version,
    steps: learnt.steps,
    refusals: whole ? onlyOnce(learnt.faults) : [],
    warnings: onlyOnce(learnt.warnings),
    error: first,
    started_at: frame.started_at.toISOString(),
    finished_at: at.toISOString(),
    duration_ms,
  };
}
