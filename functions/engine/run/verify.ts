import type { AnyMigration, Bundle } from "../bundle/bundle.ts";
import { openConsolidations, openFaults } from "../consolidation.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import { type AppliedRow, EMPTY_HISTORY, type History, otherBundle } from "../history.ts";
import { changedFaults, missingFaults, pendingOf } from "../plan.ts";
import { dueOf, repeatablesOf } from "../plan_repeat.ts";
import { runsQuery, toRun } from "../registry/read.ts";
import type { VerifyReport } from "../report.ts";
import { type RunOptions, requestHash, type VerifyRequest } from "../request.ts";
import { loadParser, readScript, type Script } from "../script/script.ts";
import type { BundleSource, World } from "../seam.ts";
import { stopFault } from "../step/final_fault.ts";
import { type Sender, withSender } from "../step/sender.ts";
import { meet } from "./enter.ts";
import {
  beginFrame,
  deadlineOf,
  headOf,
  type Learnt,
  learnBundle,
  learnHistory,
  nothingLearnt,
} from "./frame.ts";
import { type Integrity, lookAtIntegrity } from "./integrity.ts";
import { checksNothing, type PrepareOptions, scriptOptions } from "./prepare.ts";
import { replay } from "./replay.ts";
import { verifyReport } from "./run_report.ts";
import { assertSameBundle } from "./same_bundle.ts";
import { lookUnlocked, resultsOf, type Target } from "./target.ts";
import { untouched, verifyOne } from "./verify_one.ts";
import { recordVerification } from "./verify_record.ts";
import { withTarget } from "./with_target.ts";

/**
 * Runs the verification scripts of what is applied, each in a read-only transaction, without the run lock.
 * Nothing is written but one finished row at the end, where the login may: `recorded` says whether.
 */
export async function runVerify(
  request: VerifyRequest,
  source: BundleSource,
  options: RunOptions,
  world: World,
): Promise<VerifyReport> {
  const frame = beginFrame(world, options.run_id);
  const learnt = nothingLearnt();
  const { reference } = source;
  const replayed = await withTarget({ frame, options, world, writes: false }, learnt, async (target) => {
    const request_hash = requestHash({ request, reference });
    const met = await meet({ frame, target, request_hash }, target.shape);
    if (met.kind === "ended") return replay(met.recalled, headOf(frame, learnt, world), options);
    const unfinished = met.kind === "new" ? null : met.recalled;
    const bundle = await learnBundle(learnt, source, unfinished?.bundle_source ?? null);
    if (unfinished !== null) assertSameBundle(unfinished, bundle);
    const { shape, history } = await lookUnlocked(target, options.history_schema);
    learnHistory(learnt, history);
    learnt.pending = pendingOf(bundle, history).length + dueOf(bundle, history).length;
    if (shape.kind === "ours") learnt.stuck_runs = await stuckRuns(target);
    const chosen = choose(bundle, history, request);
    const given = scriptOptions(bundle, options, target.facts, shape);
    const scripts = await readVerifications(chosen, bundle, given, learnt);
    await withSender(target.session, world, deadlineOf(frame, options), async (sender) => {
      await verifyAll(chosen, scripts, { sender, options, world }, learnt);
      const goes_on = sender.stopped() === null && !learnt.faults.some(isLost);
      if (request.integrity === true && goes_on) {
        learnIntegrity(learnt, await lookAtIntegrity(target, shape, options, sender));
      }
    });
    const facts = { request, reference, bundle, options, frame, unfinished };
    if (shape.kind === "ours") await recordVerification(facts, shape, target, world, learnt);
    return null;
  });
  const report = verifyReport(frame, learnt, world);
  return replayed === null ? report : { ...report, ...replayed, recorded: true };
}

/** Open runs that nobody works on any more. */
async function stuckRuns({ session, tables, run_lock_key }: Target): Promise<readonly string[]> {
  const [answer] = await session.send([runsQuery(tables, run_lock_key, { kind: "open" })]);
  const runs = (resultsOf(answer, "Looking for open runs")[0]?.rows ?? []).map(toRun);
  return runs.filter(({ alive }) => alive !== true).map(({ run_id }) => run_id);
}

/**
 * The applied migrations that are asked for, where none is named with the repeatable ones as far as they are applied
 * as the bundle has them; throws where one of them is not applied.
 */
function choose(bundle: Bundle, history: History, request: VerifyRequest): readonly AnyMigration[] {
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
  if (request.versions.length > 0) {
    return bundle.migrations.filter(
      ({ version }) => applied.has(version) && request.versions.includes(version),
    );
  }
  const repeated = repeatablesOf(bundle, history).filter(
    ({ repeatable, row }) => row?.checksum === repeatable.up.checksum,
  );
  return [
    ...bundle.migrations.filter(({ version }) => applied.has(version)),
    ...repeated.map(({ repeatable }) => repeatable),
  ];
}

type Scripts = ReadonlyMap<AnyMigration, Script>;

/** Reads the verification scripts of these migrations; throws where one of them may not be run. */
export async function readVerifications(
  chosen: readonly AnyMigration[],
  bundle: Bundle,
  { script: given, strict }: PrepareOptions,
  learnt: Learnt,
): Promise<Scripts> {
  await loadParser();
  const history = learnt.history ?? EMPTY_HISTORY;
  const warnings: Fault[] = [
    ...bundle.warnings,
    ...openFaults(openConsolidations(bundle, history)),
    ...missingFaults(bundle, history),
    ...changedFaults(bundle, history),
  ];
  const faults: Fault[] = [];
  const scripts = new Map<AnyMigration, Script>();
  for (const migration of chosen) {
    const { verify } = migration;
    if (verify === null) continue;
    const { script, faults: found } = readScript(verify, "verify", given);
    faults.push(...found);
    if (script === null) continue;
    warnings.push(...script.warnings);
    if (!script.can_fail) (strict ? faults : warnings).push(checksNothing(script));
    scripts.set(migration, script);
  }
  learnt.warnings = [...learnt.warnings, ...warnings];
  const [first, ...rest] = faults;
  if (first !== undefined) throw new MigrationFault(first, ...rest);
  return scripts;
}

function learnIntegrity(learnt: Learnt, { checks, warnings, faults }: Integrity): void {
  learnt.integrity = checks;
  learnt.warnings = [...learnt.warnings, ...warnings];
  learnt.faults = [...learnt.faults, ...faults];
}

const isLost = ({ code }: Fault): boolean => code === "connection-lost";

interface VerifyContext {
  readonly sender: Sender;
  readonly options: RunOptions;
  readonly world: World;
}

/** Runs them one after the other, each in a read-only transaction; `learnt` takes the steps and what failed. */
export async function verifyAll(
  chosen: readonly AnyMigration[],
  scripts: Scripts,
  context: VerifyContext,
  learnt: Learnt,
): Promise<void> {
  const { sender, options, world } = context;
  const steps = chosen.map((migration) => untouched(migration, scripts.get(migration)));
  learnt.steps = steps;
  for (const [i, migration] of chosen.entries()) {
    const script = scripts.get(migration);
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
    if (step.error !== null && isLost(step.error)) return;
  }
}
