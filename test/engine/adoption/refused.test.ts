import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Bundle } from "#engine/bundle/bundle.ts";
import { consolidatedText } from "#engine/bundle/consolidated.ts";
import { importedText } from "#engine/bundle/imported.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { AdoptRequest } from "#engine/request.ts";
import { runAdopt } from "#engine/run/adopt.ts";
import { ADOPT, adopt, bundleFor, EFFECT, FILES, VERSIONS } from "../../support/adoption.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run, runOptions, worldFor } from "../../support/engine.ts";
import { codes } from "../../support/faults.ts";
import { createRole } from "../../support/roles.ts";
import { snapshot } from "../../support/schema.ts";
import { MADE, madeBy } from "../../support/tool_histories.ts";

const [ONE, TWO, THREE] = VERSIONS;

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("adopt_refused");
  client = await db.connect();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await client.query(
    "DROP SCHEMA IF EXISTS supabase_migrations, sqitch, tenant CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public",
  );
});

/** Whatever is done to the tables of a tool, the adoption is refused and changes nothing. */
async function expectRefused(
  code: string,
  says: readonly string[],
  bundle: Bundle,
  request: Partial<AdoptRequest> = {},
): Promise<void> {
  const before = await relations();
  const report = await adopt(db, bundle, request);
  expect([report.status, codes(report.refusals), report.written]).toEqual(["refused", [code], false]);
  const [first] = report.refusals;
  for (const text of says) expect(`${first?.message} ${first?.remedy}`).toContain(text);
  expect(await relations()).toEqual(before);
}

/** Where no table of ours is, whatever is written makes one or renames one. */
const relations = async () =>
  (
    await client.query(
      `SELECT c.oid, c.xmin, c.relname, c.relnamespace::regnamespace::text FROM pg_class c
       WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)' ORDER BY 1`,
    )
  ).rows;

const DIRTY: readonly [tool: string, what: string, sql: string, says: readonly string[]][] = [
  [
    "golang-migrate",
    "is dirty",
    "UPDATE schema_migrations SET dirty = true",
    ["20240101000002", "migrate force"],
  ],
  [
    "golang-migrate",
    "has two rows",
    "INSERT INTO schema_migrations VALUES (5, false)",
    ["more than one row"],
  ],
  [
    "flyway",
    "holds a failed one",
    "UPDATE flyway_schema_history SET success = false WHERE installed_rank = 5",
    ["V1_2__two.sql", "flyway repair"],
  ],
  [
    "prisma",
    "holds one that never finished",
    "UPDATE _prisma_migrations SET rolled_back_at = NULL WHERE id = 'b'",
    ["20240102100000_two", "prisma migrate resolve"],
  ],
  [
    "liquibase",
    "is locked",
    "UPDATE databasechangeloglock SET locked = true, lockedby = 'ci (10.0.0.9)', lockgranted = '2024-01-02 10:00'",
    ["ci (10.0.0.9)", "2024-01-02T10:00:00", "release-locks"],
  ],
  [
    "liquibase",
    "holds a failed one",
    "UPDATE databasechangelog SET exectype = 'FAILED' WHERE id = 'raw'",
    ["db/changelog/two.sql::raw::bo"],
  ],
  [
    "alembic",
    "has two heads",
    "INSERT INTO alembic_version VALUES ('1975ea83b712')",
    ["1975ea83b712", "merge heads"],
  ],
];

it.each(DIRTY)(
  "%s's history that %s is refused, and what to do in that tool is said",
  async (from, _, sql, says) => {
    const made = madeBy(from);
    await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}; ${sql}`);
    await expectRefused("adopt-dirty", says, bundleFor(made));
  },
);

const UNKNOWN: readonly [tool: string, sql: string, says: readonly string[]][] = [
  [
    "supabase",
    "INSERT INTO supabase_migrations.schema_migrations (version) VALUES ('20990101000000'), ('20990102000000')",
    ["20990101000000, 20990102000000"],
  ],
  ["flyway", "UPDATE flyway_schema_history SET version = '7.1' WHERE installed_rank = 5", ["7.1"]],
  ["golang-migrate", "UPDATE schema_migrations SET version = 20990101000000", ["20990101000000"]],
  ["rails", "INSERT INTO schema_migrations VALUES (E'bad\\x1b[31m')", ['"bad\\u001b[31m"']],
  ["goose", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)", ["99"]],
  [
    "sqitch",
    "INSERT INTO sqitch.changes SELECT 'c3', NULL, change, project, '', now(), 'x', 'x', now(), 'x', 'x' FROM sqitch.changes LIMIT 1",
    ["users"],
  ],
  ["node-pg-migrate", "INSERT INTO pgmigrations (name, run_on) VALUES ('17_more', now())", ["17_more"]],
  [
    "prisma",
    "UPDATE _prisma_migrations SET rolled_back_at = NULL, finished_at = now(), migration_name = 'x' WHERE id = 'b'",
    ["x"],
  ],
  ["diesel", "INSERT INTO __diesel_schema_migrations VALUES ('20990101')", ["20990101"]],
  [
    "liquibase",
    "UPDATE databasechangelog SET author = 'eve' WHERE id = 'raw'",
    ["db/changelog/two.sql::raw::eve"],
  ],
  ["alembic", "UPDATE alembic_version SET version_num = 'ffff'", ["ffff"]],
];

it.each(UNKNOWN)("what %s has applied and the bundle does not hold is listed", async (from, sql, says) => {
  const made = madeBy(from);
  await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}; ${sql}`);
  await expectRefused("adopt-unmatched", says, bundleFor(made));
});

