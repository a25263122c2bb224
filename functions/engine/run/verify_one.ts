import type { AnyMigration } from "../bundle/bundle.ts";
import { type Fault, fault } from "../errors.ts";
import { veiledVerification } from "../placeholders/filled.ts";
import { milliseconds, type StepReport } from "../report.ts";
import type { Script } from "../script/script.ts";
import type { Answer, Message, World } from "../seam.ts";
import { type ScriptGroup, scriptGroups } from "../step/batch.ts";
import { CHECK_LIMITS, checkFault, verificationOf } from "../step/checks.ts";
import { stopFault } from "../step/final_fault.ts";
import { VERIFICATION_TIMEOUT_MS } from "../step/limits.ts";
import { cleanSession } from "../step/messages.ts";
import { scriptFault, serverFields } from "../step/script_fault.ts";
import type { Sender } from "../step/sender.ts";

/** A verification before anything was done of it; skipped where there is no script. */
export const untouched = (migration: AnyMigration, script: Script | undefined): StepReport => ({
  version: migration.version === null ? null : String(migration.version),
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
  blockers: [],
  error: null,
});

/** One script in one read-only transaction that is always rolled back: one round trip. */
export async function verifyOne(
  migration: AnyMigration,
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
    rows_kept: [{ statements: length, ...CHECK_LIMITS }],
  }));
  const answers = await sender.send([...before, ...scriptPart, ...after]);
  const own = answers.slice(before.length, before.length + parts.length);
  const { checks, shown } = veiledVerification(
    script.file,
    verificationOf(own.flatMap((answer) => (answer.kind === "done" ? answer.results : []))),
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
