import { fault } from "../errors.ts";
import type { WorkUnit } from "../script/script.ts";
import type { Message, Result } from "../seam.ts";
import { SEPARATOR } from "../step/batch.ts";
import { endedQueries, foreignLocks, guardFault, toEnded } from "../step/guards.ts";
import { seeBlockers } from "../watch/blocking.ts";
import { allGood, type CameTo, done, failed } from "./came_to.ts";
import type { Due } from "./context.ts";
import type { Tally } from "./tally.ts";
import { NUMBER_QUERY, wasOneTransaction } from "./transactions.ts";
import { alone, lockTimeout, prelude, textOf, type UnitMessage } from "./unit_messages.ts";

/** A unit that is one statement, run by itself. */
export type SingleUnit = Extract<WorkUnit, { kind: "looked" | "blind" }>;

/** Sends messages that must all be answered well. */
async function sendGood(due: Due<SingleUnit>, messages: readonly UnitMessage[]) {
  const { script, unit, context } = due;
  const [statement] = unit.statements;
  if (statement === undefined) throw new Error("a unit without a statement");
  const answers = await context.sender.send(messages.map(({ message }) => message));
  return allGood(script, statement, messages, answers, context.sender.stopped());
}

const preludeOf = ({ step, script, unit, settings, context }: Due<SingleUnit>) =>
  prelude(script, step.settings, settings, context.settings.role, lockTimeout(script, unit));

/** They may have committed a part of what they do before they fail. */
export const mayCommit = ({ what }: SingleUnit): boolean => what === "DO" || what === "CALL";

/** Looks at something under the settings that the statement runs under. */
export async function lookUnder(due: Due<SingleUnit>, query: Message): Promise<CameTo<Result | undefined>> {
  const answers = await sendGood(due, [...preludeOf(due), { message: query, statement: null }]);
  return answers.kind === "failed" ? answers : done(answers.value.at(-1)?.results[0]);
}

/** How long a statement took, and how many rows it wrote. */
export interface Ran {
  readonly ms: number;
  readonly rows: number;
}

/** Runs one statement of ours (a repair) or the unit's own (`text` null) by itself, in a clean session. */
export async function runAlone(
  due: Due<SingleUnit>,
  text: string | null,
  tally: Tally,
): Promise<CameTo<Ran>> {
  const { script, unit, context } = due;
  const [statement] = unit.statements;
  if (statement === undefined) throw new Error("a unit without a statement");
  const ready = await sendGood(due, preludeOf(due));
  if (ready.kind === "failed") return { ...ready, nothing_kept: !ready.lost };
  const message =
    text === null
      ? { message: alone(textOf(script, statement)), statement }
      : { message: alone(text), statement: null };
  const began_ms = context.world.clock.monotonic_ms();
  const { migration, direction } = due.step.planned;
  context.long_answers.awaits({
    label: migration.label,
    name: migration.name,
    direction,
    statement: () => due.first,
    since_ms: began_ms,
    progress: null,
    blockers: tally.blockers,
  });
  const look = mayCommit(unit) ? [NUMBER_QUERY] : [];
  const sending = context.sender.send([...look, message.message, ...look]);
  const answers = await (tally.met() ? seeBlockers(sending, tally.blockers, context) : sending);
  context.long_answers.awaits(null);
  const own = answers.slice(look.length, look.length + 1);
  const ran = allGood(script, statement, [message], own, context.sender.stopped());
  if (ran.kind === "failed") {
    const nothing_kept = !mayCommit(unit) || wasOneTransaction(answers.at(0), answers.at(-1));
    return { ...ran, nothing_kept: nothing_kept && !ran.lost };
  }
  const [answer] = ran.value;
  const rows = answer?.results[0]?.tag === "COPY" ? answer.results[0].row_count : 0;
  return done({ ms: (answer?.at_ms ?? began_ms) - began_ms, rows });
}

/** What a script must leave alone is looked at after each statement, before the session is cleaned. */
export async function guard(due: Due<SingleUnit>): Promise<CameTo<null>> {
  const { script, unit, context } = due;
  const { settings } = context;
  const look = { text: endedQueries(settings.baseline).join(SEPARATOR) };
  const answers = await sendGood(due, [{ message: look, statement: null }]);
  if (answers.kind === "failed") return answers;
  const ended = toEnded(answers.value[0]?.results ?? []);
  const { path } = script.file;
  // Each statement had a transaction of its own.
  const begun = { xid: ended.xid, at_epoch: null };
  const left =
    guardFault(settings.baseline, settings, begun, ended, script) ??
    (foreignLocks(ended, settings).length === 0
      ? null
      : fault("advisory-lock-left", `${path} took session-level advisory locks.`, { file: path }));
  if (left === null) return done(null);
  const message = `${left.message} What ${unit.what} did before cannot be undone.`;
  return failed({ ...left, message, remedy: left.remedy.replace("; nothing of this step was kept", "") });
}
