import { fault, MigrationFault } from "#engine/errors.ts";
import type { Session, World } from "#engine/seam.ts";

/** How long to wait for a database that is still starting, and what may end the wait. */
export interface Patience extends Pick<World, "clock" | "sleep" | "interrupt"> {
  readonly wait_ms: number;
  /** Told once, with the reason, when the first try was in vain. */
  readonly waiting: (reason: string) => void;
}

const PAUSE_MS = 500;
/** "The database system is starting up", or shutting down. */
const NOT_NOW = "57P03";

/**
 * Opens a session, and tries again while the server cannot be reached or is starting, until the time is over:
 * then the last fault is thrown. Ends at once (`interrupted`) when the interrupt comes.
 */
export async function connectPatiently(open: () => Promise<Session>, patience: Patience): Promise<Session> {
  const { clock, sleep, interrupt, wait_ms } = patience;
  const until = clock.monotonic_ms() + wait_ms;
  for (let tries = 1; ; tries++) {
    try {
      return await unlessInterrupted(open(), interrupt);
    } catch (error) {
      if (!(error instanceof MigrationFault)) throw error;
      const [{ code, sqlstate, message }] = error.faults;
      const passing = code === "unreachable" || sqlstate === NOT_NOW;
      const left = until - clock.monotonic_ms();
      if (!passing || left <= 0) throw error;
      if (tries === 1) patience.waiting(message);
      await sleep(Math.min(PAUSE_MS, left), interrupt);
    }
  }
}

/**
 * Opens sessions: the first as above. Once there was one the server is not starting, and who opens another bounds that
 * himself: also after an interrupt it must be learnt what became of a COMMIT.
 */
export function patientAtFirst(
  open: (run_id: string) => Promise<Session>,
  patience: Patience,
): (run_id: string) => Promise<Session> {
  let opened = false;
  return async (run_id) => {
    if (opened) return open(run_id);
    const session = await connectPatiently(() => open(run_id), patience);
    opened = true;
    return session;
  };
}

/** A server that does not answer must not hold up who wants to leave. */
function unlessInterrupted(opening: Promise<Session>, interrupt: AbortSignal): Promise<Session> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      const message = `${interrupt.reason} came before the connection; nothing was done.`;
      reject(new MigrationFault(fault("interrupted", message, { remedy: "Run again." })));
      opening.then((late) => late.destroy()).catch(() => {});
    };
    if (interrupt.aborted) {
      stop();
      return;
    }
    interrupt.addEventListener("abort", stop, { once: true });
    opening.then(resolve, reject).finally(() => interrupt.removeEventListener("abort", stop));
  });
}
