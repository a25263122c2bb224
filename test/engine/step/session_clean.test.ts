import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleOf, rollback, run } from "../../support/engine.ts";
import { expectSuccess, openStage, type Stage } from "./attempt.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("session clean", {
    "001_base.sql": `CREATE TABLE seen (step int, what text, value text);
      CREATE TABLE base (a int);
      CREATE SCHEMA other;
      CREATE TABLE other.base (a int, b int)`,
  });
});
afterAll(() => stage.db.drop());

/** What a script finds when it begins, written into `seen`. */
const look = (step: number) => `DO 'BEGIN END'; -- loads the language, which has settings
  INSERT INTO seen SELECT ${step}, name, setting FROM pg_settings WHERE name <> 'application_name';
  INSERT INTO seen SELECT ${step}, 'prepared', string_agg(name, ',') FROM pg_prepared_statements;
  INSERT INTO seen SELECT ${step}, 'cursors', string_agg(name, ',') FROM pg_cursors WHERE name <> '';
  INSERT INTO seen SELECT ${step}, 'listening', string_agg(c, ',') FROM pg_listening_channels() c;
  INSERT INTO seen SELECT ${step}, 'temporary', string_agg(relname, ',') FROM pg_class
    WHERE relpersistence = 't' AND pg_table_is_visible(oid);
  INSERT INTO seen SELECT ${step}, 'custom', nullif(current_setting('app.tenant', true), '');
  INSERT INTO seen SELECT ${step}, 'user', current_user || session_user;
  INSERT INTO seen SELECT ${step}, 'locks', count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()`;

const mess = `SET search_path = other, public;
  SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'SQL, DMY'; SET session_replication_role = replica;
  SET work_mem = '5MB'; SET enable_seqscan = off; SET row_security = off; SET statement_timeout = '33s';
  SET default_transaction_isolation = serializable; SET client_min_messages = error; SET app.tenant = 'seven';
  SET plpgsql.extra_warnings = 'all'; SELECT set_config('IntervalStyle', 'iso_8601', false);
  DO $$ BEGIN SET bytea_output = escape; PERFORM set_config('app.tenant', 'eight', false); END $$;
  CREATE TEMP TABLE base (temporary int); CREATE TEMP SEQUENCE counter; CREATE TEMP VIEW v AS SELECT 1;
  SELECT nextval('counter');
  PREPARE plan AS SELECT 1; DECLARE held CURSOR WITH HOLD FOR SELECT 1; LISTEN channel`;

const values = async (step: number): Promise<unknown[]> =>
  (await stage.client.query("SELECT what, value FROM seen WHERE step = $1 ORDER BY what", [step])).rows;

it("what ends with the transaction is not warned of", async () => {
  const report = await expectSuccess(stage, {
    "050_local.sql":
      "DO $$ BEGIN SET LOCAL bytea_output = escape; PERFORM set_config('a.b', 'c', true); END $$",
  });
  expect(report.warnings).toEqual([]);
});

describe.each([undefined, "SELECT 'PASS' AS status"])(
  "what a script leaves behind, verified by %s",
  (verify) => {
    const n = verify === undefined ? 100 : 200;

    it("does not reach the next file, and is warned of", async () => {
      const report = await expectSuccess(stage, {
        [`${n}_before.sql`]: look(n),
        [`${n + 1}_mess.sql`]: mess,
        ...(verify === undefined ? {} : { [`verify/${n + 1}_verify.sql`]: verify }),
        [`${n + 2}_after.sql`]: `${look(n + 2)}; ALTER TABLE base ADD COLUMN c${n} int`,
      });
      const before = await values(n);
      expect(before.length).toBeGreaterThan(300);
      expect(await values(n + 2)).toEqual(before);
      const warned = report.warnings.filter(({ code }) => code === "setting-left");
      const file = `${n + 1}_mess.sql`;
      expect(warned.map((warning) => warning.file)).toEqual([file, file]);
      // What the parser could not see.
      expect(warned[1]?.message).toBe(
        `${file} leaves bytea_output set; it ends with the step, and the files behind it do not see it.`,
      );
      for (const name of [
        "search_path",
        "timezone",
        "session_replication_role",
        "app.tenant",
        "intervalstyle",
      ]) {
        expect(warned[0]?.message).toContain(name);
      }
      const { rows } = await stage.client.query(
        "SELECT attrelid::regclass::text AS t FROM pg_attribute WHERE attname = $1",
        [`c${n}`],
      );
      expect(rows).toEqual([{ t: "base" }]);
    });
  },
);

it("is not seen by the next run of the same server either", async () => {
  await expectSuccess(stage, { "301_look.sql": look(301) });
  expect(await values(301)).toEqual(await values(100));
});

it("is taken away from a rollback as well", async () => {
  await expectSuccess(stage, {
    "401_mess.sql": "SELECT 1",
    "rollback/401_rollback.sql": mess,
    "400_look.sql": "SELECT 1",
    "rollback/400_rollback.sql": look(400),
  });
  const report = await run(stage.db, bundleOf(stage.applied), rollback(2));
  expect(report.error).toBeNull();
  expect(await values(400)).toEqual(await values(100));
});
