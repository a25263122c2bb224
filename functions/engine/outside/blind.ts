import type { WorkUnit } from "../script/script.ts";
import type { CameTo } from "./came_to.ts";
import type { Due } from "./context.ts";
import { guard, mayCommit, type Ran, runAlone } from "./statement.ts";
import { retry, type Tally } from "./tally.ts";
import { recordBegun, recordDone, recordWithdrawn } from "./unit_record.ts";

type Blind = Extract<WorkUnit, { kind: "blind" }>;
type Failed = Extract<CameTo<Ran>, { kind: "failed" }>;

/** Runs one statement whose effect nothing shows. Where an earlier run began it and did not end it, it runs again. */
export async function runBlind(due: Due<Blind>, tally: Tally): Promise<CameTo<Ran>> {
  for (;;) {
    const started = await recordBegun(due, null);
    if (started.kind === "failed") return started;
    tally.begun(started.value.begun.at_epoch);
    const ran = await runAlone(due, null, tally);
    if (ran.kind === "done") return finish(due, ran.value);
    // What committed a part is not tried again within a run, nor forgotten.
    if (mayCommit(due.unit) && ran.nothing_kept !== true) return halfDone(due, ran);
    if (await retry(due, ran, tally)) continue;
    await takeBack(due, ran);
    return tally.givenUp(ran, due);
  }
}

/** A correction in the file would be refused: nobody could tell what is done of it. */
function halfDone(due: Due<Blind>, ran: Failed): Failed {
  if (ran.lost || ran.sqlstate === null) return ran;
  const { label } = due.step.planned.migration;
  const remedy = `It had committed a part when it failed. Remove the cause and run again as it is, or finish the migration by hand and say so: \`paws-migrate mark ${label} applied --reason TEXT\`.`;
  return { ...ran, fault: { ...ran.fault, remedy } };
}

async function finish(due: Due<Blind>, ran: Ran): Promise<CameTo<Ran>> {
  const kept = await guard(due);
  return kept.kind === "failed" ? kept : recordDone(due, ran);
}

/** What the server refused may be corrected in the file. */
async function takeBack(due: Due<Blind>, ran: Failed): Promise<void> {
  if (ran.lost || ran.sqlstate === null || due.context.sender.stopped() !== null) return;
  await recordWithdrawn(due);
}