it("a bundle that was made of another tool's files is refused, and one made of none where ids are no versions", async () => {
  const made = madeBy("node-pg-migrate");
  await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
  await expectRefused(
    "adopt-unmatched",
    ["imported from flyway"],
    bundleFor({ ...made, imported: "flyway" }),
  );
  await expectRefused("adopt-unmatched", ["import DIR --from node-pg-migrate"], bundleOf(FILES));
});

it("a database without any history that is known is refused", async () => {
  await client.query("CREATE TABLE flyway_schema_history (id int); CREATE TABLE changes (change_id text)");
  await expectRefused("nothing-to-adopt", ["baseline"], bundleOf(FILES));
  await expectRefused("nothing-to-adopt", ["goose"], bundleOf(FILES), { from: "goose" });
  const table = { schema: "public", name: "changes" };
  await expectRefused("nothing-to-adopt", ["change_id"], bundleOf(FILES), { table });
});

it.each(MADE.map((made) => [made.from, made] as const))(
  "an empty history of %s is refused",
  async (from, made) => {
    await client.query(made.ddl);
    await expectRefused("nothing-to-adopt", ["nothing that is applied"], bundleFor(made), { from });
  },
);

it("two histories are refused until it is said which; a table by another name is found by it", async () => {
  const goose = madeBy("goose");
  const rails = madeBy("rails");
  await client.query(
    `${EFFECT}; ${goose.ddl}; ${goose.rows}; ${rails.ddl}; ${rails.rows};
     CREATE SCHEMA tenant; CREATE TABLE tenant.versions AS SELECT * FROM goose_db_version`,
  );
  await expectRefused("adopt-ambiguous", ["public.goose_db_version (goose)", "--from"], bundleFor(goose));
  // Rails' table stands where ours belongs.
  await expectRefused("foreign-history", ["Rails"], bundleFor(goose), { from: "goose" });
  await client.query("DROP TABLE schema_migrations");
  const table = { schema: "tenant", name: "versions" };
  const report = await adopt(db, bundleFor(goose), { table });
  expect([report.error, report.table, report.adopted.length]).toEqual([null, "tenant.versions", 2]);
});

