import { finishStatement, withdrawStatement } from "../registry/statements.ts";
import { milliseconds } from "../report.ts";
import { type CameTo, done } from "./came_to.ts";
import type { Due } from "./context.ts";
import { type Written, writeOurs } from "./registry_step.ts";
import type { Ran, SingleUnit } from "./statement.ts";
import { keyOf, start } from "./unit_row.ts";

/** Writes that a statement is begun; `found` is what the catalog showed before its first try. */
export const recordBegun = (due: Due<SingleUnit>, found: unknown): Promise<CameTo<Written>> =>
  writeOurs(due.step, [start(due, found)], "Recording the statement", due.context);

/** Writes that it is done, and hands back how it ran. */
export async function recordDone(due: Due<SingleUnit>, ran: Ran): Promise<CameTo<Ran>> {
  const row = finishStatement(due.context.tables, keyOf(due), milliseconds(ran.ms));
  const written = await writeOurs(due.step, [row], "Recording the statement", due.context);
  return written.kind === "failed" ? written : done(ran);
}

/** Takes back that it was begun: nothing of it is there. */
export async function recordWithdrawn(due: Due<SingleUnit>): Promise<void> {
  const row = withdrawStatement(due.context.tables, keyOf(due));
  await writeOurs(due.step, [row], "Taking the statement back", due.context);
}
