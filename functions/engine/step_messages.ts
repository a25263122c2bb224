import { type ScriptMessage, scriptMessages } from "./batch.ts";
import type { Migration } from "./bundle.ts";
import { BEGUN_QUERY, endedQuery, type GuardBaseline } from "./guards.ts";
import { VERIFICATION_TIMEOUT_MS } from "./limits.ts";
import type { PlannedStep } from "./plan.ts";
import { BEGIN } from "./registry/write.ts";
import type { Script } from "./script.ts";
import type { Message } from "./seam.ts";
import { quoteIdentifier } from "./sql/quote.ts";
import { CHECK_ROWS_KEPT } from "./verify.ts";

/** A planned step whose scripts were read and parsed. */
export interface PreparedStep {
  readonly planned: PlannedStep;
  readonly script: Script;
  readonly verifications: readonly { readonly migration: Migration; readonly script: Script }[];
}

/** What every step of a run needs to know of it. */
export interface StepSettings {
  /** Quoted name of the history table. */
  readonly history: string;
  readonly run_lock_key: bigint;
  readonly step_lock_key: bigint;
  readonly baseline: GuardBaseline;
  /** SET ROLE of the run, or null. */
  readonly role: string | null;
}

/** One message of a step's first flush, and what it is for. */
export type StepMessage =
  | { readonly kind: "clean" | "begin"; readonly message: Message }
  | { readonly kind: "script"; readonly message: Message; readonly part: ScriptMessage }
  | {
      readonly kind: "verification";
      readonly message: Message;
      readonly part: ScriptMessage;
      readonly migration: Migration;
    }
  /** Between script and verification, between two verifications, or at the end. */
  | {
      readonly kind: "boundary";
      readonly message: Message;
      /** A verification ends here: the first result tells whether its transaction is still read-only. */
      readonly closes: boolean;
      /** The step ends here: the look at its end follows. */
      readonly ends: boolean;
    };

/** Places of the statements within the `begin` message, to tell which of them raised. */
export const BEGIN_PARTS = { begin: 0, lock: 1, compare: 2, begun: 3 } as const;

/**
 * A message of its own before BEGIN: a later ROLLBACK would undo its RESETs. Not DISCARD ALL, which drops
 * the run lock. Read-only by default: where BEGIN did not come about (a CancelRequest may hit just it), the
 * script that is already on the wire would otherwise run and be kept, statement by statement.
 */
export function cleanSession(role: string | null): Message {
  const setRole = role === null ? "" : `; SET ROLE ${quoteIdentifier(role)}`;
  return {
    text:
      "CLOSE ALL; DEALLOCATE ALL; UNLISTEN *; DISCARD TEMP; DISCARD SEQUENCES; " +
      `RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL${setRole}; SET default_transaction_read_only TO on`,
  };
}

/** Raises (22012) where the condition is false: an empty answer would not stop what is already on the wire. */
const raiseUnless = (condition: string): string =>
  `SELECT 1 OPERATOR(pg_catalog./) (CASE WHEN ${condition} THEN 1 ELSE 0 END)`;

/** Lock and comparison are two statements: in one, the comparison's snapshot would be older than the grant. */
function beginMessage(step: PreparedStep, settings: StepSettings): Message {
  const { migration, direction, expect_last } = step.planned;
  const { history } = settings;
  const exists = `EXISTS (SELECT FROM ${history} WHERE version OPERATOR(pg_catalog.=) ${migration.version})`;
  const last = `coalesce((SELECT version FROM ${history} ORDER BY applied_seq DESC LIMIT 1), 0) OPERATOR(pg_catalog.=) ${expect_last ?? 0n}`;
  return {
    text: [
      BEGIN,
      raiseUnless(`pg_catalog.pg_try_advisory_xact_lock(${settings.step_lock_key}::pg_catalog.int8)`),
      raiseUnless(`${direction === "up" ? "NOT " : ""}${exists} AND ${last}`),
      BEGUN_QUERY,
    ].join(";\n"),
  };
}

/**
 * After the savepoint, so that going back to it brings the script's role and settings back for the last
 * guard to see. RESET ALL also undoes our own SET LOCALs, so they follow it.
 */
function restore(role: string | null): string {
  const setRole = role === null ? "" : `SET LOCAL ROLE ${quoteIdentifier(role)}; `;
  return (
    "CLOSE ALL; DISCARD TEMP; DISCARD SEQUENCES; RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; " +
    `${setRole}SET LOCAL statement_timeout TO ${VERIFICATION_TIMEOUT_MS}; SET LOCAL transaction_read_only TO on`
  );
}

/** Deferred triggers and constraints act before anyone looks. */
const BARRIER = "SET CONSTRAINTS ALL IMMEDIATE";

/** How many statements close a verification. */
export const CLOSING_STATEMENTS = 3;
const closing = (savepoint: string): readonly string[] => [
  "SELECT pg_catalog.current_setting('transaction_read_only')",
  `ROLLBACK TO SAVEPOINT ${savepoint}`,
  `RELEASE SAVEPOINT ${savepoint}`,
];

/**
 * Everything of a step up to the look at its end; nothing of it is kept until the finish is sent. Our own
 * statements share messages: each message costs the server an answer of its own.
 */
export function openMessages(
  step: PreparedStep,
  settings: StepSettings,
  nonce: () => string,
): readonly StepMessage[] {
  const messages: StepMessage[] = [
    { kind: "clean", message: cleanSession(settings.role) },
    { kind: "begin", message: beginMessage(step, settings) },
    ...scriptMessages(step.script).map((part) => ({ kind: "script", message: part.message, part }) as const),
  ];
  const boundary = (close: readonly string[], statements: readonly string[], ends: boolean): void => {
    const text = [...close, ...statements].join(";\n");
    messages.push({ kind: "boundary", message: { text }, closes: close.length > 0, ends });
  };
  let close: readonly string[] = [];
  for (const { migration, script } of step.verifications) {
    const savepoint = `paws_${nonce()}`;
    boundary(close, [BARRIER, `SAVEPOINT ${savepoint}`, restore(settings.role)], false);
    for (const part of scriptMessages(script)) {
      const message = { ...part.message, rows_kept: CHECK_ROWS_KEPT };
      messages.push({ kind: "verification", message, part, migration });
    }
    close = closing(savepoint);
  }
  // The RESET is for the history's row, which is written under the session's own settings; a ROLLBACK undoes it.
  boundary(close, [BARRIER, endedQuery(settings.baseline), "RESET ALL"], true);
  return messages;
}
