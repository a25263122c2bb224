import type { AnyMigration } from "../bundle/bundle.ts";
import type { PlannedStep } from "../plan.ts";
import { lastAppliedBy } from "../registry/repeatables.ts";
import { BEGIN } from "../registry/write.ts";
import type { LeftSetting } from "../script/left_settings.ts";
import type { Script } from "../script/script.ts";
import type { Message } from "../seam.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { eachGroup, type ScriptGroup, SEPARATOR } from "./batch.ts";
import { BEGUN_QUERY, endedQueries, type GuardBaseline } from "./guards.ts";
import { LOCK_TIMEOUT_DDL_MS, VERIFICATION_TIMEOUT_MS } from "./limits.ts";

/** A planned step whose scripts were read and parsed. */
export interface PreparedStep<Planned extends PlannedStep = PlannedStep> {
  readonly planned: Planned;
  readonly script: Script;
  /** In force when it begins, since the bundle's files share one session; its verification does not see them. */
  readonly settings: readonly LeftSetting[];
  readonly verifications: readonly { readonly migration: AnyMigration; readonly script: Script }[];
}

/** What every step of a run needs to know of it. */
export interface StepSettings {
  /** Quoted name of the history table. */
  readonly history: string;
  /** The same of the table of repeatable migrations. */
  readonly repeatables: string;
  readonly run_lock_key: bigint;
  readonly step_lock_key: bigint;
  readonly baseline: GuardBaseline;
  /** SET ROLE of the run, or null. */
  readonly role: string | null;
  /** The server's own default would answer a COMMIT before it is safe. */
  readonly lazy_commit: boolean;
  /** Of the savepoint before a verification; random, so that no script can name it. */
  readonly savepoint: string;
}

/** What a run of statements is for. Each segment is part of one message; a message may hold many. */
export type Segment =
  | { readonly kind: "clean" | "begin" | "shared" | "reading"; readonly statements: readonly string[] }
  | { readonly kind: "script"; readonly group: ScriptGroup }
  | { readonly kind: "verification"; readonly group: ScriptGroup }
  /** Between script and verification, between two verifications, or at the end. */
  | {
      readonly kind: "boundary";
      readonly statements: readonly string[];
      /** A verification ends here: the first result tells whether its transaction is still read-only. */
      readonly closes: boolean;
      /** The step ends here: the look at its end is among the results. */
      readonly ends: boolean;
    };

/** Places of the statements within the `begin` segment, to tell which of them raised. */
export const BEGIN_PARTS = { begin: 0, lock: 1, compare: 2, begun: 3 } as const;

/**
 * A message of its own before BEGIN: a later ROLLBACK would undo its RESETs. Not DISCARD ALL, which drops
 * the run lock. Read-only by default: where BEGIN did not come about (a CancelRequest may hit just it), the
 * script that is already on the wire would otherwise run and be kept, statement by statement.
 */
export const cleanSession = (role: string | null): Message => ({
  text: cleaning(role).join(SEPARATOR),
});

const cleaning = (role: string | null): readonly string[] => [
  "CLOSE ALL",
  "DEALLOCATE ALL",
  "UNLISTEN *",
  ...PUT_BACK,
  ...(role === null ? [] : [`SET ROLE ${quoteIdentifier(role)}`]),
  // Said here too: through a pooler that takes no startup options, RESET ALL returns to no limit at all.
  `SET lock_timeout TO ${LOCK_TIMEOUT_DDL_MS}`,
  "SET default_transaction_read_only TO on",
  // Scripts were split as it says; a role may have another default.
  "SET standard_conforming_strings TO on",
];

/**
 * After the commit, when every SET LOCAL is gone: names of settings that the script left. Looked at only where
 * the parser could not know, for pg_settings is slow; ours are those of `cleaning`.
 */
export const SETTINGS_LEFT_QUERY = `SELECT name FROM pg_catalog.pg_settings
  WHERE source OPERATOR(pg_catalog.=) 'session' AND name OPERATOR(pg_catalog.<>)
    ALL ('{lock_timeout,default_transaction_read_only,standard_conforming_strings}'::pg_catalog.text[])`;

/** Temporary tables, role and settings, as the session began. */
const PUT_BACK = [
  "DISCARD TEMP",
  "DISCARD SEQUENCES",
  "RESET SESSION AUTHORIZATION",
  "RESET ROLE",
  "RESET ALL",
] as const;

/** Raises (22012) where the condition is false: an empty answer would not stop what is already on the wire. */
const raiseUnless = (condition: string): string =>
  `SELECT 1 OPERATOR(pg_catalog./) (CASE WHEN ${condition} THEN 1 ELSE 0 END)`;

