import { milliseconds } from "../report.ts";
import type { Statement, WorkUnit } from "../script/script.ts";
import type { StepsContext } from "../step/record.ts";
import { runBlind } from "./blind.ts";
import { type CameTo, done, failed, stopAt } from "./came_to.ts";
import type { Due, OutsideStep } from "./context.ts";
import { runLooked } from "./looked.ts";
import type { Ran } from "./statement.ts";
import type { Tally } from "./tally.ts";
import { runTransactional } from "./transactional.ts";

/** Runs the units of a script one after the other, from the first that is not done. */
export async function runUnits(
  step: OutsideStep,
  context: StepsContext,
  tally: Tally,
): Promise<CameTo<null>> {
  const { script } = step;
  const { world, sender } = context;
  const settings: Statement[] = [];
  let statement = 1;
  for (const unit of script.units) {
    const first = statement;
    statement += unit.statements.length;
    if (unit.kind === "setting") {
      settings.push(...unit.statements);
      continue;
    }
    const row = rowOf(step, unit, context);
    if (row?.state === "done") continue;
    const stopped = sender.stopped();
    const [begins] = unit.statements;
    if (stopped !== null && begins !== undefined) return failed(stopAt(script, begins, stopped));
    tally.nextUnit(world.clock.monotonic_ms());
    const ran = await runUnit({ step, script, unit, first, settings: [...settings], row, context }, tally);
    if (ran.kind === "failed") return ran;
    tally.rows += ran.value.rows;
    tally.timings.push({ first, last: statement - 1, ms: milliseconds(ran.value.ms), progress: null });
  }
  return done(null);
}

function runUnit(due: Due, tally: Tally): Promise<CameTo<Ran>> {
  const { unit } = due;
  switch (unit.kind) {
    case "transactional":
      return runTransactional({ ...due, unit }, tally);
    case "looked":
      return runLooked({ ...due, unit }, tally);
    case "blind":
      return runBlind({ ...due, unit }, tally);
  }
}

const rowOf = ({ planned }: OutsideStep, unit: WorkUnit, { statements }: StepsContext) =>
  statements.find(
    ({ version, direction, position }) =>
      version === planned.migration.version && direction === planned.direction && position === unit.position,
  ) ?? null;
