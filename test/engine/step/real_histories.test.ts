import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { readBundle } from "#engine/bundle/bundle.ts";
import { readFolder } from "#io/folder.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run } from "../../support/engine.ts";
import { psql } from "../../support/psql.ts";
import { snapshot, wholeDump } from "../../support/schema.ts";
import { REAL_FILES } from "./real_files.ts";

/** Where psql and pg_dump are as old as the server. */
const machine = inject("server").binDir !== null;

let by_psql: TestDatabase;
let by_us: TestDatabase;
const files: Record<string, string> = {};
beforeAll(async () => {
  by_psql = await createDatabase("real by psql");
  by_us = await createDatabase("real by us");
});
afterAll(() => Promise.all([by_psql.drop(), by_us.drop()]));

const pictureOf = async (db: TestDatabase): Promise<string[]> => {
  const client = await db.connect();
  const lines = await snapshot(client);
  await client.end();
  return lines;
};

describe.runIf(machine)("a file makes of a database what psql makes of it", () => {
  it.each(REAL_FILES)("%s", async (_what, text) => {
    files[`${String(Object.keys(files).length + 1).padStart(3, "0")}_file.sql`] = text;
    const [, report] = await Promise.all([psql(by_psql.config, text), run(by_us, bundleOf(files))]);
    expect(report.error).toBeNull();
    expect(report.steps).toHaveLength(1);
    const [wanted, found] = await Promise.all([pictureOf(by_psql), pictureOf(by_us)]);
    expect(found).toEqual(wanted);
  });
});

it.runIf(machine)("pg_dump of PAWS360, with its rows, is a migration", async () => {
  const { files: sources, source } = readFolder(join(import.meta.dirname, "../../../migrations/paws360"));
  const all = await Promise.all(["dumped", "restored", "migrated"].map((label) => createDatabase(label)));
  const [made, restored, migrated] = all as [TestDatabase, TestDatabase, TestDatabase];
  try {
    expect((await run(made, readBundle(sources, source))).error).toBeNull();
    const dump = await wholeDump(made.config);
    expect(dump).toMatch(/^\\restrict /m);
    expect(dump).toMatch(/^COPY paws360\.grade_scale .*FROM stdin;\nA/m);
    const [, report] = await Promise.all([
      psql(restored.config, dump),
      run(migrated, bundleOf({ "001_dump.sql": dump })),
    ]);
    expect(report.error).toBeNull();
    expect(await pictureOf(migrated)).toEqual(await pictureOf(restored));
    // Positions of sequences too.
    const words = /^\\(?:un)?restrict .*/gm;
    const [wanted, found] = await Promise.all([wholeDump(restored.config), wholeDump(migrated.config)]);
    expect(found.replaceAll(words, "")).toBe(wanted.replaceAll(words, ""));
  } finally {
    await Promise.all(all.map((db) => db.drop()));
  }
});
