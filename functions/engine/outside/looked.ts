import type { WorkUnit } from "../script/script.ts";
import { type CameTo, done, failed, faultAt, stopAt } from "./came_to.ts";
import type { Due } from "./context.ts";
import { type Decision, decide, shows } from "./decide.ts";
import { type Found, toFound } from "./found.ts";
import { waitsForOthers } from "./holders.ts";
import { lookQuery } from "./look.ts";
import { guard, lookUnder, type Ran, runAlone } from "./statement.ts";
import { retry, type Tally } from "./tally.ts";
import { isConcurrent } from "./unit_messages.ts";
import { recordBegun, recordDone, recordWithdrawn } from "./unit_record.ts";
import { patience, waitForTransactions } from "./wait.ts";

type Looked = Extract<WorkUnit, { kind: "looked" }>;

const RAN_BEFORE: Ran = { ms: 0, rows: 0 };

/** Runs one statement whose effect the catalog shows: look, `started`, decide, run, look again, `done`. */
export async function runLooked(due: Due<Looked>, tally: Tally): Promise<CameTo<Ran>> {
  const statement = statementOf(due);
  let before: Found | null = due.row === null ? null : (due.row.found as Found);
  for (;;) {
    const settled = await settle(due, before);
    if (settled.kind === "failed") return settled;
    const { decision, found } = settled.value;
    if (decision.kind === "refuse") {
      return failed(faultAt("index-differs", due.script, statement, decision.message));
    }
    // Whatever is written from here on is told by what was there before the first try.
    const earlier = before ?? found;
    const started = await recordBegun(due, earlier);
    if (started.kind === "failed") return started;
    tally.begun(started.value.begun.at_epoch);
    before = earlier;
    const ran = decision.kind === "done" ? done(RAN_BEFORE) : await run(due, decision, earlier, tally);
    if (ran.kind === "done") return recordDone(due, ran.value);
    if (await retry(due, ran, tally)) continue;
    await takeBack(due, ran, earlier, tally);
    return tally.givenUp(ran, due);
  }
}

const statementOf = ({ unit }: Due<Looked>) => {
  const [statement] = unit.statements;
  if (statement === undefined) throw new Error("a unit without a statement");
  return statement;
};

interface Settled {
  readonly found: Found;
  readonly decision: Exclude<Decision, { kind: "wait" }>;
}

interface Seen {
  readonly found: Found;
  readonly decision: Decision;
}

/**
 * Looks at the object. What is left of a statement must be seen twice: within one look the catalog is older than the
 * locks, and who ended between the two has left nothing.
 */
async function look(due: Due<Looked>, before: Found | null): Promise<CameTo<Seen>> {
  const { effect } = due.unit;
  for (let seen_left = false; ; seen_left = true) {
    const looked = await lookUnder(due, lookQuery(effect));
    if (looked.kind === "failed") return looked;
    const found = toFound(looked.value);
    const decision = decide(effect, found, before);
    if (seen_left || !isLeft(decision)) return done({ found, decision });
  }
}

/** It is not the statement itself that is to run, or not at once. */
const isLeft = (decision: Decision): boolean =>
  decision.kind === "run" && (decision.repair.length > 0 || decision.instead !== null);

/** Looks until nobody else works on the object. */
async function settle(due: Due<Looked>, before: Found | null): Promise<CameTo<Settled>> {
  const statement = statementOf(due);
  let pids: readonly number[] = [];
  const waiting = patience(due, () =>
    faultAt(
      "lock-timeout",
      due.script,
      statement,
      `Another session works on the same object (pid ${pids.join(", ")}).`,
    ),
  );
  for (;;) {
    const seen = await look(due, before);
    if (seen.kind === "failed") return seen;
    const { found, decision } = seen.value;
    if (decision.kind !== "wait") return done({ found, decision });
    ({ pids } = decision);
    const over = await waiting.next();
    if (over !== null) return failed(over);
  }
}

/** Repairs, runs, and looks whether the effect is there. */
async function run(
  due: Due<Looked>,
  { repair, instead }: Extract<Decision, { kind: "run" }>,
  before: Found,
  tally: Tally,
): Promise<CameTo<Ran>> {
  const { effect } = due.unit;
  if (isConcurrent(due.unit) && waitsForOthers(effect)) {
    const free = await waitForTransactions(due, effect);
    if (free.kind === "failed") return free;
  }
  for (const text of repair) {
    const repaired = await runAlone(due, text, tally);
    if (repaired.kind === "failed") return repaired;
  }
  const { sender } = due.context;
  const stopped = sender.stopped();
  if (stopped !== null) return failed(stopAt(due.script, statementOf(due), stopped));
  const ran = await runAlone(due, instead, tally);
  if (ran.kind === "failed") return ran;
  const kept = await guard(due);
  if (kept.kind === "failed") return kept;
  const looked = await lookUnder(due, lookQuery(effect));
  if (looked.kind === "failed") return looked;
  if (shows(effect, toFound(looked.value), before)) return ran;
  const message = "The server answered without an error, and the catalog does not show the effect.";
  return failed(faultAt("no-effect", due.script, statementOf(due), message));
}

/**
 * A statement that failed or did not come to run, and that left nothing, was never begun: it may be corrected in the
 * file. What a refused build left is dropped for that, unless the run is to end; behind old transactions a DROP would
 * wait as the build would.
 */
async function takeBack(
  due: Due<Looked>,
  ran: Extract<CameTo<Ran>, { kind: "failed" }>,
  earlier: Found,
  tally: Tally,
): Promise<void> {
  if (ran.lost || due.context.sender.stopped() !== null) return;
  const seen = await look(due, earlier);
  if (seen.kind === "failed") return;
  const { decision } = seen.value;
  const refused = ran.sqlstate !== null;
  for (const text of refused && decision.kind === "run" ? decision.repair : []) {
    const dropped = await runAlone(due, text, tally);
    if (dropped.kind === "failed") return;
  }
  const left = await lookUnder(due, lookQuery(due.unit.effect));
  if (left.kind === "failed" || !isNothing(toFound(left.value), earlier)) return;
  await recordWithdrawn(due);
}

/** Nothing of the statement is there. Who works on the object is no part of its state. */
const isNothing = (found: Found, earlier: Found): boolean =>
  (found.kind === "create-index" && found.index === null) ||
  JSON.stringify({ ...found, busy: [] }) === JSON.stringify({ ...earlier, busy: [] });
