import { type Fault, fault } from "../errors.ts";
import { writeFault } from "../registry/write_fault.ts";
import type { Message, Result } from "../seam.ts";
import { SEPARATOR } from "../step/batch.ts";
import { CANCELLED } from "../step/final_fault.ts";
import { type Begun, toBegun } from "../step/guards.ts";
import { BEGIN_PARTS, beginning, cleanSession, type PreparedStep } from "../step/messages.ts";
import type { StepsContext } from "../step/record.ts";
import { serverFields } from "../step/script_fault.ts";
import type { Stop } from "../step/sender.ts";
import { beginFault } from "../step/verdict.ts";
import { type CameTo, done, failed } from "./came_to.ts";

/** What one transaction of ours came to. */
export interface Written {
  readonly begun: Begun;
  /** The results of what was written, one message after the other. */
  readonly results: readonly (readonly Result[])[];
}

/**
 * Writes to our tables in one transaction that begins as every step does: with the step's lock and the comparison
 * of the history with the plan, both raising. `doing` names it in an error; `cut` is the error where the run's own
 * CancelRequest hits it.
 */
export async function writeOurs(
  step: PreparedStep,
  messages: readonly Message[],
  doing: string,
  cut: (stopped: Stop) => Fault,
  { sender, settings }: StepsContext,
): Promise<CameTo<Written>> {
  const own = [
    "SET LOCAL search_path TO pg_catalog, pg_temp",
    ...(settings.lazy_commit ? ["SET LOCAL synchronous_commit TO on"] : []),
  ];
  const answers = await sender.send([
    cleanSession(settings.role),
    { text: [...beginning(step, settings), ...own].join(SEPARATOR) },
    ...messages,
    { text: "COMMIT" },
  ]);
  const [clean, begin, ...rest] = answers;
  const bad = answers.find((answer) => answer.kind !== "done");
  if (bad === undefined && begin?.kind === "done") {
    const results = rest.map((answer) => (answer.kind === "done" ? answer.results : []));
    const tag = results.at(-1)?.[0]?.tag;
    if (tag === "COMMIT") {
      return done({ begun: toBegun(begin.results[BEGIN_PARTS.begun]), results: results.slice(0, -1) });
    }
    return failed(fault("commit-refused", `${doing}: COMMIT was answered by ${tag ?? "nothing"}.`));
  }
  const lost = answers.find((answer) => answer.kind === "lost");
  if (lost !== undefined || bad?.kind !== "error") {
    const reason = lost?.kind === "lost" ? lost.reason : "no answer came";
    const message = `${doing}: the connection was lost (${reason}).`;
    const remedy = "Run again: it looks at the catalog, and goes on from there.";
    return {
      kind: "failed",
      fault: fault("connection-lost", message, { remedy }),
      lost: true,
      sqlstate: null,
    };
  }
  await sender.send([{ text: "ROLLBACK" }]);
  const stopped = sender.stopped();
  if (bad.error.sqlstate === CANCELLED && stopped !== null) return failed(cut(stopped), CANCELLED);
  if (bad === begin) return failed(beginFault(step, bad.error, bad.results.length), bad.error.sqlstate);
  const found =
    bad === clean
      ? fault("sql-error", `${doing}: ${bad.error.message}`, serverFields(bad.error))
      : writeFault(bad.error, doing);
  return failed(found, bad.error.sqlstate);
}
