import { type Fault, fault } from "../errors.ts";
import type { Message, Result, Session, World } from "../seam.ts";
import { sendLast } from "../step/sender.ts";

/**
 * A second connection of the run, for what the first cannot be asked while it works: who blocks it, how far a
 * long statement is, whether its backend lives. It only reads, and holds no lock.
 */
export interface Observer {
  /** The backend that is watched: the run's own. */
  readonly backend_pid: number;
  /** The only result of `message`; null where the observer cannot be asked: the answer is not known then. */
  ask(message: Message): Promise<Result | null>;
  /** Opens the connection ahead of the first question. */
  prepare(): void;
  /** Why something could not be seen; each reason once. */
  warnings(): readonly Fault[];
}

export interface ObserverContext {
  readonly world: World;
  readonly run_id: string;
  /** As the backend itself said it: a session pooler's handshake names another. */
  readonly backend_pid: number;
}

/** A server that takes longer to part is left. */
const PARTING_MS = 1_000;

/** Never the run lock, and nothing that writes; a run may be long, and the observer has long pauses. */
const READ_ONLY: Message = {
  text: "SET default_transaction_read_only TO on; SET idle_session_timeout TO 0; SET statement_timeout TO 5000",
};

/**
 * Lends an observer for as long as `work` takes. Its connection is opened at the first question, so a run
 * without questions has none. That it cannot be opened, or is lost, never fails the run.
 */
export async function withObserver<Outcome>(
  context: ObserverContext,
  work: (observer: Observer) => Promise<Outcome>,
): Promise<Outcome> {
  const { world } = context;
  const warnings: Fault[] = [];
  let opening: Promise<Session | null> | null = null;
  let opened: Session | null = null;
  let closed = false;
  const giveUp = (reason: string): null => {
    const message = `The second connection, which watches the first, failed: ${reason}. Who blocks a step, and how far a statement is, is not known.`;
    if (warnings.length === 0) warnings.push(fault("observer-unavailable", message));
    return null;
  };
  const open = async (): Promise<Session | null> => {
    try {
      const session = await world.connect(context.run_id);
      if (closed) await session.close();
      const [answer] = closed ? [] : await sendLast(session, world, [READ_ONLY]);
      if (answer?.kind === "done") {
        opened = session;
        return session;
      }
      session.destroy();
      return closed
        ? null
        : giveUp(answer?.kind === "error" ? answer.error.message : "the connection was lost");
    } catch (error) {
      return closed ? null : giveUp(error instanceof Error ? error.message : String(error));
    }
  };
  const observer: Observer = {
    backend_pid: context.backend_pid,
    prepare() {
      opening ??= open();
    },
    warnings: () => warnings,
    async ask(message) {
      opening ??= open();
      const session = await opening;
      if (session === null || closed) return null;
      const [answer] = await sendLast(session, world, [message]);
      if (answer?.kind === "done") return answer.results[0] ?? null;
      // What is lost is not opened again: the reason may be the same as that of the run's end.
      if (answer?.kind !== "error") opening = Promise.resolve(null);
      return closed
        ? null
        : giveUp(answer?.kind === "error" ? answer.error.message : "the connection was lost");
    },
  };
  try {
    return await work(observer);
  } finally {
    closed = true;
    if (opened !== null) await part(opened, world);
  }
}

/** A connection that is still being opened parts by itself. */
async function part(session: Session, world: World): Promise<void> {
  const parted = new AbortController();
  const closing = session.close().then(() => parted.abort());
  await Promise.race([closing, world.sleep(PARTING_MS, parted.signal)]);
  session.destroy();
}
