import type { ChecklistItem } from "../report_settled.ts";

/** When a checklist is gone through: before, during or after a run. */
export const PHASES = ["pre", "during", "post"] as const;
export type Phase = (typeof PHASES)[number];

/** What is asked, in order; the code is what records and scripts know it by. The only such table. */
const ASKS = {
  backup: "There is a backup, and it can be restored",
  staging: "It was tried on a staging database with data like this one's",
  scripts: "The scripts are read without a fault, and the plan has no refusal",
  rollback: "Each pending migration has a rollback script, or says that it has none",
  verification: "Each pending migration has a verification script that can fail",
  "round-trip": "Each pending migration was applied, rolled back and applied again somewhere",
  breaking: "Breaking changes are declared, and the application is ready for them",
  duration: "It is known how long it takes",
  downtime: "Downtime is announced, and a maintenance window agreed where one is needed",
  running: "No other run is at work",
  progress: "The run goes on",
  locks: "Nobody waits for a lock",
  transactions: "No transaction has been open for long",
  space: "There is room on the disk for what is rewritten or built",
  replication: "Replicas and slots keep up",
  logs: "The application's logs show no new errors",
  performance: "The database is as fast as before",
  application: "What matters of the application works",
  code: "The application's code fits the schema",
  applied: "Nothing is pending, changed or missing, and no run has failed since",
  verified: "Every verification passes",
  integrity: "Tables have keys, indexes are valid, triggers are enabled",
  rows: "Tables hold the rows that they should",
  documentation: "The documentation tells of the change",
  people: "Who is concerned knows that it is done",
  archive: "The bundle is kept as it was run",
  watch: "Somebody watches for 24 hours",
} as const;

export type ItemCode = keyof typeof ASKS;

const item = (code: ItemCode, status: ChecklistItem["status"], details: string | null): ChecklistItem => ({
  code,
  asks: ASKS[code],
  status,
  details,
});

export const passes = (code: ItemCode, details: string | null = null) => item(code, "pass", details);
export const warns = (code: ItemCode, details: string) => item(code, "warning", details);
export const fails = (code: ItemCode, details: string) => item(code, "fail", details);
/** What no program can know: a person ticks it. */
export const asks = (code: ItemCode, details: string | null = null) => item(code, "ask", details);

const NAMED = 5;

/** A few of many, in words. */
export const named = (names: readonly string[]): string =>
  names.length <= NAMED
    ? names.join(", ")
    : `${names.slice(0, NAMED).join(", ")} and ${names.length - NAMED} more`;
