import { type Fault, fault } from "../errors.ts";
import { HELPERS } from "../registry/helper_names.ts";
import { integrityQuery } from "../registry/integrity_function.ts";
import type { Shape } from "../registry/shape.ts";
import type { RunOptions } from "../request.ts";
import type { Answer, Message } from "../seam.ts";
import { CHECK_LIMITS, type Check, verificationOf } from "../step/checks.ts";
import { stopFault } from "../step/final_fault.ts";
import { VERIFICATION_TIMEOUT_MS } from "../step/limits.ts";
import { cleanSession } from "../step/messages.ts";
import { serverFields } from "../step/script_fault.ts";
import type { Sender } from "../step/sender.ts";
import type { Target } from "./target.ts";

/** What the look at the schema came to. */
export interface Integrity {
  /** null where the function could not be called. */
  readonly checks: readonly Check[] | null;
  readonly warnings: readonly Fault[];
  /** What ends the run as failed. */
  readonly faults: readonly Fault[];
}

/**
 * Calls our verify_schema_integrity(), in a read-only transaction that is rolled back. Where it is not there, or not
 * ours, a warning says why: a stranger's function is not run. With --strict a check's WARNING fails the run.
 */
export async function lookAtIntegrity(
  target: Target,
  shape: Shape,
  options: RunOptions,
  sender: Sender,
): Promise<Integrity> {
  const why = uncallable(shape, options.history_schema);
  if (why !== null) return unchecked(why);
  const before: readonly Message[] = [
    cleanSession(options.role),
    { text: "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY" },
    { text: `SET LOCAL statement_timeout TO ${VERIFICATION_TIMEOUT_MS}` },
  ];
  const call = { ...integrityQuery(target.tables), rows_kept: [{ statements: 1, ...CHECK_LIMITS }] };
  const answers = await sender.send([...before, call, { text: "ROLLBACK" }]);
  const failed = answers.find((answer) => answer.kind !== "done");
  if (failed !== undefined) return failure(failed, sender);
  const answer = answers[before.length];
  const { checks } = verificationOf(answer?.kind === "done" ? answer.results : []);
  return { checks, warnings: [], faults: options.strict ? strictly(checks) : [] };
}

const unchecked = (message: string, about: Partial<Fault> = {}): Integrity => ({
  checks: null,
  warnings: [fault("integrity-unchecked", message, about)],
  faults: [],
});

/** In words; null where it may be called. */
function uncallable(shape: Shape, history_schema: string): string | null {
  const name = `${history_schema}.${HELPERS.integrity}()`;
  const state = shape.kind === "foreign" ? "absent" : shape.helpers.states[HELPERS.integrity];
  if (state === "ours") return null;
  if (state === "absent") return `The schema was not looked at: there is no ${name}.`;
  return `The schema was not looked at: ${name} was not made by this job.`;
}

function failure(answer: Exclude<Answer, { kind: "done" }>, sender: Sender): Integrity {
  const stopped = sender.stopped();
  if (answer.kind === "lost") {
    const message = `The connection was lost: ${answer.reason}.`;
    return {
      checks: null,
      warnings: [],
      faults: [fault("connection-lost", message, { remedy: "Run again." })],
    };
  }
  if (answer.error.sqlstate === "57014" && stopped !== null) {
    return { checks: null, warnings: [], faults: [stopFault(stopped)] };
  }
  return unchecked(`The schema was not looked at: ${answer.error.message}`, {
    ...serverFields(answer.error),
    remedy: "See the server's message.",
  });
}

function strictly(checks: readonly Check[]): readonly Fault[] {
  const found = checks.filter(({ status }) => status !== "pass");
  if (found.length === 0) return [];
  const named = found.map(({ name, details }) => `${name}: ${details ?? ""}`).join("; ");
  return [fault("integrity-warning", `${found.length} of the checks of the schema warn: ${named}.`)];
}
