import { fault } from "../errors.ts";
import { veiled } from "../placeholders/filled.ts";
import { finishStatement } from "../registry/statements.ts";
import { writeFault } from "../registry/write_fault.ts";
import { milliseconds } from "../report.ts";
import type { WorkUnit } from "../script/script.ts";
import { held } from "../step/measure.ts";
import { type PreparedStep, stepSegments } from "../step/messages.ts";
import { beginTry } from "../step/one_try.ts";
import { serverFields } from "../step/script_fault.ts";
import { sendRest, tryStep } from "../step/tries.ts";
import { packed } from "../step/wire.ts";
import { type CameTo, done, failed, lostAt, stopAt } from "./came_to.ts";
import type { Due } from "./context.ts";
import type { Ran } from "./statement.ts";
import type { Tally } from "./tally.ts";
import { keyOf, start } from "./unit_row.ts";

type Transactional = Extract<WorkUnit, { kind: "transactional" }>;

/** Runs statements in one transaction together with the row that says they are done: once, whatever dies. */
export async function runTransactional(due: Due<Transactional>, tally: Tally): Promise<CameTo<Ran>> {
  const { context, script, unit } = due;
  const { sender, world, tables } = context;
  const [first] = unit.statements;
  if (first === undefined) return done({ ms: 0, rows: 0 });
  const part = partOf(due);
  const one = beginTry(part, packed(stepSegments(part, context.settings)), 0, context);
  const opened = await sendRest(one, [], world.clock.monotonic_ms());
  const tried = await tryStep(part, opened, context);
  tally.tries = Math.max(tally.tries, tried.measure.tries);
  tally.lock_wait_ms += tried.measure.lock_wait_ms;
  tally.blockers.add(tried.blockers);
  if (tried.kind === "lost") return lostAt(script, first, tried.reason);
  tally.begun(tried.verdict.started_epoch);
  if (tried.kind === "failed") {
    const { code } = tried.fault;
    const stopped = code === "deadline" || code === "interrupted";
    return failed(
      stopped ? stopAt(script, first, code === "deadline" ? code : "interrupt") : ofUnit(tried.fault),
    );
  }
  const ms = milliseconds(tried.measure.duration_ms);
  const answers = await sender.send([
    start(due, null),
    finishStatement(tables, keyOf(due), ms),
    { text: "COMMIT" },
  ]);
  tally.held(held(tried.measure, answers.at(-1)?.at_ms ?? world.clock.monotonic_ms()));
  const lost = answers.find((answer) => answer.kind === "lost");
  if (lost?.kind === "lost") return lostAt(script, first, lost.reason);
  const bad = answers.find((answer) => answer.kind === "error");
  const last = answers.at(-1);
  const tag = last?.kind === "done" ? last.results[0]?.tag : undefined;
  if (bad === undefined && tag === "COMMIT") return done({ ms, rows: tried.verdict.rows });
  await sender.send([{ text: "ROLLBACK" }]);
  if (bad?.kind !== "error") {
    return failed(fault("commit-refused", `COMMIT was answered by ${tag ?? "nothing"}.`));
  }
  const stopped = sender.stopped();
  if (bad.error.sqlstate === "57014" && stopped !== null) return failed(stopAt(script, first, stopped));
  const error = veiled(script.file, bad.error);
  const refused = bad === last;
  return failed(refused ? fault("commit-refused", error.message, serverFields(error)) : writeFault(error));
}

/** The unit as a step of its own without a verification; the settings before it are part of its transaction. */
const partOf = ({ step, script, unit, settings }: Due<Transactional>): PreparedStep => ({
  planned: step.planned,
  script: { ...script, statements: [...settings, ...unit.statements], opaque: false, units: [] },
  settings: step.settings,
  verifications: [],
});

/** What was kept before this unit stays. */
const ofUnit = (found: ReturnType<typeof fault>): ReturnType<typeof fault> => ({
  ...found,
  remedy: found.remedy.replace(
    "nothing of this step was kept",
    "nothing of this statement was kept, and the next run goes on with it",
  ),
});
