import type { Bundle, Migration } from "../bundle/bundle.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import { type AppliedRow, type History, otherBundle } from "../history.ts";
import { changedFaults, missingFaults } from "../plan.ts";
import { transaction, transactionFault } from "../registry/record.ts";
import { type EventRow, recordEvents, recordRun } from "../registry/write.ts";
import { milliseconds, type StepReport, type VerifyReport } from "../report.ts";
import type { RunOptions, VerifyRequest } from "../request.ts";
import { loadParser, readScript, type Script } from "../script/script.ts";
import type { Answer, Message, World } from "../seam.ts";
import { type ScriptGroup, scriptGroups } from "../step/batch.ts";
import { CHECK_ROWS_KEPT, checkFault, verificationOf } from "../step/checks.ts";
import { VERIFICATION_TIMEOUT_MS } from "../step/limits.ts";
import { cleanSession } from "../step/messages.ts";
import { scriptFault, serverFields } from "../step/script_fault.ts";
import { type Sender, sendLast, withSender } from "../step/sender.ts";
import { stopFault } from "../step/tries.ts";
import { beginFrame, headOf, type Learnt, learnHistory, learnTarget, nothingLearnt } from "./frame.ts";
import { checksNothing, scriptOptions } from "./prepare.ts";
import { runEnd, runRow } from "./record.ts";
import { lookUnlocked, openTarget, type Target } from "./target.ts";

/**
 * Runs the verification scripts of what is applied, each in a read-only transaction, without the run lock.
 * Nothing is written but one finished row at the end, where the login may: `recorded` says whether.
 */
export async function runVerify(
  request: VerifyRequest,
  bundle: Bundle,
  options: RunOptions,
  world: World,
): Promise<VerifyReport> {
  const frame = beginFrame(world, options.run_id);
  const learnt = nothingLearnt();
  try {
    const target = await openTarget(frame.run_id, options, world, false);
    try {
      learnTarget(learnt, target);
      const { shape, history } = await lookUnlocked(target, options.history_schema);
      learnHistory(learnt, history);
      const chosen = choose(bundle, history, request);
      const scripts = await readVerifications(chosen, bundle, options, target, learnt);
      const deadline =
        options.timeout_ms === null ? Number.POSITIVE_INFINITY : frame.began_ms + options.timeout_ms;
      await withSender(target.session, world, deadline, (sender) =>
        verifyAll(chosen, scripts, { sender, options, world }, learnt),
      );
      const facts = { request, bundle, options, frame };
      if (shape.kind === "ours") learnt.recorded = await record(facts, target, world, learnt);
    } finally {
      await target.session.close();
    }
  } catch (error) {
    if (!(error instanceof MigrationFault)) throw error;
    learnt.faults = error.faults;
  }
  return { command: "verify", ...headOf(frame, learnt, bundle, world), recorded: learnt.recorded };
}

/** The applied migrations that are asked for; throws where one of them is not applied. */
function choose(bundle: Bundle, history: History, request: VerifyRequest): readonly Migration[] {
  const other = otherBundle(history, bundle);
  if (other !== null) throw new MigrationFault(other);
  const applied = new Set(history.rows.map((row: AppliedRow) => row.version));
  const known = new Set([...applied, ...bundle.migrations.map((migration) => migration.version)]);
  const faults = request.versions.flatMap((version): readonly Fault[] => {
    if (applied.has(version)) return [];
    return known.has(version)
      ? [fault("not-applied", `Version ${version} is not applied.`)]
      : [fault("unknown-version", `The bundle ${bundle.options.name} has no version ${version}.`)];
  });
  const [first, ...rest] = faults;
  if (first !== undefined) throw new MigrationFault(first, ...rest);
  return bundle.migrations.filter(
    ({ version }) =>
      applied.has(version) && (request.versions.length === 0 || request.versions.includes(version)),
  );
}

type Scripts = ReadonlyMap<bigint, Script>;

async function readVerifications(
  chosen: readonly Migration[],
  bundle: Bundle,
  options: RunOptions,
  target: Target,
  learnt: Learnt,
): Promise<Scripts> {
  await loadParser();
  const { script: given, strict } = scriptOptions(bundle, options, target.facts);
  const history = learnt.history ?? { rows: [] };
  const warnings: Fault[] = [
    ...bundle.warnings,
    ...missingFaults(bundle, history),
    ...changedFaults(bundle, history),
  ];
  const faults: Fault[] = [];
  const scripts = new Map<bigint, Script>();
  for (const { version, verify } of chosen) {
    if (verify === null) continue;
    const { script, faults: found } = readScript(verify, "verify", given);
    faults.push(...found);
    if (script === null) continue;
    warnings.push(...script.warnings);
    if (!script.can_fail) (strict ? faults : warnings).push(checksNothing(script));
    scripts.set(version, script);
  }
  learnt.warnings = [...learnt.warnings, ...warnings];
  const [first, ...rest] = faults;
  if (first !== undefined) throw new MigrationFault(first, ...rest);
  return scripts;
}

interface VerifyContext {
  readonly sender: Sender;
  readonly options: RunOptions;
  readonly world: World;
}