it("histories of Supabase's own services are none of its migrations", async () => {
  const made = madeBy("supabase");
  await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}; CREATE SCHEMA auth;
    CREATE TABLE auth.schema_migrations (version varchar(255) PRIMARY KEY);
    INSERT INTO auth.schema_migrations VALUES ('20171026211738')`);
  try {
    const report = await adopt(db, bundleFor(made));
    expect([report.error, report.table]).toEqual([null, "supabase_migrations.schema_migrations"]);
    await client.query("CREATE SCHEMA tenant; CREATE TABLE tenant.schema_migrations (version text)");
    await client.query("DROP TABLE schema_migrations CASCADE");
    const other = await adopt(db, bundleFor(made));
    expect(codes(other.refusals)).toEqual(["adopt-ambiguous"]);
  } finally {
    await client.query("DROP SCHEMA auth CASCADE");
  }
});

it("a table that a view or a function reads is not renamed, nor where its new name is taken", async () => {
  const made = madeBy("rails");
  await client.query(
    `${EFFECT}; ${made.ddl}; ${made.rows}; CREATE VIEW latest AS SELECT max(version) FROM schema_migrations`,
  );
  await expectRefused("history-in-use", ["public.latest"], bundleFor(made));
  await client.query(
    `DROP VIEW latest; CREATE FUNCTION newest() RETURNS text LANGUAGE sql
     BEGIN ATOMIC SELECT max(version) FROM schema_migrations; END`,
  );
  await expectRefused("history-in-use", ["read by public.newest(),"], bundleFor(made));
  await client.query("DROP FUNCTION newest; CREATE TABLE schema_migrations_before_adoption ()");
  await expectRefused("history-in-use", ["public.schema_migrations_before_adoption"], bundleFor(made));
});

it("a role that may not read the table, rename it or see all of its rows is told so", async () => {
  const made = madeBy("goose");
  const role = await createRole();
  try {
    await client.query(
      `${EFFECT}; ${made.ddl}; ${made.rows}; GRANT USAGE, CREATE ON SCHEMA public TO ${role.name}`,
    );
    const as = async (bundle: Bundle, request = ADOPT) =>
      runAdopt(request, loadedSource(bundle), runOptions(), worldFor(db, role.settings));
    const before = await snapshot(client, { except: [] });
    const blind = await as(bundleFor(made));
    expect([codes(blind.refusals), blind.error?.remedy]).toEqual([
      ["lacking-privilege"],
      expect.stringContaining(`GRANT SELECT ON public.goose_db_version TO ${role.name}`),
    ]);
    expect(await snapshot(client, { except: [] })).toEqual(before);
    await client.query(
      `GRANT SELECT ON goose_db_version TO ${role.name}; ALTER TABLE goose_db_version ENABLE ROW LEVEL SECURITY`,
    );
    expect(codes((await as(bundleFor(made))).refusals)).toEqual(["row-security"]);
    await client.query("ALTER TABLE goose_db_version DISABLE ROW LEVEL SECURITY");
    expect((await as(bundleFor(made))).error).toBeNull();

    await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    const rails = madeBy("rails");
    await client.query(
      `${rails.ddl}; ${rails.rows}; GRANT USAGE, CREATE ON SCHEMA public TO ${role.name};
       GRANT SELECT ON schema_migrations TO ${role.name}`,
    );
    const other = await as(bundleFor(rails));
    expect([codes(other.refusals), other.error?.message]).toEqual([
      ["lacking-privilege"],
      expect.stringContaining("ownership"),
    ]);
  } finally {
    await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    await role.drop();
  }
});

it("a history that was adopted and rolled back to nothing is not adopted again", async () => {
  const made = madeBy("goose");
  const bundle = bundleOf({ "1_a.sql": "CREATE TABLE a ();", "rollback/1_rollback.sql": "DROP TABLE a;" });
  const rows = "INSERT INTO goose_db_version (version_id, is_applied) VALUES (1, true)";
  await client.query(`CREATE TABLE a (); ${made.ddl}; ${rows}`);
  expect((await adopt(db, bundle)).written).toBe(true);
  expect((await run(db, bundle, rollback(1))).error).toBeNull();
  await expectRefused("history-not-empty", ["has begun", "baseline"], bundle);
});

it("what a run of ours has applied is not mixed with another tool's history", async () => {
  const made = madeBy("flyway");
  await run(db, bundleOf({ [`${VERSIONS[0]}_one.sql`]: "CREATE TABLE one (id int);" }));
  await client.query(`${made.ddl}; ${made.rows}`);
  const before = await snapshot(client, { except: [] });
  await expectRefused("history-not-empty", ["1 applied"], bundleFor(made));
  expect(await snapshot(client, { except: [] })).toEqual(before);
});

it.each([
  ["golang-migrate", [ONE, TWO], ["20240101000001_m0, 20240101000002_m1"]],
  ["golang-migrate", [TWO, THREE], ["20240101000002_m0"]],
  ["flyway", [ONE, TWO], ["m0", "m1"]],
  ["flyway", [TWO, THREE], ["20240101000002_m0"]],
])(
  "what %s has applied and others stand for now is to be adopted as it was",
  async (from, versions, says) => {
    const made = madeBy(from);
    await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
    await expectRefused(
      "adopt-unmatched",
      [...says, "consolidate --record"],
      consolidatedFor(made, versions),
    );
  },
);

/** The bundle that it would adopt, once these were made into one. */
function consolidatedFor(made: Parameters<typeof bundleFor>[0], versions: readonly string[]): Bundle {
  const replaces = versions.map((label, i) => ({
    version: BigInt(label),
    label,
    name: `m${i}`,
    checksum: "0".repeat(64),
  }));
  const version = replaces.at(-1)?.version ?? 0n;
  const left = Object.entries(FILES).filter(([path]) => !versions.some((one) => path.includes(one)));
  const ids = made.ids.map((id, i) => ({
    version: BigInt(VERSIONS[i] ?? 0),
    name: `m${i}`,
    id,
    path: `files/${i}.sql`,
  }));
  return bundleOf({
    ...Object.fromEntries(left),
    [`${version}_both.sql`]: "SELECT 1;",
    "consolidated.json": consolidatedText([{ version, replaces }]),
    ...(made.imported === null
      ? {}
      : { "imported.json": importedText({ tool: made.imported, migrations: ids }) }),
  });
}
