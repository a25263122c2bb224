import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectSuccess, nextLabel, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("lock timeout", {
    "001_base.sql":
      "CREATE TABLE seen (n serial, what text, value text); CREATE TABLE old (a int); CREATE TABLE aside (a int)",
  });
});
afterAll(() => stage.db.drop());

const DML = "INSERT INTO seen (what, value) VALUES ('dml', current_setting('lock_timeout'))";
const DO =
  "DO $$ BEGIN INSERT INTO seen (what, value) VALUES ('do', current_setting('lock_timeout')); END $$";
/** A DDL that evaluates what it finds: the new column's default is worked out at once. */
const ddl = (column: string) =>
  `ALTER TABLE old ADD COLUMN ${column} text DEFAULT current_setting('lock_timeout')`;
/** What a DDL found, read back. */
const found = (column: string) =>
  `INSERT INTO seen (what, value) SELECT 'ddl', pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE false; INSERT INTO old VALUES (1) ON CONFLICT DO NOTHING; INSERT INTO seen (what, value) SELECT 'ddl', a.attmissingval::text FROM pg_attribute a WHERE a.attrelid = 'old'::regclass AND attname = '${column}'`;

type Row = [what: string, sql: string, expected: string[]];
const classes: Row[] = [
  ["DML while nothing strong is held", `${DML}; ${DML}`, ["dml 5s", "dml 5s"]],
  ["DO and SELECT alike", `${DO}; ${DML}`, ["do 5s", "dml 5s"]],
  ["DDL, and DML after it", `${ddl("c1")}; ${DML}; ${found("c1")}`, ["dml 200ms", "ddl {200ms}"]],
  [
    "DML before a DDL and after it",
    `${DML}; ${ddl("c2")}; ${DML}; ${found("c2")}`,
    ["dml 5s", "dml 200ms", "ddl {200ms}"],
  ],
  [
    "DML after a DDL on what the script made",
    `CREATE TABLE mine (a int); ALTER TABLE mine ADD b int; ${DML}`,
    ["dml 5s"],
  ],
  ["DML after a weak DDL", `COMMENT ON TABLE old IS 'é'; ${DML}`, ["dml 5s"]],
  ["DML after LOCK", `LOCK TABLE aside; ${DML}`, ["dml 200ms"]],
  ["DML after TRUNCATE", `TRUNCATE aside; ${DML}`, ["dml 200ms"]],
  [
    "DML after a foreign key to what was there",
    `ALTER TABLE aside ADD PRIMARY KEY (a); CREATE TABLE r (a int REFERENCES aside); ${DML}`,
    ["dml 200ms"],
  ],
  [
    "DDL after a ROLLBACK TO that takes our setting back",
    `${DML}; SAVEPOINT s; ${ddl("c7")}; ROLLBACK TO s; ${ddl("c8")}; ${found("c8")}`,
    ["dml 5s", "ddl {200ms}"],
  ],
  ["DML after a RESET ALL", `${DML}; RESET ALL; ${DML}`, ["dml 5s", "dml 5s"]],
  [
    "a directive",
    `-- migrate: lock-timeout 3s\n${DML}; ${ddl("c3")}; ${DML}; ${found("c3")}`,
    ["dml 3s", "dml 3s", "ddl {3s}"],
  ],
  [
    "the file's own SET",
    `SET lock_timeout = '1500ms'; ${DML}; ${ddl("c4")}; ${DML}; ${found("c4")}`,
    ["dml 1500ms", "dml 1500ms", "ddl {1500ms}"],
  ],
  [
    "the file's own SET LOCAL",
    `SET LOCAL lock_timeout = 900; ${DML}; ${ddl("c5")}; ${found("c5")}`,
    ["dml 900ms", "ddl {900ms}"],
  ],
  [
    "set_config",
    `SELECT set_config('lock_timeout', '2s', true); ${DML}; ${ddl("c6")}; ${found("c6")}`,
    ["dml 2s", "ddl {2s}"],
  ],
];

describe("the lock timeout of", () => {
  it.each(classes)("%s", async (_what, sql, expected) => {
    await stage.client.query("TRUNCATE seen");
    await expectSuccess(stage, { [`${nextLabel(stage)}_s.sql`]: sql });
    const { rows } = await stage.client.query<{ line: string }>(
      "SELECT what || ' ' || value AS line FROM seen ORDER BY n",
    );
    expect(rows.map(({ line }) => line)).toEqual(expected);
  });

  it("the next file is its own again, after a file that set another", async () => {
    await stage.client.query("TRUNCATE seen");
    await expectSuccess(stage, {
      "500_set.sql": "SET lock_timeout = '9s'; SET statement_timeout = '9s'",
      "501_look.sql": DML,
    });
    const { rows } = await stage.client.query(
      "SELECT value, current_setting('statement_timeout') AS own FROM seen",
    );
    expect(rows).toEqual([{ value: "5s", own: "0" }]);
  });
});
