import { fault } from "../errors.ts";
import { milliseconds } from "../report.ts";
import type { Script, Statement, WorkUnit } from "../script/script.ts";
import type { PreparedStep } from "../step/messages.ts";
import type { StepsContext } from "../step/record.ts";
import { runBlind } from "./blind.ts";
import { type CameTo, done, failed, lineOf, stopAt } from "./came_to.ts";
import type { Due } from "./context.ts";
import { runLooked } from "./looked.ts";
import type { Ran } from "./statement.ts";
import type { Tally } from "./tally.ts";
import { runTransactional } from "./transactional.ts";

/** Runs the units of a script one after the other, from the first that is not done. */
export async function runUnits(
  step: PreparedStep,
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
    if (row !== null && row.hash !== unit.hash) return failed(editedUnderway(script, unit));
    if (row?.state === "done") continue;
    const stopped = sender.stopped();
    const [begins] = unit.statements;
    if (stopped !== null && begins !== undefined) return failed(stopAt(script, begins, stopped));
    tally.nextUnit(world.clock.monotonic_ms());
    const ran = await runUnit({ step, script, unit, settings: [...settings], row, context }, tally);
    if (ran.kind === "failed") return ran;
    tally.rows += ran.value.rows;
    tally.timings.push({ first, last: statement - 1, ms: milliseconds(ran.value.ms) });
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

const rowOf = ({ planned }: PreparedStep, unit: WorkUnit, { statements }: StepsContext) =>
  statements.find(
    ({ version, direction, position }) =>
      version === planned.migration.version && direction === planned.direction && position === unit.position,
  ) ?? null;

/** The plan refuses this; nothing else must come to run what it did not mean. */
function editedUnderway(script: Script, unit: WorkUnit) {
  const { path } = script.file;
  const [statement] = unit.statements;
  const line = statement === undefined ? null : lineOf(script, statement);
  return fault(
    "changed-underway",
    `The statement in line ${line} of ${path} was changed since it was begun.`,
    {
      file: path,
      line,
    },
  );
}
