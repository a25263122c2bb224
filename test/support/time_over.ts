import type pg from "pg";
import type { RunEvent, World } from "#engine/seam.ts";
import { asleep } from "./asleep.ts";
import { jumpingClock } from "./jumping_clock.ts";

/** More than any limit that a test sets. */
export const AGES_MS = 3_600_000;

/** A limit of time that only a jump of the clock gets to, on a machine however slow. */
export const LONG_MS = 600_000;

/** A world whose time is over as soon as `at` says so of an event, however long the run took to come there. */
export function timeOverAt<Of extends World>(world: Of, at: (event: RunEvent) => boolean): Of {
  const { world: jumping, jump } = jumpingClock(world);
  let over = false;
  return {
    ...jumping,
    emit: (event) => {
      world.emit(event);
      if (over || !at(event)) return;
      over = true;
      jump(AGES_MS);
    },
  };
}

/** A world whose time is over when `reached` resolves. */
export function timeOverWhen<Of extends World>(world: Of, reached: Promise<unknown>): Of {
  const { world: jumping, jump } = jumpingClock(world);
  // What `reached` rejects with is the test's to see.
  void reached.then(
    () => jump(AGES_MS),
    () => {},
  );
  return jumping;
}

/** What `begin` comes to whose deadline comes while its backend sleeps, however long it takes to get there. */
export async function outOfTime<Told>(
  client: pg.Client,
  world: World,
  begin: (world: World, timeout_ms: number) => Promise<Told>,
): Promise<Told> {
  const { world: jumping, jump } = jumpingClock(world);
  const running = begin(jumping, LONG_MS);
  await asleep(client, running);
  jump(AGES_MS);
  return running;
}
