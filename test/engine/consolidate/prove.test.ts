import type pg from "pg";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type Consolidation, consolidate } from "#engine/consolidate/consolidation.ts";
import { prove } from "#engine/consolidate/prove.ts";
import { scratchOf } from "#engine/consolidate/scratch.ts";
import { stoodIn } from "#engine/placeholders/values.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { emptyAgain } from "../../support/empty_again.ts";
import { bundleOf, runOptions, type TestWorld, worldFor } from "../../support/engine.ts";
import { codes } from "../../support/faults.ts";
import { faultsOfPromise, sourceFiles } from "../../support/source_files.ts";

/** Scratch databases of this file; each test has those that it opens to itself. */
const databases: { readonly db: TestDatabase; readonly client: pg.Client }[] = [];
let opened = 0;
afterEach(async () => {
  const used = databases.slice(0, opened);
  opened = 0;
  await Promise.all(used.map(({ client }) => emptyAgain(client)));
});
afterAll(async () => {
  await Promise.all(databases.map(({ db }) => db.drop()));
});

const database = async (): Promise<TestDatabase> => {
  const ready = databases[opened++];
  if (ready !== undefined) return ready.db;
  const db = await createDatabase("prove");
  databases.push({ db, client: await db.connect() });
  return db;
};

type Files = Readonly<Record<string, string>>;

const made = (files: Files, versions: string, leave_out: readonly string[] = []): Promise<Consolidation> =>
  consolidate(
    sourceFiles(files),
    { name: "suite", path: "/b" },
    { versions, name: "all", leave_out },
    runOptions(),
  );

const proof = async (
  files: Files,
  versions: string,
  leave_out: readonly string[] = [],
  hear: (world: TestWorld) => void = () => {},
) =>
  prove(await made(files, versions, leave_out), async () => {
    const world = worldFor(await database());
    hear(world);
    return scratchOf(world, standInsFor(files));
  });

/** As the program gives them. */
const standInsFor = (files: Files) => {
  const { placeholders } = bundleOf(files).options;
  return runOptions({ placeholders: stoodIn(placeholders, new Map()) });
};

const refusal = (...asked: Parameters<typeof proof>) => faultsOfPromise(() => proof(...asked));

describe("is taken", () => {
  const bundle = (more: object): Files => ({ "bundle.json": JSON.stringify({ name: "suite", ...more }) });

  it("where what is repeatable depends on it, which the rollback would meet", async () => {
    const files: Files = {
      "1_a.sql": "CREATE TABLE a (n int);",
      "2_b.sql": "COPY a FROM stdin;\n1\n2\n\\.",
      "rollback/1_rollback.sql": "DROP TABLE a;",
      "rollback/2_rollback.sql": "DELETE FROM a;",
      "repeatable/v.sql": "CREATE OR REPLACE VIEW v AS SELECT * FROM a;",
    };
    expect(await refusal(files, "1..2")).toEqual([]);
    const { after } = await made(files, "1..2");
    expect(after.repeatables.map(({ name }) => name)).toEqual(["v"]);
  });

  it("with placeholders, for which something stands in", async () => {
    const files: Files = {
      ...bundle({ placeholders: { t: { kind: "identifier" }, pw: { kind: "literal", secret: true } } }),
      "1_a.sql": "CREATE TABLE ${t} (n int);\nINSERT INTO ${t} VALUES (1);",
      "2_b.sql": "COMMENT ON TABLE ${t} IS ${pw};",
      "rollback/1_rollback.sql": "DROP TABLE ${t};",
      "rollback/2_rollback.sql": "COMMENT ON TABLE ${t} IS NULL;",
    };
    expect(await refusal(files, "1..2")).toEqual([]);
  });

  it("where files share a session, and one needs what another has set", async () => {
    const files: Files = {
      ...bundle({ session: "shared" }),
      "1_a.sql": "CREATE SCHEMA s; SET search_path = s;",
      "2_b.sql": "CREATE TABLE b (n int);",
      "3_c.sql": "CREATE TABLE c (n int);",
      "rollback/1_rollback.sql": "DROP SCHEMA s;",
      "rollback/2_rollback.sql": "DROP TABLE s.b;",
      "rollback/3_rollback.sql": "DROP TABLE s.c;",
    };
    expect(await refusal(files, "1..2")).toEqual([]);
  });
});