/** Lock and comparison are two statements: in one, the comparison's snapshot would be older than the grant. */
export function beginning({ planned }: PreparedStep, settings: StepSettings): readonly string[] {
  const { history } = settings;
  const last = `coalesce((SELECT version FROM ${history} ORDER BY applied_seq DESC LIMIT 1), 0) OPERATOR(pg_catalog.=) ${planned.expect_last ?? 0n}`;
  return [
    BEGIN,
    raiseUnless(`pg_catalog.pg_try_advisory_xact_lock('${settings.step_lock_key}'::pg_catalog.int8)`),
    raiseUnless(`${asPlanned(planned, settings)} AND ${last}`),
    BEGUN_QUERY,
  ];
}

/** What the history must say of the migration itself. */
function asPlanned(planned: PlannedStep, { history, repeatables }: StepSettings): string {
  if (planned.direction === "repeat") {
    return lastAppliedBy(repeatables, planned.migration.name, planned.expect_run);
  }
  const exists = `EXISTS (SELECT FROM ${history} WHERE version OPERATOR(pg_catalog.=) ${planned.migration.version})`;
  return planned.direction === "up" ? `NOT ${exists}` : exists;
}

/**
 * After the savepoint, so that going back to it brings the script's role and settings back for the last
 * guard to see. RESET ALL also undoes our own SET LOCALs, so they follow it.
 */
const restoring = (role: string | null): readonly string[] => [
  "CLOSE ALL",
  ...PUT_BACK,
  ...(role === null ? [] : [`SET LOCAL ROLE ${quoteIdentifier(role)}`]),
  `SET LOCAL lock_timeout TO ${LOCK_TIMEOUT_DDL_MS}`,
  "SET LOCAL standard_conforming_strings TO on",
  `SET LOCAL statement_timeout TO ${VERIFICATION_TIMEOUT_MS}`,
  "SET LOCAL transaction_read_only TO on",
];

/**
 * Raises where the next message would be read otherwise than it was split: a literal of the script could end
 * early there, and what is in it would run.
 */
export const READING: Segment = {
  kind: "reading",
  statements: [
    raiseUnless(
      "pg_catalog.current_setting('standard_conforming_strings') OPERATOR(pg_catalog.=) 'on' " +
        "AND pg_catalog.current_setting('client_encoding') OPERATOR(pg_catalog.=) 'UTF8'",
    ),
  ],
};

/** Deferred triggers and constraints act before anyone looks. */
const BARRIER = "SET CONSTRAINTS ALL IMMEDIATE";

/**
 * What would act within the COMMIT acts before the last look: a held cursor's query would run there, and a
 * trigger that put its own constraint off again would fire there.
 */
const LAST_ACTS: readonly string[] = ["CLOSE ALL", BARRIER, BARRIER];
/** How many statements stand before the look at the end, after what closes a verification. */
export const STATEMENTS_BEFORE_LOOK = 1 + LAST_ACTS.length;

const closing = (savepoint: string): readonly string[] => [
  "SELECT pg_catalog.current_setting('transaction_read_only')",
  `ROLLBACK TO SAVEPOINT ${savepoint}`,
  `RELEASE SAVEPOINT ${savepoint}`,
];
/** How many statements close a verification. */
export const CLOSING_STATEMENTS = closing("").length;

/**
 * Everything of a step up to the look at its end, piece by piece as it is due; nothing of it is kept until the
 * finish is sent.
 */
export function* stepSegments(
  step: PreparedStep,
  settings: StepSettings,
  lock_timeout_ddl_ms: number = LOCK_TIMEOUT_DDL_MS,
): Generator<Segment> {
  const boundary = (close: readonly string[], statements: readonly string[], ends: boolean): Segment => ({
    kind: "boundary",
    statements: [...close, ...statements],
    closes: close.length > 0,
    ends,
  });
  yield { kind: "clean", statements: cleaning(settings.role) };
  yield { kind: "begin", statements: beginning(step, settings) };
  if (step.settings.length > 0) {
    yield { kind: "shared", statements: step.settings.map(({ local_sql }) => local_sql) };
  }
  for (const group of eachGroup(step.script, lock_timeout_ddl_ms)) yield { kind: "script", group };
  let close: readonly string[] = [];
  for (const { script } of step.verifications) {
    yield boundary(close, [BARRIER, `SAVEPOINT ${settings.savepoint}`, ...restoring(settings.role)], false);
    for (const group of eachGroup(script)) yield { kind: "verification", group };
    close = closing(settings.savepoint);
  }
  // The history's row is written under the session's own settings; a ROLLBACK undoes the RESET. What an opaque
  // script left must still be there after the commit, so of it only the limits are put aside.
  const aside = step.script.opaque
    ? ["SET LOCAL statement_timeout TO 0", `SET LOCAL lock_timeout TO ${LOCK_TIMEOUT_DDL_MS}`]
    : ["RESET ALL"];
  // What is told to be done must outlive a crash of the server.
  const safe = settings.lazy_commit ? ["SET LOCAL synchronous_commit TO on"] : [];
  yield boundary(close, [BARRIER, ...LAST_ACTS, ...endedQueries(settings.baseline), ...aside, ...safe], true);
}
