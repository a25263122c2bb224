import type { BundleOptions } from "../bundle/bundle.ts";
import { type Fault, fault } from "../errors.ts";
import { runOutside, runsOutside } from "../outside/outside.ts";
import { veiled } from "../placeholders/filled.ts";
import type { EventRow } from "../registry/write.ts";
import { writeFault } from "../registry/write_fault.ts";
import type { Answer, Message } from "../seam.ts";
import { SEPARATOR } from "../step/batch.ts";
import { lostFault, stopFault } from "../step/final_fault.ts";
import { type PreparedStep, SETTINGS_LEFT_QUERY, type StepSettings, stepSegments } from "../step/messages.ts";
import { beginTry, type OneTry } from "../step/one_try.ts";
import type { Doubt, Lost, StepsOutcome } from "../step/outcome.ts";
import { ACTION, eventOf, record, type StepsContext } from "../step/record.ts";
import { doneReport, failedReport, notRun } from "../step/report.ts";
import { serverFields } from "../step/script_fault.ts";
import type { Stop } from "../step/sender.ts";
import { withSessionRemedy } from "../step/session_remedy.ts";
import { settingsSeenWarnings } from "../step/settings_left.ts";
import { doesNotFit } from "../step/time_left.ts";
import { sendRest, type Tried, tryStep } from "../step/tries.ts";
import { type Packed, packed } from "../step/wire.ts";
import { stepName } from "../step_name.ts";

/** COMMIT, and in the same message the look at what is left, and what cleans the session for the next step. */
function commitMessage(step: PreparedStep, next: Packed | null): Message {
  const look = step.script.opaque ? [SETTINGS_LEFT_QUERY] : [];
  const clean = next === null ? [] : next.first.slice(0, 1).map(({ message }) => message.text);
  return { text: ["COMMIT", ...look, ...clean].join(SEPARATOR) };
}

/** What an opaque script left set, beyond what the parser saw. */
function settingsLeft(
  { script }: PreparedStep,
  commit: Answer | undefined,
  { session }: BundleOptions,
): readonly Fault[] {
  if (!script.opaque || commit === undefined || commit.kind === "lost") return [];
  const names = (commit.results[1]?.rows ?? []).flatMap(([name]) => name ?? []);
  const unseen = names.filter((name) => !script.settings_left.includes(name.toLowerCase()));
  return settingsSeenWarnings(script, unseen, session);
}

/**
 * Runs the steps in order, each in one transaction. A step's COMMIT goes out together with the next step's
 * beginning, so a step costs about one round trip; the next step's own comparison with the history stops it
 * where that COMMIT fails. A step that cannot be one transaction goes its own way.
 */
