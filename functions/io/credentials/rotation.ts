import { fault, MigrationFault } from "#engine/errors.ts";
import type { Session, World } from "#engine/seam.ts";
import type { Login } from "./secret_text.ts";

/** How long a refused login may still become right. */
export interface Patience extends Pick<World, "clock" | "sleep"> {
  /** From the first refusal. */
  readonly wait_ms: number;
  /** On the monotonic clock: then nothing is left to wait. */
  readonly ends_ms: number;
}

/** Single-user rotation changes the password in the database some seconds before it changes the secret. */
export const ROTATION_MS = 15_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 3_000;

/** invalid_password, invalid_authorization_specification. */
const REFUSED = ["28P01", "28000"];

/**
 * Opens a session with the login of a secret that is read now. A refused one is read again until its version is another
 * or the time is over: then `wrong-password`, which names the versions that were tried. Throws what `read` and `open` do.
 */
export async function connectWithSecret(
  read: () => Promise<Login>,
  open: (login: Login) => Promise<Session>,
  { clock, sleep, wait_ms, ends_ms }: Patience,
): Promise<Session> {
  let login = await read();
  let refused_ms: number | null = null;
  let pause = FIRST_PAUSE_MS;
  const tried: string[] = [];
  for (;;) {
    const refused = await open(login).catch(toRefusal);
    if (!(refused instanceof MigrationFault)) return { ...refused, credential_version: login.version };
    tried.push(login.version);
    const from_ms: number = refused_ms ?? clock.monotonic_ms();
    refused_ms = from_ms;
    const until = Math.min(from_ms + wait_ms, ends_ms);
    const { version } = login;
    while (login.version === version) {
      const left = until - clock.monotonic_ms();
      if (left <= 0) throw stale(refused, tried, until - from_ms);
      await sleep(Math.min(pause, left));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      login = await read().catch((error: unknown) => {
        // What was cut short says less than what it was to mend. Timers are as exact as a millisecond.
        throw clock.monotonic_ms() >= ends_ms - 1 ? stale(refused, tried, until - from_ms) : error;
      });
    }
  }
}

function toRefusal(error: unknown): MigrationFault {
  if (error instanceof MigrationFault && REFUSED.includes(error.faults[0].sqlstate ?? "")) return error;
  throw error;
}

function stale(refused: MigrationFault, tried: readonly string[], waited_ms: number): MigrationFault {
  const [first] = refused.faults;
  const versions = `version${tried.length === 1 ? "" : "s"} ${tried.join(", ")}`;
  const message = `${first.message} The login was that of the secret's ${versions}; no newer one came in ${Math.max(0, Math.round(waited_ms / 100) / 10)} s.`;
  const remedy =
    "Bring the secret and the database together: rotate the secret, or set the login's password to it.";
  return new MigrationFault(fault("wrong-password", message, { sqlstate: first.sqlstate, remedy }));
}
