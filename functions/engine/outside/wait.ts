import { type Fault, fault } from "../errors.ts";
import type { Effect } from "../sql/effect.ts";
import { type CameTo, done, failed, faultAt, lostAt, stopAt } from "./came_to.ts";
import type { Due } from "./context.ts";
import { holdersQuery, holderText, OLD_MS, oldOnes, type SeenHolder, toHolders } from "./holders.ts";

/** Between two looks; jittered, so that two jobs do not meet again. */
const FIRST_POLL_MS = 100;
const LONGEST_POLL_MS = 1_000;

/** How long a wait has taken, and whether it may go on. */
export interface Patience {
  /** Sleeps until the next look is due; a fault where the wait is over. */
  next(): Promise<Fault | null>;
  waited_ms(): number;
}

/** Waits as long as --retry-for and the deadline allow. `over` tells what to say then. */
export function patience({ script, unit, context }: Due, over: (waited_ms: number) => Fault): Patience {
  const { world, sender, retry_for_ms } = context;
  const began_ms = world.clock.monotonic_ms();
  const waited_ms = (): number => world.clock.monotonic_ms() - began_ms;
  let poll_ms = FIRST_POLL_MS;
  return {
    waited_ms,
    async next() {
      const stopped = sender.stopped();
      const [statement] = unit.statements;
      if (stopped !== null && statement !== undefined) return stopAt(script, statement, stopped);
      if (waited_ms() >= retry_for_ms) return over(waited_ms());
      const pause_ms = Math.min(poll_ms * (0.5 + world.random() / 2), sender.remaining_ms());
      poll_ms = Math.min(poll_ms * 2, LONGEST_POLL_MS);
      await world.sleep(Math.max(pause_ms, 1), world.interrupt);
      return null;
    },
  };
}

/** Does not let a CONCURRENTLY statement start behind old transactions: it would wait for them with its work half done. */
export async function waitForTransactions(due: Due, effect: Effect): Promise<CameTo<null>> {
  const { script, unit, context, step } = due;
  const { world, sender } = context;
  const [statement] = unit.statements;
  if (statement === undefined) return done(null);
  const first_seen_ms = new Map<string, number>();
  let holders: readonly SeenHolder[] = [];
  /** Who may be one of them: whether it is old does not show yet. */
  let unknown: readonly SeenHolder[] = [];
  let told = "";
  let began_ms: number | null = null;
  const waiting = patience(due, () =>
    faultAt(
      "old-transactions",
      script,
      statement,
      `The statement would wait for ${[...holders, ...unknown].map(holderText).join(", ")}.`,
    ),
  );
  for (;;) {
    const [answer] = await sender.send([holdersQuery(effect)]);
    if (answer === undefined || answer.kind === "lost") {
      return lostAt(script, statement, answer?.reason ?? "no answer came");
    }
    if (answer.kind === "error") {
      const stopped = sender.stopped();
      return failed(
        stopped === null
          ? fault("sql-error", `Looking for old transactions: ${answer.error.message}`)
          : stopAt(script, statement, stopped),
      );
    }
    const seen = toHolders(answer.results[0]);
    const now_ms = world.clock.monotonic_ms();
    for (const { transaction } of seen) {
      if (!first_seen_ms.has(transaction)) first_seen_ms.set(transaction, now_ms);
    }
    holders = oldOnes(seen, first_seen_ms, now_ms);
    began_ms ??= now_ms;
    const first_ms = began_ms;
    // Who is hidden may be old already: that shows a moment later. Who comes later is not.
    unknown = seen.filter(
      ({ hidden, transaction }) =>
        hidden && now_ms - first_ms < OLD_MS && first_seen_ms.get(transaction) === first_ms,
    );
    if (holders.length === 0 && unknown.length === 0) return done(null);
    const names = holders.map(({ transaction }) => transaction).join();
    if (holders.length > 0 && names !== told) {
      told = names;
      const { label } = step.planned.migration;
      world.emit({
        type: "waiting-for-transactions",
        label,
        holders: holders.map(shown),
        waited_ms: waiting.waited_ms(),
      });
    }
    const over = await waiting.next();
    if (over !== null) return failed(over);
  }
}

const shown = ({ transaction: _, ...holder }: SeenHolder) => holder;
