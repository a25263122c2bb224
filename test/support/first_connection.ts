import { MigrationFault } from "#engine/errors.ts";
import type { Session } from "#engine/seam.ts";

const MOST_TRIES = 5;

/**
 * Opens sessions; the first is asked for again while the server does not answer in time, as the terminal does: the
 * machine may be busy. Whatever else is said to it, and to later ones, is the run's own affair.
 */
export function firstConnection(
  open: (run_id: string) => Promise<Session>,
): (run_id: string) => Promise<Session> {
  let opened = false;
  return async (run_id) => {
    for (let tries = 1; ; tries++) {
      try {
        const session = await open(run_id);
        opened = true;
        return session;
      } catch (error) {
        const late =
          error instanceof MigrationFault && error.faults[0].message.includes("did not answer in time");
        if (opened || !late || tries === MOST_TRIES) throw error;
      }
    }
  };
}