export async function runSteps(steps: readonly PreparedStep[], context: StepsContext): Promise<StepsOutcome> {
  const { sender, world, settings } = context;
  const reports = steps.map((step) => notRun(step.planned, step));
  const warnings: Fault[] = [];
  const recorded = new Set<number>();
  const end = (
    error: Fault | null,
    failed_events: readonly EventRow[] = [],
    lost: Lost | null = null,
  ): StepsOutcome => ({
    steps: reports,
    error,
    warnings,
    failed_events,
    lost,
    recorded,
  });
  const packs = packer(settings);
  const begin = (step: PreparedStep): Packed => {
    world.emit({ type: "step-started", ...named(step) });
    return packs.take(step);
  };

  /** A step that was begun behind the commit before it. */
  let carried: {
    readonly one: OneTry;
    readonly answers: Promise<readonly Answer[]>;
  } | null = null;
  let began_ms = world.clock.monotonic_ms();
  for (const [i, step] of steps.entries()) {
    const before = carried === null ? sender.stopped() : null;
    if (before !== null) return end(stopFault(before));
    const unfit = carried === null ? doesNotFit(step, context) : null;
    if (unfit !== null) return end(unfit);
    if (runsOutside(step)) {
      world.emit({ type: "step-started", ...named(step) });
      const { report, ...outcome } = await runOutside(step, context);
      reports[i] = report;
      if (outcome.recorded) recorded.add(i);
      const { error, doubt } = outcome;
      // Of a step in doubt nothing is told before it is known.
      if (doubt === null) {
        finished(step, error === null ? "done" : "failed", report.duration_ms ?? 0, report.checks.length);
      }
      if (error !== null) {
        const in_doubt = doubt === null ? null : { run_id: context.run_id, index: i, step, doubt };
        return end(error, outcome.failed_events, outcome.lost ? { in_doubt } : null);
      }
      began_ms = world.clock.monotonic_ms();
      continue;
    }
    const one: OneTry = carried?.one ?? beginTry(step, begin(step), 0, context);
    const tried: Tried = await tryStep(
      step,
      await sendRest(one, (await carried?.answers) ?? [], began_ms),
      context,
    );
    if (tried.kind !== "ready") {
      const error =
        tried.kind === "failed"
          ? withSessionRemedy(tried.fault, step, context.bundle)
          : lostFault(tried.reason, sender.stopped());
      reports[i] = failedReport(step, tried, error, world.clock.monotonic_ms());
      finished(step, "failed", tried.measure.duration_ms, 0);
      return end(
        error,
        [eventOf(step, tried, error, context)],
        tried.kind === "lost" ? { in_doubt: null } : null,
      );
    }

    const next = sender.stopped() === null ? carriedNext(steps[i + 1], context) : undefined;
    const nextMessages = next === undefined ? null : begin(next);
    const finish = [record(step, tried, context), commitMessage(step, nextMessages)];
    const nextTry =
      next === undefined || nextMessages === null ? null : beginTry(next, nextMessages, 1, context);
    // Both are on the wire before either is answered; the commit is told as soon as it is.
    const finishing = sender.send(finish);
    const opened = nextTry === null ? Promise.resolve([]) : nextTry.send(nextTry.packed.first.slice(1));
    // The server works meanwhile.
    packs.ahead(inTransaction(steps[i + 2]));
    const answers: readonly Answer[] = await finishing;
    const committed = commitOf(step, answers, sender.stopped());
    if (committed !== null) {
      reports[i] = failedReport(step, tried, committed, world.clock.monotonic_ms());
      // Of a step in doubt nothing is told before it is known.
      const doubtful = committed.code === "unknown-commit";
      if (!doubtful) finished(step, "failed", tried.measure.duration_ms, tried.verdict.checks.length);
      await nextTry?.hold.wasOver();
      const lost = [...answers, ...(await opened)].some((answer) => answer.kind === "lost");
      if (!lost) await sender.send([{ text: "ROLLBACK" }]);
      const done = doneReport(step, tried, answers.at(-1)?.at_ms ?? world.clock.monotonic_ms());
      const doubt: Doubt = { action: ACTION[step.planned.direction], done, undone: null };
      const in_doubt = doubtful ? { run_id: context.run_id, index: i, step, doubt } : null;
      return end(committed, [eventOf(step, tried, committed, context)], lost ? { in_doubt } : null);
    }
    const commit_ms = answers.at(-1)?.at_ms ?? world.clock.monotonic_ms();
    reports[i] = doneReport(step, tried, commit_ms);
    recorded.add(i);
    warnings.push(...settingsLeft(step, answers.at(-1), context.bundle.options));
    finished(step, "done", tried.measure.duration_ms, tried.verdict.checks.length);
    // The COMMIT's message cleaned the session too: the rest of its answer is that of the next step's first message.
    const cleaned = (answer: Answer): Answer =>
      answer.kind === "lost"
        ? answer
        : { ...answer, results: answer.results.slice(step.script.opaque ? 2 : 1) };
    carried =
      nextTry === null
        ? null
        : {
            one: nextTry,
            answers: opened.then((rest) => [...answers.slice(-1).map(cleaned), ...rest]),
          };
    began_ms = commit_ms;
  }
  return end(null);

  function finished(
    step: PreparedStep,
    status: "done" | "failed",
    duration_ms: number,
    checks: number,
  ): void {
    world.emit({ type: "step-finished", ...named(step), status, duration_ms, checks });
  }
}

/** The step whose beginning travels with the commit before it. */
const carriedNext = (step: PreparedStep | undefined, context: StepsContext): PreparedStep | undefined =>
  step === undefined || doesNotFit(step, context) !== null ? undefined : inTransaction(step);

const inTransaction = (step: PreparedStep | undefined): PreparedStep | undefined =>
  step === undefined || runsOutside(step) ? undefined : step;

/** Packs the beginning of a step, also before the step is due. What was packed is taken once. */
function packer(settings: StepSettings) {
  const known = new Map<PreparedStep, Packed>();
  const of = (step: PreparedStep): Packed => known.get(step) ?? packed(stepSegments(step, settings));
  return {
    ahead(step: PreparedStep | undefined): void {
      if (step !== undefined) known.set(step, of(step));
    },
    take(step: PreparedStep): Packed {
      const taken = of(step);
      known.delete(step);
      return taken;
    },
  };
}

const named = ({ planned }: PreparedStep) => ({
  label: planned.migration.label,
  name: planned.migration.name,
  direction: planned.direction,
});

/** Committed only if the tag says so: COMMIT of a failed transaction answers ROLLBACK without an error. */
function commitOf(step: PreparedStep, answers: readonly Answer[], stopped: Stop | null): Fault | null {
  const lost = answers.find((answer) => answer.kind === "lost");
  if (lost !== undefined) {
    const message = `The connection was lost while ${stepName(step.planned.migration)} was committed (${lost.reason}); it may or may not be applied.`;
    return fault("unknown-commit", message);
  }
  const [recorded, commit] = answers;
  // query_canceled: the run's own CancelRequest may come as late as here.
  const first = answers.find((answer) => answer.kind === "error");
  if (first?.error.sqlstate === "57014" && first.results.length === 0 && stopped !== null) {
    return stopFault(stopped);
  }
  if (recorded?.kind === "error") {
    return writeFault(recorded.error);
  }
  // Behind the COMMIT the message cleans the session; an error there is the next step's.
  if (commit?.kind === "error" && commit.results.length === 0) {
    const refused = veiled(step.script.file, commit.error);
    return fault("commit-refused", refused.message, serverFields(refused));
  }
  const tag = commit?.kind === "lost" ? undefined : commit?.results[0]?.tag;
  return tag === "COMMIT" ? null : fault("commit-refused", `COMMIT was answered by ${tag ?? "nothing"}.`);
}
