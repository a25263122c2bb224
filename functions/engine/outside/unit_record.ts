import { finishStatement, withdrawStatement } from "../registry/statements.ts";
import { milliseconds } from "../report.ts";
import type { Message } from "../seam.ts";
import { type CameTo, done, stopAt } from "./came_to.ts";
import type { Due } from "./context.ts";
import { type Written, writeOurs } from "./registry_step.ts";
import type { Ran, SingleUnit } from "./statement.ts";
import { keyOf, start } from "./unit_row.ts";

function write(due: Due<SingleUnit>, row: Message, doing: string): Promise<CameTo<Written>> {
  const { step, script, unit, context } = due;
  const [statement] = unit.statements;
  if (statement === undefined) throw new Error("a unit without a statement");
  return writeOurs(step, [row], doing, (stopped) => stopAt(script, statement, stopped), context);
}

/** Writes that a statement is begun; `found` is what the catalog showed before its first try. */
export const recordBegun = (due: Due<SingleUnit>, found: unknown): Promise<CameTo<Written>> =>
  write(due, start(due, found), "Recording the statement");

/** Writes that it is done, and hands back how it ran. */
export async function recordDone(due: Due<SingleUnit>, ran: Ran): Promise<CameTo<Ran>> {
  const row = finishStatement(due.context.tables, keyOf(due), milliseconds(ran.ms));
  const written = await write(due, row, "Recording the statement");
  return written.kind === "failed" ? written : done(ran);
}

/** Takes back that it was begun: nothing of it is there. */
export async function recordWithdrawn(due: Due<SingleUnit>): Promise<void> {
  await write(due, withdrawStatement(due.context.tables, keyOf(due)), "Taking the statement back");
}
