import { MigrationFault } from "../errors.ts";
import type { Session, World } from "../seam.ts";
import { sendLast } from "../step/sender.ts";
import { endBackend } from "./end_backend.ts";

/**
 * What another connection sees of a backend. `working`: it is at a statement. `waiting`: it waits for the client,
 * or has answered. `gone`: there is none. `unreachable`: no connection came about. `hidden`: nothing can be told.
 */
export type Liveness = "working" | "waiting" | "gone" | "unreachable" | "hidden";

/** Asks after one backend, on a connection of its own that stays open between two questions. */
export interface Asker {
  ask(): Promise<Liveness>;
  /** Ends that backend, where the last question was answered. */
  end(): Promise<void>;
  close(): Promise<void>;
}

export function makeAsker(pid: () => number, run_id: string, world: World): Asker {
  let session: Session | null = null;
  const close = async (): Promise<void> => {
    const open = session;
    session = null;
    await open?.close();
  };
  return {
    close,
    end: async () => {
      if (session !== null) await sendLast(session, world, endBackend(pid(), run_id));
    },
    async ask() {
      try {
        session ??= await world.connect(run_id);
      } catch (error) {
        if (!(error instanceof MigrationFault)) throw error;
        // A server that says no is a server that can be reached.
        return error.faults[0].code === "unreachable" ? "unreachable" : "hidden";
      }
      const [answer] = await sendLast(session, world, [
        {
          text: `SELECT a.state, a.wait_event_type FROM pg_catalog.pg_stat_activity a
            WHERE a.pid OPERATOR(pg_catalog.=) ${pid()}`,
        },
      ]);
      if (answer?.kind === "lost") await close();
      if (answer?.kind !== "done") return answer?.kind === "error" ? "hidden" : "unreachable";
      return livenessOf(answer.results[0]?.rows[0]);
    },
  };
}

/** A row of pg_stat_activity: `state` is null where it is hidden, and `disabled` without track_activities. */
function livenessOf(row: readonly (string | null)[] | undefined): Liveness {
  if (row === undefined) return "gone";
  const [state = null, waits_for] = row;
  if (state === null || state === "disabled") return "hidden";
  return state.startsWith("idle") || waits_for === "Client" ? "waiting" : "working";
}
