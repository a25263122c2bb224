import type { Session, World } from "../seam.ts";
import { makeAsker } from "./alive.ts";

export interface Attention {
  readonly world: World;
  readonly run_id: string;
  /** Of the backend that works for the session, as far as it is known by now. */
  readonly backend_pid: () => number;
  /** So long nothing may be heard before the server is asked whether the backend is still at work; milliseconds. */
  readonly silence_ms: number;
}

/** Two looks in a row must agree: an answer may be on its way. */
const STRIKES = 2;
/** A network that is away for a moment is not yet a lost connection. */
const STRIKES_UNREACHABLE = 6;

/**
 * A session that does not wait for ever on a connection that nothing comes through any more (a frozen peer, a
 * router that forgot it): after a silence another connection asks what the backend does. Where it is not at work on
 * what was sent, or cannot be asked, backend and connection are ended, and every open answer is `lost`.
 */
export function attentive(session: Session, attention: Attention): Session {
  const { world, run_id, silence_ms } = attention;
  const done = new AbortController();
  let open = 0;
  /** Grows with every send and every answer. */
  let turns = 0;
  void watch();
  return {
    ...session,
    async send(messages, answered) {
      open += 1;
      turns += 1;
      const answers = await session.send(messages, (answer) => {
        turns += 1;
        answered?.(answer);
      });
      open -= 1;
      turns += 1;
      return answers;
    },
    async close() {
      done.abort();
      await session.close();
    },
    destroy() {
      done.abort();
      session.destroy();
    },
  };

  async function watch(): Promise<void> {
    const asker = makeAsker(attention.backend_pid, run_id, world);
    let strikes = 0;
    let seen = -1;
    for (;;) {
      await world.sleep(strikes === 0 ? silence_ms : silence_ms / 2, done.signal);
      if (done.signal.aborted) break;
      const silent = open > 0 && turns === seen;
      seen = turns;
      if (!silent) {
        strikes = 0;
        await asker.close();
        continue;
      }
      const liveness = await asker.ask();
      if (turns !== seen || liveness === "working" || liveness === "hidden") strikes = 0;
      else strikes += 1;
      if (strikes < (liveness === "unreachable" ? STRIKES_UNREACHABLE : STRIKES)) continue;
      await asker.end();
      session.destroy();
    }
    await asker.close();
  }
}
