import { inject } from "vitest";
import type { TestDatabase } from "./database.ts";
import { pgDump, type SnapshotOptions, snapshot } from "./schema.ts";

/**
 * What a database holds beside our own tables and sequence positions, to be compared: by pg_dump where the
 * server is the machine's PostgreSQL 15, by the tests' own catalog queries on the embedded one.
 */
export async function picture(db: TestDatabase, options: SnapshotOptions = {}): Promise<string> {
  if (inject("server").binDir !== null) return withoutData(await pgDump(db.config), options);
  const client = await db.connect();
  return (await snapshot(client, options)).join("\n");
}

/** pg_dump writes rows as `COPY ... FROM stdin;` up to `\.`. */
const withoutData = (dump: string, { rows }: SnapshotOptions): string =>
  rows === false ? dump.replaceAll(/^COPY [^\n]* FROM stdin;\n[\s\S]*?^\\\.$\n/gm, "") : dump;

/** A database that is not touched has this picture: the schema `public`, and nothing in it. */
export async function emptyPicture(create: () => Promise<TestDatabase>): Promise<string> {
  const db = await create();
  try {
    return await picture(db);
  } finally {
    await db.drop();
  }
}
