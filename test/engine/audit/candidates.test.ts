import { describe, expect, test } from "vitest";
import { auditOf, type PileFiles } from "../../support/audited.ts";

/** `file, file: --versions LIST --name NAME` of each group. */
async function groups(files: PileFiles): Promise<readonly string[]> {
  const { findings } = await auditOf(files);
  return findings
    .filter(({ code }) => code === "consolidate")
    .map(({ file, related, remedy }) => {
      const options = /--versions .*(?=`)/.exec(remedy)?.[0] ?? "";
      return `${[file, ...related].map((path) => path?.replace(".sql", "")).join(" ")}: ${options}`;
    });
}

const KEYS = {
  "10_keys.sql": "CREATE TYPE key_kind AS ENUM ('master'); CREATE TABLE keys (id int PRIMARY KEY);",
  "11_key_orders.sql": "CREATE TABLE key_orders (key_id int REFERENCES keys (id));",
  "12_key_audit.sql":
    "CREATE TABLE key_logs (id int); CREATE TRIGGER t AFTER INSERT ON keys EXECUTE FUNCTION f();",
};
const OTHER = { "20_rooms.sql": "CREATE TABLE rooms (id int);" };

const CASES: readonly (readonly [string, PileFiles, ...string[]])[] = [
  [
    "files of one family that refer to each other",
    { ...KEYS, ...OTHER },
    "10_keys 11_key_orders 12_key_audit: --versions 10..12 --name key_tables",
  ],
  [
    "files with others between them",
    {
      "10_a.sql": "CREATE TABLE t ();",
      "15_b.sql": "CREATE TABLE u ();",
      "20_c.sql": "ALTER TABLE t ADD a int;",
    },
    "10_a 20_c: --versions 10,20 --name t_tables",
  ],
  [
    "three files with another between them",
    { ...KEYS, "115_rooms.sql": "CREATE TABLE rooms ();", "116_key_x.sql": "ALTER TABLE keys ADD a int;" },
    "10_keys 11_key_orders 12_key_audit 116_key_x: --versions 10,11,12,116 --name key_tables",
  ],
  [
    "a schema's own",
    {
      "1_a.sql": "CREATE TABLE s.t ();",
      "2_b.sql": "CREATE INDEX i ON s.t (a);",
      "3_c.sql": "ALTER TABLE t ADD a int;",
    },
    "1_a 2_b: --versions 1,2 --name t_tables",
  ],
  ["one family without a link", { "1_a.sql": "CREATE TABLE key_a ();", "2_b.sql": "CREATE TABLE key_b ();" }],
  [
    "a file that works on several families",
    { "1_a.sql": "CREATE TABLE t ();", "2_b.sql": "ALTER TABLE t ADD a int; ALTER TABLE rooms ADD a int;" },
  ],
  [
    "files without tables",
    { "1_a.sql": "CREATE VIEW v AS SELECT 1;", "2_b.sql": "CREATE OR REPLACE VIEW v AS SELECT 2;" },
  ],
  [
    "a prefix of the house tells nothing",
    {
      "1_a.sql": "CREATE TABLE app_rooms (id int);",
      "2_b.sql": "CREATE TABLE app_users (room int REFERENCES app_rooms (id));",
      "3_c.sql": "CREATE TABLE app_keys (id int);",
      "4_d.sql": "CREATE TABLE app_key_orders (id int REFERENCES app_keys (id));",
      "5_e.sql": "CREATE TABLE app_tickets (room int REFERENCES app_rooms (id));",
      "6_f.sql": "CREATE TABLE app_logs (id int);",
    },
    "3_c 4_d: --versions 3,4 --name key_tables",
  ],
  [
    "what says the same as another file",
    { "1_a.sql": "CREATE TABLE t ();", "2_b.sql": "create table t ();" },
  ],
];

test.each(CASES.map(([of, files, ...said]) => ({ of, files, said })))("$of", async ({ files, said }) => {
  expect(await groups(files)).toEqual(said);
});

test.each([
  ["classes", "class_hours", true],
  ["capacities", "capacity_plans", true],
  ["rooms", "tickets", false],
])("%s and %s are of one family: %s", async (one, other, same) => {
  const files = {
    "1_a.sql": `CREATE TABLE ${one} (id int);`,
    "2_b.sql": `CREATE TABLE ${other} (a int REFERENCES ${one});`,
  };
  expect((await groups(files)).length === 1).toBe(same);
});

describe("objects that several files change", () => {
  const pile = {
    "1_a.sql":
      "CREATE TABLE t (); CREATE TABLE u (); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "2_b.sql": "ALTER TABLE t ADD a int; ALTER TABLE u ADD a int;",
    "3_c.sql": "CREATE INDEX i ON t (a);",
    "4_d.sql": "DROP FUNCTION f(); CREATE SCHEMA s;",
    "5_e.sql": "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'; CREATE SCHEMA s;",
  };

  test("are told from three files on", async () => {
    const { findings } = await auditOf(pile);
    const found = findings.filter(({ code }) => code === "changed-again");
    expect(found.map(({ message, file, related }) => [message, file, ...related])).toEqual([
      ["3 files make or change the table t.", "1_a.sql", "2_b.sql", "3_c.sql"],
      ["3 files make or change the function f.", "1_a.sql", "4_d.sql", "5_e.sql"],
    ]);
  });
});
