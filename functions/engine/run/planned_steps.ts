import type { Bundle } from "../bundle/bundle.ts";
import type { History } from "../history.ts";
import type { KnownDuration } from "../known_duration.ts";
import type { PlannedStep } from "../plan.ts";
import type { ChangeRequest, RunOptions } from "../request.ts";
import type { World } from "../seam.ts";
import type { GuardBaseline } from "../step/guards.ts";
import type { StepsOutcome } from "../step/outcome.ts";
import { withSender } from "../step/sender.ts";
import { withLongAnswers } from "../watch/long_answers.ts";
import { withObserver } from "../watch/observer.ts";
import { deadlineOf, type Frame } from "./frame.ts";
import { stepLockKey } from "./lock_keys.ts";
import type { Prepared } from "./prepare.ts";
import { type Settled, settle } from "./settle.ts";
import { runSteps } from "./steps.ts";
import type { Target } from "./target.ts";

/** A run that changes a database, and where. */
export interface Change {
  readonly request: ChangeRequest;
  readonly bundle: Bundle;
  readonly options: RunOptions;
  readonly world: World;
  readonly frame: Frame;
  readonly target: Target;
}

/** What the steps of a claimed run are run with. */
export interface Claimed {
  readonly prepared: Prepared;
  readonly history: History;
  readonly known: ReadonlyMap<PlannedStep, KnownDuration>;
  readonly baseline: GuardBaseline;
}

/**
 * Runs the steps under the watch of the deadline and of a second connection; where the connection was lost, learns
 * what became of the step in flight.
 */
export async function runPlanned(run: Change, claimed: Claimed): Promise<Settled> {
  const { bundle, options, world, frame, target } = run;
  const { prepared, history, known, baseline } = claimed;
  const deadline = deadlineOf(frame, options);
  const settings = {
    history: target.tables.history,
    repeatables: target.tables.repeatables,
    step_lock_key: stepLockKey(options.history_schema),
    run_lock_key: target.run_lock_key,
    baseline,
    role: options.role,
    lazy_commit: target.facts.lazy_commit,
    savepoint: `paws_${world.nonce()}`,
  };
  const { run_id } = frame;
  const outcome = await withObserver(
    { world, run_id, backend_pid: target.facts.backend_pid },
    async (observer) => {
      const ran = await withSender(target.session, world, deadline, (sender) =>
        withLongAnswers({ observer, world }, (long_answers) =>
          runSteps(prepared.steps, {
            sender,
            observer,
            long_answers,
            world,
            settings,
            retry_for_ms: options.retry_for_ms,
            max_lock_hold_ms: options.max_lock_hold_ms,
            tables: target.tables,
            run_id,
            bundle,
            statements: history.statements,
            known,
          }),
        ),
      );
      // What ends the run's own connection ends the second one too, sooner or later: that is no news.
      const unseen = ran.lost === null ? observer.warnings() : [];
      return { ...ran, warnings: [...ran.warnings, ...unseen] };
    },
  );
  return afterLoss(run, outcome, deadline);
}

/** Where the connection was lost: what can be learnt of the step in flight. */
async function afterLoss(run: Change, outcome: StepsOutcome, deadline_ms: number): Promise<Settled> {
  const { target, frame, options, world } = run;
  const { lost } = outcome;
  return lost === null
    ? { outcome, target }
    : settle(target, { ...outcome, lost }, { frame, options, world, deadline_ms });
}
