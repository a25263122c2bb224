import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";

const bundle = join(import.meta.dirname, "../../../migrations/paws360");
const seed = join(import.meta.dirname, "../../../seed/paws360");

export const versions = [1, 2, 3, 4, 5, 6, 7] as const;
export const latest = 7;

/** Sends each forward file after `from`, up to `to`, as one message. */
export async function applyUp(client: pg.Client, to: number = latest, from = 0): Promise<void> {
  for (const [version, file] of await numbered(bundle, "")) {
    if (version > from && version <= to) await client.query(await readFile(file, "utf8"));
  }
}

/** Sends the rollback files of `from` down to `to`, newest first; `to` is removed too. */
export async function applyDown(client: pg.Client, to = 1, from: number = latest): Promise<void> {
  const files = await numbered(bundle, "rollback");
  for (const [version, file] of files.reverse()) {
    if (version >= to && version <= from) await client.query(await readFile(file, "utf8"));
  }
}

export async function loadSeed(client: pg.Client): Promise<void> {
  for (const [, file] of await numbered(seed, "")) {
    await client.query("BEGIN");
    await client.query(await readFile(file, "utf8"));
    await client.query("COMMIT");
  }
}

export interface Check {
  readonly check_name: string;
  readonly status: string;
  readonly details: string;
}

/** Runs a verification script as the tool does: read-only, after `before`, in a transaction that is rolled back. */
export async function verify(client: pg.Client, version: number, before = ""): Promise<readonly Check[]> {
  const file = (await numbered(bundle, "verify")).find(([number]) => number === version)?.[1];
  if (file === undefined) throw new Error(`version ${version} has no verification script`);
  const text = await readFile(file, "utf8");
  await client.query("BEGIN");
  try {
    await client.query(before);
    await client.query("SET LOCAL transaction_read_only = on");
    const answer: pg.QueryResult<Check> | pg.QueryResult<Check>[] = await client.query(text);
    return [answer].flat().flatMap((result) => result.rows);
  } finally {
    await client.query("ROLLBACK");
  }
}

/** Files of a folder whose names begin with a number, with that number, in its order. */
export async function numbered(root: string, folder: string): Promise<[number, string][]> {
  const names = await readdir(join(root, folder));
  return names
    .filter((name) => /^\d+_.*\.sql$/.test(name))
    .map((name): [number, string] => [Number.parseInt(name, 10), join(root, folder, name)])
    .sort(([a], [b]) => a - b);
}
