import type { AnyMigration, Bundle } from "../bundle/bundle.ts";
import { type Fault, fault } from "../errors.ts";
import type { Filling } from "../placeholders/values.ts";
import type { Plan, PlannedStep } from "../plan.ts";
import { ownFunctions } from "../registry/helper_names.ts";
import type { Shape } from "../registry/shape.ts";
import type { RunOptions } from "../request.ts";
import type { LeftSetting } from "../script/left_settings.ts";
import {
  loadParser,
  readScript,
  type Script,
  type ScriptFile,
  type ScriptOptions,
  type ScriptRole,
} from "../script/script.ts";
import type { PreparedStep } from "../step/messages.ts";
import { settingsLeftWarnings } from "../step/settings_left.ts";
import { settingsBefore } from "../step/shared_session.ts";
import type { ServerFacts } from "./preflight.ts";

/** A plan whose scripts were read: ready to run where there are no faults. */
export interface Prepared {
  readonly steps: readonly PreparedStep[];
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

export interface PrepareOptions {
  readonly script: ScriptOptions;
  /** Warnings about verifications that check nothing are faults. */
  readonly strict: boolean;
  /** The server's encoding: an SQL_ASCII database would keep the bytes of any file unchecked. */
  readonly encoding: string;
}

/** What reading depends on: the bundle's permissions, the job's role and schema, the server's encoding. */
export const scriptOptions = (
  bundle: Bundle,
  options: RunOptions,
  facts: ServerFacts,
  shape: Shape,
): PrepareOptions => ({
  script: { ...readingOf(bundle, options, "refuse"), own_functions: ownFunctions(shape) },
  strict: options.strict,
  encoding: facts.encoding,
});

/** The same of the files alone: no target, so values may be missing. */
export const offlineOptions = (bundle: Bundle, options: RunOptions): ScriptOptions =>
  readingOf(bundle, options, "stand-in");

function readingOf(bundle: Bundle, options: RunOptions, missing: Filling["missing"]): ScriptOptions {
  const { allow, placeholders: declared } = bundle.options;
  return {
    allow,
    history_schema: options.history_schema,
    under_role: options.role !== null,
    placeholders: declared === null ? null : { declared, given: options.placeholders, missing },
  };
}

/**
 * Reads every script that a plan will run, and the rollbacks of what it will apply: all of it is checked
 * before the first write.
 */
export async function prepare(bundle: Bundle, plan: Plan, options: PrepareOptions): Promise<Prepared> {
  await loadParser();
  const faults: Fault[] = [];
  const warnings: Fault[] = [...bundle.warnings, ...plan.warnings];
  const read = (file: ScriptFile, role: ScriptRole): Script | null => {
    const found = readScript(file, role, options.script);
    faults.push(...found.faults);
    warnings.push(...(found.script?.warnings ?? []));
    return found.script;
  };
  const verifications = verificationReader(read, options, faults, warnings);
  const shared = sharedSettings(bundle, options.script.placeholders, faults);
  const steps: PreparedStep[] = [];
  for (const planned of plan.steps) {
    const script =
      planned.direction === "verify"
        ? (verifications(planned.migration)?.script ?? null)
        : stepScript(planned, read, faults);
    const verifies = planned.verifies.flatMap((migration) => verifications(migration) ?? []);
    if (script === null) continue;
    if (options.encoding === "SQL_ASCII") faults.push(...notAscii(script));
    warnings.push(...settingsLeftWarnings(script, bundle.options.session));
    const settings = planned.direction === "verify" ? [] : shared(planned.migration.version);
    steps.push({ planned, script, settings, verifications: verifies });
  }
  return { steps, faults, warnings };
}

/** What is in force in front of each version: nothing where every file begins anew. */
function sharedSettings(
  bundle: Bundle,
  filling: Filling | null,
  faults: Fault[],
): (version: bigint | null) => readonly LeftSetting[] {
  if (bundle.options.session === "isolated") return () => [];
  const before = settingsBefore(bundle, filling, (found) => {
    // A file that is to be applied was read as a script, and has told of them.
    faults.push(...found.filter((one) => !faults.some((told) => isSame(told, one))));
  });
  return (version) => [...before(version).values()];
}

const isSame = (a: Fault, b: Fault): boolean =>
  a.code === b.code && a.file === b.file && a.line === b.line && a.column === b.column;

type Read = (file: ScriptFile, role: ScriptRole) => Script | null;

/** The script that a step runs; of what is applied, the rollback is read too, and discarded. */
function stepScript({ migration, direction }: PlannedStep, read: Read, faults: Fault[]): Script | null {
  const rollback = migration.rollback === null ? null : read(migration.rollback, "rollback");
  if (direction === "up" || direction === "repeat") return read(migration.up, "up");
  if (rollback !== null && rollback.statements.length === 0) {
    const message = `${rollback.file.path} holds no statement: rolling back ${migration.label} would do nothing.`;
    faults.push(fault("irreversible", message, { file: rollback.file.path }));
  }
  return rollback;
}

/** A verification may run after many rollbacks; it is read once. */
function verificationReader(read: Read, options: PrepareOptions, faults: Fault[], warnings: Fault[]) {
  const known = new Map<AnyMigration, PreparedStep["verifications"][number] | null>();
  return (migration: AnyMigration) => {
    const before = known.get(migration);
    if (before !== undefined || migration.verify === null) return before ?? null;
    const script = read(migration.verify, "verify");
    if (script !== null && !script.can_fail) (options.strict ? faults : warnings).push(checksNothing(script));
    const entry = script === null ? null : { migration, script };
    known.set(migration, entry);
    return entry;
  };
}

export const checksNothing = (script: Script): Fault =>
  fault(
    "verification-checks-nothing",
    `${script.file.path} returns no status and cannot raise: it checks nothing.`,
    {
      file: script.file.path,
    },
  );

function notAscii(script: Script): readonly Fault[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII is what is meant
  if (/^[\x00-\x7f]*$/.test(script.file.text)) return [];
  const message = `${script.file.path} has characters outside ASCII, and the database has no encoding (SQL_ASCII).`;
  return [fault("sql-ascii", message, { file: script.file.path })];
}
