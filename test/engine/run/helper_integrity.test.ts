import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run } from "../../support/engine.ts";
import { createRole, type TestRole } from "../../support/roles.ts";

/** A schema with nothing to find fault with: keys, an index behind a foreign key, partitions, policies. */
const SOUND = `
  CREATE TABLE a.sites (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text CONSTRAINT named CHECK (name <> ''));
  CREATE TABLE a.rooms (site int, floor int, PRIMARY KEY (site, floor));
  CREATE TABLE a.keys (id serial PRIMARY KEY, site int CONSTRAINT of_site REFERENCES a.sites,
    floor int, CONSTRAINT of_room FOREIGN KEY (site, floor) REFERENCES a.rooms);
  CREATE INDEX keys_room ON a.keys (floor, site, id);
  CREATE INDEX keys_site ON a.keys (site);
  CREATE TABLE a.log (at date NOT NULL, site int REFERENCES a.sites, PRIMARY KEY (at)) PARTITION BY RANGE (at);
  CREATE TABLE a.log_old PARTITION OF a.log FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
  CREATE INDEX log_site ON a.log (site);
  CREATE TABLE a.parted (at date, n int) PARTITION BY RANGE ((at + 1));
  CREATE TABLE a.parted_all PARTITION OF a.parted (PRIMARY KEY (n)) DEFAULT;
  CREATE FUNCTION a.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER watched BEFORE INSERT ON a.sites FOR EACH ROW EXECUTE FUNCTION a.nothing();
  CREATE TRIGGER logged BEFORE INSERT ON a.log FOR EACH ROW EXECUTE FUNCTION a.nothing();
  ALTER TABLE a.rooms ENABLE ROW LEVEL SECURITY;
  CREATE POLICY all_rooms ON a.rooms USING (true);
  CREATE SEQUENCE a.cycle MAXVALUE 10 CYCLE;
  CREATE SEQUENCE a.down INCREMENT -1 MINVALUE -100 START -1;
  CREATE DOMAIN a.code AS text;
  SELECT setval('a.cycle', 10), setval('a.down', -50), setval('a.keys_id_seq', 1700000000);`;

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("integrity");
  client = await db.connect();
  const files = {
    "bundle.json": '{"schemas": ["a"]}',
    "1_sound.sql": `CREATE SCHEMA a; ${SOUND}`,
  };
  expect((await run(db, bundleOf(files))).error).toBeNull();
});
afterAll(() => db.drop());

/** What each check that warns found, by its name. */
async function warnings(who: pg.Client = client): Promise<Record<string, string>> {
  const { rows } = await who.query("SELECT * FROM verify_schema_integrity()");
  expect(rows.map(({ status }) => status).filter((status) => !["OK", "WARNING"].includes(status))).toEqual(
    [],
  );
  return Object.fromEntries(
    rows.filter(({ status }) => status === "WARNING").map(({ check_name, details }) => [check_name, details]),
  );
}

it("finds nothing where nothing is wrong, and says so for each check", async () => {
  const { rows } = await client.query("SELECT current_setting('server_version_num')::int AS version");
  if (rows[0].version >= 180_000) {
    await client.query("ALTER TABLE a.sites ADD CONSTRAINT hoped CHECK (name <> 'x') NOT ENFORCED");
  }
  expect((await client.query("SELECT * FROM verify_schema_integrity()")).rows).toEqual(
    [
      "tables without a primary key",
      "foreign keys without an index",
      "constraints that are not validated",
      "invalid indexes",
      "disabled triggers",
      "policies without row-level security",
      "row-level security without a policy",
      "sequences near their end",
    ].map((check_name) => ({ check_name, status: "OK", details: "none" })),
  );
});

const PK = "tables without a primary key";
const FK = "foreign keys without an index";
const VALID = "constraints that are not validated";
const INDEX = "invalid indexes";
const TRIGGER = "disabled triggers";
const OFF = "policies without row-level security";
const NO_POLICY = "row-level security without a policy";
const SEQUENCE = "sequences near their end";

