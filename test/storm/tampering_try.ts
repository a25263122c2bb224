import type pg from "pg";
import { expect } from "vitest";
import type { ChangeReport } from "#engine/report.ts";
import type { RunOptions } from "#engine/request.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bundleOf, rollback, runOptions, UP } from "../support/engine.ts";
import { runAs, type TestRole } from "../support/roles.ts";
import { snapshot } from "../support/schema.ts";
import { recordsOf } from "./tampering_corpus.ts";

/** Who tampers, and where. */
export interface Tamperer {
  readonly db: TestDatabase;
  /** A superuser's session, beside the job. */
  readonly client: pg.Client;
  readonly role: TestRole | null;
  readonly options: Partial<RunOptions>;
  /** What is applied. */
  readonly applied: Readonly<Record<string, string>>;
  /** What the database looked like after each attempt. */
  readonly seen: unknown[];
}

export async function openTamperer(
  label: string,
  who: (db: TestDatabase) => Promise<Pick<Tamperer, "role" | "options">>,
  applied: Readonly<Record<string, string>>,
): Promise<Tamperer> {
  const db = await createDatabase(label);
  const tamperer = { db, client: await db.connect(), ...(await who(db)), applied, seen: [] };
  const report = await runAs(db, tamperer.role, bundleOf(applied), UP, tamperer.options);
  expect(report.error).toBeNull();
  return tamperer;
}

/** The whole schema, our own tables included, and our rows; `last` is the run that was the last to write some. */
async function lookAt({ client, options }: Pick<Tamperer, "client" | "options">, last: string | null) {
  const records = await recordsOf(client, runOptions(options).history_schema, last);
  return { schema: await snapshot(client, { except: [], rows: false }), records };
}

/** Runs what must fail, and holds the whole database against what it was. */
async function unchanged(tamperer: Tamperer, run: () => Promise<ChangeReport>): Promise<ChangeReport> {
  const { client, options } = tamperer;
  const { history_schema } = runOptions(options);
  const before = tamperer.seen.at(-1) ?? (await lookAt(tamperer, null));
  const report = await run();
  expect(report.status, report.error?.message).toBe("failed");
  expect(report.steps.map(({ status }) => status)).toEqual(["failed"]);
  expect(await lookAt(tamperer, report.run_id)).toEqual(before);
  tamperer.seen.push(await lookAt(tamperer, null));
  const { rows: ends } = await client.query(
    `SELECT r.status, r.error ->> 'code' AS code, r.finished_at IS NOT NULL AS finished,
       (SELECT count(*)::int FROM ${history_schema}.schema_migration_events e WHERE e.run_id = r.run_id) AS events
     FROM ${history_schema}.schema_migration_runs r WHERE r.run_id = $1`,
    [report.run_id],
  );
  expect(ends).toEqual([{ status: "failed", code: report.error?.code, finished: true, events: 1 }]);
  return report;
}

/** As a migration: the error that ended it. */
export async function tamper(tamperer: Tamperer, sql: string): Promise<ChangeReport["error"]> {
  const { db, role, options, applied } = tamperer;
  const files = { ...applied, "900_tamper.sql": `CREATE TABLE made (a int); ${sql}` };
  const report = await unchanged(tamperer, () => runAs(db, role, bundleOf(files), UP, options));
  return report.error;
}

/** As the verification of a migration. */
export async function tamperByVerification(tamperer: Tamperer, sql: string): Promise<ChangeReport["error"]> {
  const { db, role, options, applied } = tamperer;
  const files = { ...applied, "900_tamper.sql": "SELECT 1", "verify/900_verify.sql": sql };
  const report = await unchanged(tamperer, () => runAs(db, role, bundleOf(files), UP, options));
  return report.error;
}

/** As the rollback of what was applied last. */
export async function tamperByRollback(tamperer: Tamperer, sql: string): Promise<ChangeReport["error"]> {
  const { db, role, options, applied } = tamperer;
  const [last] = Object.keys(applied)
    .filter((path) => /^\d/.test(path))
    .sort()
    .slice(-1);
  const files = { ...applied, [`rollback/${last?.split("_")[0]}_rollback.sql`]: sql };
  const report = await unchanged(tamperer, () => runAs(db, role, bundleOf(files), rollback(1), options));
  return report.error;
}

/** The corpus did no harm: the next migration is applied, then rolled back. */
export async function expectStillWorking({ db, role, options, applied }: Tamperer): Promise<void> {
  const files = {
    ...applied,
    "901_fine.sql": "CREATE TABLE fine (a int)",
    "rollback/901_rollback.sql": "DROP TABLE fine",
  };
  for (const request of [UP, rollback(1)]) {
    const report = await runAs(db, role, bundleOf(files), request, options);
    expect(report.error).toBeNull();
  }
}