async function verifyAll(
  chosen: readonly Migration[],
  scripts: Scripts,
  context: VerifyContext,
  learnt: Learnt,
): Promise<void> {
  const { sender, options, world } = context;
  const steps = chosen.map((migration) => untouched(migration, scripts.get(migration.version)));
  learnt.steps = steps;
  for (const [i, migration] of chosen.entries()) {
    const script = scripts.get(migration.version);
    if (script === undefined) continue;
    const stopped = sender.stopped();
    if (stopped !== null) {
      learnt.faults = [stopFault(stopped)];
      return;
    }
    const named = { label: migration.label, name: migration.name, direction: "verify" };
    world.emit({ type: "step-started", ...named });
    const step = await verifyOne(migration, script, options.role, sender, world);
    steps[i] = step;
    const status = step.status === "done" ? "done" : "failed";
    world.emit({
      type: "step-finished",
      ...named,
      status,
      duration_ms: step.duration_ms ?? 0,
      checks: step.checks.length,
    });
    if (step.error !== null) learnt.faults = [...learnt.faults, step.error];
    if (step.error?.code === "connection-lost") return;
  }
}

const untouched = (migration: Migration, script: Script | undefined): StepReport => ({
  version: String(migration.version),
  label: migration.label,
  name: migration.name,
  direction: "verify",
  status: script === undefined ? "skipped" : "not_run",
  duration_ms: null,
  lock_wait_ms: null,
  lock_held_ms: null,
  statements: script?.statements.length ?? null,
  tries: 0,
  checks: [],
  results: [],
  error: null,
});

/** One script in one read-only transaction that is always rolled back: one round trip. */
async function verifyOne(
  migration: Migration,
  script: Script,
  role: string | null,
  sender: Sender,
  world: World,
): Promise<StepReport> {
  const parts = scriptGroups(script);
  const before: readonly Message[] = [
    cleanSession(role),
    { text: "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY" },
    { text: `SET LOCAL statement_timeout TO ${VERIFICATION_TIMEOUT_MS}` },
  ];
  const after: readonly Message[] = [
    { text: "SELECT pg_catalog.current_setting('transaction_read_only')" },
    { text: "ROLLBACK" },
  ];
  const began_ms = world.clock.monotonic_ms();
  const scriptPart = parts.map(({ text, parts: { length } }) => ({
    text,
    rows_kept: [{ statements: length, rows: CHECK_ROWS_KEPT }],
  }));
  const answers = await sender.send([...before, ...scriptPart, ...after]);
  const own = answers.slice(before.length, before.length + parts.length);
  const { checks, shown } = verificationOf(
    own.flatMap((answer) => (answer.kind === "done" ? answer.results : [])),
  );
  const { path } = script.file;
  const failed = checkFault(checks, path);
  const error =
    answerFault(answers, own, parts, sender, path) ??
    (failed === null ? null : { ...failed, remedy: "See the failed check." });
  return {
    ...untouched(migration, script),
    status: error === null ? "done" : "failed",
    duration_ms: milliseconds(world.clock.monotonic_ms() - began_ms),
    tries: 1,
    checks,
    results: shown,
    error,
  };
}

function answerFault(
  answers: readonly Answer[],
  own: readonly Answer[],
  parts: readonly ScriptGroup[],
  sender: Sender,
  file: string,
): Fault | null {
  const lost = answers.find((answer) => answer.kind === "lost");
  if (lost !== undefined)
    return fault("connection-lost", `The connection was lost: ${lost.reason}.`, { remedy: "Run again." });
  const at = own.findIndex((answer) => answer.kind === "error");
  const answer = own[at];
  const part = parts[at];
  if (answer?.kind === "error" && part !== undefined) {
    const stopped = sender.stopped();
    if (answer.error.sqlstate === "57014" && stopped !== null) return stopFault(stopped);
    const code = answer.error.sqlstate === "25006" ? "verification-wrote" : "verification-error";
    const place = { group: part, message: part.text, offset: 0 };
    return scriptFault(code, place, answer.error, answer.results.length);
  }
  const first = answers.find((other) => other.kind === "error");
  if (first?.kind === "error")
    return fault("verification-error", first.error.message, serverFields(first.error));
  const read_only = answers.at(-2);
  const still = read_only?.kind === "done" && read_only.results[0]?.rows[0]?.[0] === "on";
  const message = "The verification turned off its read-only transaction.";
  return still ? null : fault("verification-wrote", message, { file });
}

/** Writes the run as one finished row with its events; false where this login may not. */
async function record(
  facts: Parameters<typeof runRow>[0],
  target: Target,
  world: World,
  learnt: Learnt,
): Promise<boolean> {
  const { status, end } = runEnd(facts.frame, learnt, world);
  const events = learnt.steps
    .filter((step) => step.tries > 0)
    .map((step) => eventOf(step, facts.frame.run_id));
  const summary = learnt.steps.map(({ version, label, name, direction }) => ({
    version,
    label,
    name,
    direction,
  }));
  const messages = [
    recordRun(target.tables, runRow(facts, status, summary), end, false),
    ...recordEvents(target.tables, events),
  ];
  const answers = await sendLast(target.session, world, [
    cleanSession(facts.options.role),
    ...transaction(messages),
  ]);
  const failed = transactionFault(answers.slice(1), "Recording the verification");
  if (failed === null) return true;
  learnt.warnings = [...learnt.warnings, fault("not-recorded", failed.message)];
  return false;
}

const eventOf = (step: StepReport, run_id: string): EventRow => ({
  run_id,
  version: step.version,
  label: step.label,
  name: step.name,
  action: "verify",
  success: step.error === null,
  started_epoch: null,
  duration_ms: step.duration_ms ?? 0,
  lock_wait_ms: 0,
  lock_held_ms: null,
  tries: step.tries,
  statements: step.statements ?? 0,
  rows: 0,
  sqlstate: step.error?.sqlstate ?? null,
  error: step.error,
  checks: step.checks,
  timings: [],
});