it.each<[name: string, fault: string, found: Record<string, string>, mend: string]>([
  ["a table without a key", 'CREATE TABLE a."No Key" ()', { [PK]: 'a."No Key"' }, 'DROP TABLE a."No Key"'],
  [
    "a partitioned table without a key, once",
    `CREATE TABLE a.p (n int) PARTITION BY LIST (n); CREATE TABLE a.p1 PARTITION OF a.p FOR VALUES IN (1)`,
    { [PK]: "a.p" },
    "ALTER TABLE a.p ADD PRIMARY KEY (n)",
  ],
  [
    "more than are named",
    Array.from({ length: 12 }, (_, i) => `CREATE TABLE a.n${String(i).padStart(2, "0")} ()`).join(";"),
    { [PK]: "a.n00, a.n01, a.n02, a.n03, a.n04, a.n05, a.n06, a.n07, a.n08, a.n09, +2 more" },
    Array.from({ length: 12 }, (_, i) => `DROP TABLE a.n${String(i).padStart(2, "0")}`).join(";"),
  ],
  [
    "an index that begins with another column",
    "DROP INDEX a.keys_room; CREATE INDEX keys_other ON a.keys (id, floor, site)",
    { [FK]: "a.keys: of_room" },
    "DROP INDEX a.keys_other; CREATE INDEX keys_room ON a.keys (site, floor)",
  ],
  [
    "an index of some rows",
    "DROP INDEX a.keys_site; DROP INDEX a.keys_room; CREATE INDEX keys_room ON a.keys (floor, site) WHERE floor > 0",
    { [FK]: "a.keys: of_room, a.keys: of_site" },
    "CREATE INDEX keys_site ON a.keys (site, floor)",
  ],
  [
    "a key of a partitioned table, once",
    "DROP INDEX a.log_site",
    { [FK]: "a.log: log_site_fkey" },
    "CREATE INDEX log_site ON a.log (site)",
  ],
  [
    "a check that was never run, of a table and of a domain",
    `ALTER TABLE a.sites ADD CONSTRAINT short CHECK (length(name) < 9) NOT VALID;
     ALTER DOMAIN a.code ADD CONSTRAINT lower CHECK (VALUE = lower(VALUE)) NOT VALID`,
    { [VALID]: "a.code: lower, a.sites: short" },
    "ALTER TABLE a.sites VALIDATE CONSTRAINT short; ALTER DOMAIN a.code VALIDATE CONSTRAINT lower",
  ],
  [
    "a check of a partitioned table, once",
    "ALTER TABLE a.log ADD CONSTRAINT late CHECK (at > '1900-01-01') NOT VALID",
    { [VALID]: "a.log: late" },
    "ALTER TABLE a.log VALIDATE CONSTRAINT late",
  ],
  [
    "an index of a partitioned table that its partitions have not",
    "CREATE INDEX log_at ON ONLY a.log (at, site)",
    { [INDEX]: "a.log_at" },
    "DROP INDEX a.log_at",
  ],
  [
    "a trigger of a partitioned table, once",
    "ALTER TABLE a.log DISABLE TRIGGER logged",
    { [TRIGGER]: "a.log: logged" },
    "ALTER TABLE a.log ENABLE TRIGGER logged",
  ],
  [
    "the triggers of foreign keys",
    "ALTER TABLE a.keys DISABLE TRIGGER ALL",
    { [TRIGGER]: "a.keys: of_room, a.keys: of_site" },
    "ALTER TABLE a.keys ENABLE TRIGGER ALL",
  ],
  [
    "policies that are not looked at",
    "ALTER TABLE a.rooms DISABLE ROW LEVEL SECURITY",
    { [OFF]: "a.rooms" },
    "ALTER TABLE a.rooms ENABLE ROW LEVEL SECURITY",
  ],
  [
    "row-level security that shows nothing",
    "ALTER TABLE a.sites ENABLE ROW LEVEL SECURITY",
    { [NO_POLICY]: "a.sites" },
    "CREATE POLICY seen ON a.sites USING (true)",
  ],
  [
    "sequences, by their columns' types and downwards",
    "SELECT setval('a.keys_id_seq', 1800000000), setval('a.down', -90)",
    { [SEQUENCE]: "a.down (89% used), a.keys_id_seq (83% used)" },
    "SELECT setval('a.keys_id_seq', 1), setval('a.down', -1)",
  ],
  [
    "a sequence behind a default, and one that begins anew beyond its column",
    `CREATE SEQUENCE a.narrow CYCLE; CREATE TABLE a.small (id smallint PRIMARY KEY DEFAULT nextval('a.narrow'));
     SELECT setval('a.narrow', 30000)`,
    { [SEQUENCE]: "a.narrow (91% used)" },
    "ALTER SEQUENCE a.narrow MAXVALUE 32000",
  ],
  [
    "nothing of other schemas, of extensions and of the job's own",
    `CREATE TABLE public.elsewhere (); CREATE SCHEMA b; CREATE TABLE b.nowhere (); CREATE TABLE a.member ();
     ALTER EXTENSION plpgsql ADD TABLE a.member`,
    {},
    "",
  ],
])("finds %s", async (name, fault, found, mend) => {
  await client.query(fault);
  expect(await warnings(), name).toEqual(found);
  if (mend !== "") await client.query(mend);
  expect(await warnings(), `${name}, mended`).toEqual({});
});

it("finds an index that was left invalid", async () => {
  await client.query("INSERT INTO a.sites (name) VALUES ('same'), ('same')");
  await expect(client.query("CREATE UNIQUE INDEX CONCURRENTLY once ON a.sites (name)")).rejects.toThrow();
  expect(await warnings()).toEqual({ [INDEX]: "a.once" });
  await client.query("DROP INDEX a.once");
  expect(await warnings()).toEqual({});
});

it.each(["NULL", "'[]'"])(
  "looks at all schemas but the server's where the bundle names none: %s",
  async (none) => {
    await client.query(`UPDATE schema_migration_bundles SET schemas = ${none}`);
    expect(await warnings()).toEqual({ [PK]: "b.nowhere, public.elsewhere" });
  },
);

it("tells a login that may read the job's tables alone what it cannot see, and is refused to one that may not", async () => {
  const role: TestRole = await createRole();
  const other = await db.connect();
  try {
    await other.query(`SET ROLE ${role.name}`);
    await expect(warnings(other)).rejects.toMatchObject({ code: "42501" });
    await client.query(`GRANT SELECT ON schema_migration_bundles TO ${role.name}`);
    const { rows } = await other.query(
      "SELECT status, details FROM verify_schema_integrity() WHERE check_name = $1",
      [SEQUENCE],
    );
    expect(rows).toEqual([
      { status: "OK", details: "none; hidden from this role: a.down, a.keys_id_seq, a.sites_id_seq" },
    ]);
  } finally {
    await client.query(`DROP OWNED BY ${role.name}`);
    await role.drop();
  }
});
