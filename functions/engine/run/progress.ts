import { type Fault, fault } from "../errors.ts";
import type { History } from "../history.ts";
import type { Recalled } from "../registry/recall.ts";
import { statementsQuery, toStatements } from "../registry/statements.ts";
import type { World } from "../seam.ts";
import type { StepsOutcome } from "../step/outcome.ts";
import { sendLast } from "../step/sender.ts";
import type { Frame } from "./frame.ts";
import type { Target } from "./target.ts";

interface Attempted {
  readonly history: History;
  readonly frame: Frame;
  readonly world: World;
  readonly unfinished: Recalled | null;
}

/**
 * Whether an attempt ran out of time without getting any further: no step was recorded, nor a statement outside a
 * transaction. Of a run whose id nobody has, nobody comes to ask.
 */
export async function stalledAt(
  target: Target | null,
  { error, recorded }: StepsOutcome,
  { history, frame, world }: Attempted,
): Promise<boolean> {
  if (error?.code !== "deadline" || recorded.size > 0 || !frame.given || target === null) return false;
  const [answer] = await sendLast(target.session, world, [statementsQuery(target.tables)]);
  if (answer?.kind !== "done") return false;
  return doneOf(toStatements(answer.results[0])) <= doneOf(history.statements);
}

const doneOf = (statements: History["statements"]): number =>
  statements.filter(({ state }) => state === "done").length;

/** Where a second attempt in a row came no further, a third would not either. */
export function noProgress({ message, file, line }: Fault, { frame, unfinished }: Attempted): Fault {
  const first = unfinished?.attempt ?? 0;
  const which = `Attempts ${first} and ${first + 1} of run ${frame.run_id} came no further`;
  return fault("no-progress", `${which}: ${message}`, { file, line });
}
