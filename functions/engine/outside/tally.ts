import { triedFault } from "../step/final_fault.ts";
import type { Timing } from "../step/measure.ts";
import { type FailedTry, isLockWait, isTriedAgain, tryAgain } from "../step/retry.ts";
import { collectBlockers } from "../watch/blocking.ts";
import { type CameTo, stopAt } from "./came_to.ts";
import type { Due } from "./context.ts";

/** What a step that runs outside of a transaction adds up over its units. */
export class Tally {
  readonly timings: Timing[] = [];
  /** Seconds since the epoch on the server's clock; null until it has answered. */
  started_epoch: string | null = null;
  rows = 0;
  /** Of the unit that was tried most often. */
  tries = 1;
  lock_wait_ms = 0;
  /** Of the transaction that held strong locks longest; null where none did. */
  lock_held_ms: number | null = null;
  /** Who was seen in the way of any unit. */
  readonly blockers = collectBlockers();
  /** The run's time did not suffice to try the unit at work again. */
  late = false;
  /** Of the unit at work: its tries, and when it and its last try began. */
  private unit_tries = 1;
  private unit_began_ms = 0;
  private try_began_ms = 0;

  nextUnit(now_ms: number): void {
    this.unit_tries = 1;
    this.unit_began_ms = now_ms;
    this.try_began_ms = now_ms;
  }

  begun(at_epoch: string | null): void {
    this.started_epoch ??= at_epoch;
  }

  /** The unit at work met a lock before: who holds it is looked for from its beginning. */
  met(): boolean {
    return this.unit_tries > 1;
  }

  /** What a unit that is not tried again failed with: the end of the run, or a lock with who was in the way. */
  givenUp<Failed extends Extract<CameTo<unknown>, { kind: "failed" }>>(ran: Failed, due: Due): Failed {
    if (ran.lost || ran.sqlstate === null) return ran;
    const stopped = due.context.sender.stopped();
    const [statement] = due.unit.statements;
    if (stopped !== null && !this.late && isTriedAgain(ran.sqlstate) && statement !== undefined) {
      return { ...ran, fault: stopAt(due.script, statement, stopped) };
    }
    const tried = { tries: this.unit_tries, late: this.late };
    return { ...ran, fault: triedFault(ran.fault, tried, this.blockers.all()) };
  }

  held(ms: number | null): void {
    if (ms !== null) this.lock_held_ms = Math.max(ms, this.lock_held_ms ?? 0);
  }

  /** What a try that failed just now came to, for the question whether to try again. */
  failedTry(
    sqlstate: string,
    now_ms: number,
  ): Pick<FailedTry, "sqlstate" | "tries" | "ran_ms" | "since_first_ms"> {
    return {
      sqlstate,
      tries: this.unit_tries,
      ran_ms: now_ms - this.try_began_ms,
      since_first_ms: now_ms - this.unit_began_ms,
    };
  }

  again(sqlstate: string, now_ms: number): void {
    if (isLockWait(sqlstate)) this.lock_wait_ms += now_ms - this.try_began_ms;
    this.try_began_ms = now_ms;
    this.unit_tries++;
    this.tries = Math.max(this.tries, this.unit_tries);
  }
}

/** Whether a statement is tried again after its failure; then the pause that is due is over. */
export async function retry(
  due: Due,
  ran: Extract<CameTo<unknown>, { kind: "failed" }>,
  tally: Tally,
): Promise<boolean> {
  const { world, sender, observer, retry_for_ms } = due.context;
  if (ran.lost || ran.sqlstate === null) return false;
  const failed = tally.failedTry(ran.sqlstate, world.clock.monotonic_ms());
  const again = tryAgain({
    ...failed,
    remaining_ms: sender.stopped() === null ? sender.remaining_ms() : 0,
    retry_for_ms,
    random: world.random(),
  });
  if (!again.again) {
    tally.late = again.late && sender.stopped() !== "interrupt";
    return false;
  }
  if (isLockWait(failed.sqlstate)) observer.prepare();
  const { label, name } = due.step.planned.migration;
  const { sqlstate, tries } = failed;
  world.emit({
    type: "step-retried",
    label,
    name,
    sqlstate,
    tries,
    again_in_ms: again.in_ms,
    blockers: tally.blockers.all(),
  });
  await world.sleep(again.in_ms, world.interrupt);
  tally.again(sqlstate, world.clock.monotonic_ms());
  return sender.stopped() === null;
}