describe("is refused", () => {
  it("where one that stays comes in between, naming the object", async () => {
    const files: Files = {
      "1_a.sql": "CREATE TABLE a (n int);",
      "2_b.sql": "ALTER TABLE a ALTER n SET DEFAULT 1;",
      "3_c.sql": "ALTER TABLE a ALTER n SET DEFAULT 2;",
      "4_d.sql": "ALTER TABLE a ALTER n SET DEFAULT 3;",
    };
    expect(codes((await made(files, "2,4")).warnings)).toContain("moved-behind");
    expect(await refusal(files, "2,4")).toEqual([]);
    const other: Files = { ...files, "4_d.sql": "CREATE TABLE d ();" };
    const [difference] = await refusal(other, "2,4");
    expect(difference).toMatchObject({ code: "consolidation-differs" });
    expect(difference?.message).toContain("1 difference, the first in column public.a.n");
    expect(difference?.detail).toContain("default 2");
    expect(difference?.detail).toContain("default 1");
  });

  it("where it cannot be applied, with the place in the new file", async () => {
    const [found] = await refusal(
      {
        "1_a.sql": "CREATE TYPE e AS ENUM ('a');",
        "2_b.sql": "ALTER TYPE e ADD VALUE 'b';",
        "3_c.sql": "CREATE TABLE t (e e DEFAULT 'b');",
      },
      "2..3",
    );
    expect(found).toMatchObject({ code: "consolidation-unproven", file: "3_all.sql", sqlstate: "55P04" });
  });

  it("where the migrations as they are do not apply to an empty database", async () => {
    const [found] = await refusal({ "1_a.sql": "SELECT 1 / 0;", "2_b.sql": "SELECT 2;" }, "1..2");
    expect(found).toMatchObject({ code: "consolidation-unproven", file: "1_a.sql" });
    expect(found?.message).toContain("the migrations as they are");
  });

  it("where a verification holds no more at the end, unless it is left out", async () => {
    const files: Files = {
      "1_a.sql": "CREATE TABLE a (); INSERT INTO a DEFAULT VALUES;",
      "2_b.sql": "INSERT INTO a DEFAULT VALUES;",
      "verify/1_verify.sql": "SELECT 'one row' AS check_name, count(*) = 1 AS status FROM a;",
      "verify/2_verify.sql": "SELECT true AS status;",
    };
    const [found, ...others] = await refusal(files, "1..2");
    expect(found).toMatchObject({ code: "verification-outlived", file: "verify/1_verify.sql" });
    expect(others).toEqual([]);
    expect(await refusal(files, "1..2", ["1"])).toEqual([]);
  });

  it("where other rows are there", async () => {
    const inserts: Files = {
      "1_a.sql": "CREATE TABLE a (n int);",
      "2_b.sql": "CREATE TABLE b (n int);",
      "3_c.sql": "INSERT INTO a SELECT count(*) FROM b;",
      "4_d.sql": "SELECT 1;",
    };
    expect(await refusal(inserts, "2,4")).toMatchObject([{ code: "consolidation-unproven" }]);
    const other: Files = {
      ...inserts,
      "2_b.sql": "INSERT INTO a VALUES (7);",
      "3_c.sql": "UPDATE a SET n = n + 1;",
    };
    const [found] = await refusal(other, "2,4");
    expect(found).toMatchObject({ code: "consolidation-differs" });
    expect(found?.detail).toContain("rows public.a");
  });

  it("where rolled back and applied again it is another", async () => {
    const [found] = await refusal(
      {
        "1_a.sql": "CREATE TABLE IF NOT EXISTS a (n int);",
        "2_b.sql": "ALTER TABLE a ADD COLUMN IF NOT EXISTS m int; ALTER TABLE a ALTER n SET DEFAULT NULL;",
        "rollback/1_rollback.sql": "ALTER TABLE a ADD COLUMN left_over int;",
        "rollback/2_rollback.sql": "SELECT 1;",
      },
      "1..2",
    );
    expect(found?.code).toBe("consolidation-differs");
    expect(found?.message).toContain("after it was rolled back and applied again");
    expect(found?.detail).toContain("column public.a.left_over");
  });

  it("where a temporary table of one would be seen by another", async () => {
    const [found] = await refusal(
      {
        "1_a.sql": "CREATE TABLE a (n int);",
        "2_b.sql": "CREATE TEMP TABLE a (n int);",
        "3_c.sql": "ALTER TABLE a ADD COLUMN m int;",
      },
      "2..3",
    );
    expect(found?.detail).toContain("column public.a.m");
  });

  it("when it is stopped, as a stop", async () => {
    const [found] = await refusal({ "1_a.sql": "SELECT 1;", "2_b.sql": "SELECT 2;" }, "1..2", [], (world) =>
      world.stop(),
    );
    expect(found).toMatchObject({
      code: "interrupted",
      message: expect.stringContaining("the migrations as they are"),
      remedy: "Nothing was written: run it again.",
    });
  });
});
