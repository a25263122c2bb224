import type { Fault } from "#engine/errors.ts";
import { publicFault } from "#engine/public_fault.ts";
import type { Report } from "#engine/report.ts";
import { measuresOf } from "#engine/run_measures.ts";
import { summaryOf } from "#engine/run_summary.ts";
import type { RunEvent } from "#engine/seam.ts";
import { emitMetrics, type MetricKey } from "./emf.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { sendRunEvent } from "./run_event.ts";
import { openRunLog } from "./run_log.ts";

/** Who runs what, where. */
export interface Scope {
  readonly target: string;
  readonly command: string;
  readonly run_id: string;
  readonly request_id: string;
}

/** What a run tells while it goes on and when it is over. None of it fails a run. */
export interface Telemetry {
  event(event: RunEvent): void;
  /** Runs `work` with a heartbeat; `about` goes into the first line of the log. */
  during<T>(about: Readonly<Record<string, unknown>>, work: () => Promise<T>): Promise<T>;
  /** Measures and logs a run, and tells `bus` of it. Returns warnings: what could not be told. */
  finished(
    report: Report,
    outcome: {
      readonly failed: boolean;
      readonly bus: string | null;
      /** What is left for telling the bus, in milliseconds. */
      readonly left_ms: number;
    },
  ): Promise<readonly Fault[]>;
  /** Of what ended without a report; `crash` where a fault of ours ended it. */
  ended(faults: readonly Fault[], crash: unknown): void;
}

export function openTelemetry(scope: Scope): Telemetry {
  const { target, command, run_id, request_id } = scope;
  const log = openRunLog({ ...scope });
  const finished = new Set<string>();
  const measure = (values: Partial<Record<MetricKey, readonly number[]>>, more = {}): void =>
    quietly(() => emitMetrics({ target, command, properties: { run_id, request_id, ...more } }, values));
  return {
    event: (event) => {
      if (event.type === "step-finished") finished.add(stepKey(event));
      quietly(() => log.event(event));
    },
    async during(about, work) {
      quietly(() => log.started(about));
      const stop = startHeartbeat(() => measure({ heartbeat: [1] }));
      return work().finally(stop);
    },
    async finished(report, { failed, bus, left_ms }) {
      const summary = summaryOf(report, run_id);
      const bundle = summary.bundle;
      if (isRun(report) && !summary.replayed) {
        const about = bundle === null ? {} : { bundle: bundle.name, version: bundle.version ?? "none" };
        // What earlier attempts of the run did they have measured.
        const steps = report.steps.filter((step) => finished.has(stepKey(step)));
        measure({ ...measuresOf({ ...report, steps }, failed) }, about);
      }
      quietly(() => log.finished(summary));
      // Of another attempt that still runs, and of a run that was told before, there is nothing to tell.
      const silent = !isRun(report) || summary.replayed || report.status === "busy";
      const unsent =
        bus === null || silent ? null : await sendRunEvent(bus, { target, command, ...summary }, left_ms);
      if (unsent === null) return [];
      quietly(() => log.trouble("warn", "event not sent", { ...publicFault(unsent) }));
      return [unsent];
    },
    ended(faults, crash) {
      measure({ run_failed: [1] });
      const errors = faults.slice(0, FAULTS_LOGGED).map(publicFault);
      const left_out = faults.length - errors.length;
      const more = left_out === 0 ? {} : { left_out };
      quietly(() => log.trouble("error", "run not begun", { errors, ...more, ...whereFrom(crash) }));
    },
  };
}

/** An event of 64 kB can be wrong in thousands of ways, and CloudWatch cuts or drops a line of megabytes. */
const FAULTS_LOGGED = 50;

/** The label alone would do but for repeatable migrations, which have none. */
const stepKey = (step: {
  readonly direction: string;
  readonly label: string;
  readonly name: string;
}): string => `${step.direction} ${step.label} ${step.name}`;

/** What may change or judge a database; a plan and a look are no runs. */
const isRun = ({ command }: Report): boolean => ["up", "rollback", "verify", "consolidate"].includes(command);

/** Where a fault of ours came from: its message may hold anything, its stack's frames are our own files. */
function whereFrom(crash: unknown): Readonly<Record<string, unknown>> {
  if (!(crash instanceof Error)) return {};
  const frames = (crash.stack ?? "").split("\n").filter((line) => /^\s+at .+:\d+:\d+\)?$/.test(line));
  return { kind: crash.constructor.name, frames: frames.slice(0, 20).map((line) => line.trim()) };
}

/** A line that cannot be written must not end a run. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // Nobody is left to be told.
  }
}
