import type pg from "pg";
import { type Bundle, type Migration, readBundle } from "#engine/bundle/bundle.ts";
import { readFolder } from "#io/folder.ts";

const folder = readFolder("migrations/facilities");
export const facilities: Bundle = readBundle(folder.files, folder.source);
export const migrations = facilities.migrations;
export const latest = Number.POSITIVE_INFINITY;
/** Of the rooms, the keys, ... as the README lists them: 20250105 is the keys'. */
export const day = (migration: Migration): number => Number(migration.version / 1_000_000n);

/** Sends each forward file after `from`, up to `to`, as one message. Days stand for versions. */
export async function applyUp(client: pg.Client, to: number = latest, from = 0): Promise<void> {
  for (const migration of migrations) {
    if (day(migration) > from && day(migration) <= to) await client.query(migration.up.text);
  }
}

export interface Check {
  readonly check_name: string;
  readonly status: string;
  readonly details: string;
}

/** Runs a verification script as the tool does: read-only, after `before`, in a transaction that is rolled back. */
export async function verify(
  client: pg.Client,
  migration: Migration,
  before = "",
): Promise<readonly Check[]> {
  if (migration.verify === null) throw new Error(`${migration.label} has no verification script`);
  await client.query("BEGIN");
  try {
    await client.query(before);
    await client.query("SET LOCAL transaction_read_only = on");
    const answer: pg.QueryResult<Check> | pg.QueryResult<Check>[] = await client.query(migration.verify.text);
    return [answer].flat().flatMap((result) => result.rows);
  } finally {
    await client.query("ROLLBACK");
  }
}
