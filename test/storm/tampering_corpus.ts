import type pg from "pg";

/** One way to touch the history. */
export interface Tampering {
  readonly sql: string;
  /** Only a superuser gets as far as to touch anything; others are told 42501. */
  readonly superuser: boolean;
}

/** What the scripts of the corpus use; made by the first migration. */
export const TOOLS = `CREATE TABLE fuse (sql text);
CREATE TABLE slow_fuse (sql text);
CREATE TABLE bell (sql text);
CREATE PROCEDURE run_sql(sql text) LANGUAGE plpgsql AS $$ BEGIN EXECUTE sql; END $$;
CREATE FUNCTION do_sql(sql text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE sql; RETURN 1; END $$;
CREATE FUNCTION as_definer(sql text) RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN EXECUTE sql; RETURN 1; END $$;
CREATE FUNCTION burn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE NEW.sql; RETURN NULL; END $$;
CREATE TRIGGER burn AFTER INSERT ON fuse FOR EACH ROW EXECUTE FUNCTION burn();
CREATE CONSTRAINT TRIGGER burn AFTER INSERT ON slow_fuse DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION burn();
CREATE RULE ring AS ON INSERT TO bell DO INSTEAD SELECT do_sql(NEW.sql);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`;

/** What only a superuser may make: a script that says CREATE SEQUENCE runs what is in `fuse_of_ddl`. */
export const EVENT_TRIGGER = `CREATE TABLE fuse_of_ddl (sql text);
CREATE FUNCTION burn_at_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE s text; BEGIN
  FOR s IN DELETE FROM fuse_of_ddl RETURNING sql LOOP EXECUTE s; END LOOP; END $$;
CREATE EVENT TRIGGER burn_at_ddl ON ddl_command_end WHEN TAG IN ('CREATE SEQUENCE')
  EXECUTE FUNCTION burn_at_ddl()`;

const X = "$tamper$";

/** How a statement gets to run. The last one needs EVENT_TRIGGER. */
export const WAYS: readonly (readonly [way: string, wrap: (sql: string) => string])[] = [
  ["plain", (sql) => sql],
  ["DO", (sql) => `DO $do$ BEGIN EXECUTE ${X}${sql}${X}; END $do$`],
  ["a procedure", (sql) => `CALL run_sql(${X}${sql}${X})`],
  ["a function", (sql) => `SELECT do_sql(${X}${sql}${X})`],
  ["a SECURITY DEFINER function", (sql) => `SELECT as_definer(${X}${sql}${X})`],
  ["a trigger", (sql) => `INSERT INTO fuse VALUES (${X}${sql}${X})`],
  ["a deferred trigger", (sql) => `INSERT INTO slow_fuse VALUES (${X}${sql}${X})`],
  ["a rule", (sql) => `INSERT INTO bell VALUES (${X}${sql}${X})`],
  ["an event trigger", (sql) => `INSERT INTO fuse_of_ddl VALUES (${X}${sql}${X}); CREATE SEQUENCE rings`],
];

/** Each in a history's schema `s`; `somebody` is a role, `other` another schema. */
export function tamperings(s: string, somebody: string, other: string): readonly Tampering[] {
  const [H, R, E, G] = ["migrations", "migration_runs", "migration_events", "migration_registry"].map(
    (table) => `${s}.schema_${table}`,
  ) as [string, string, string, string];
  const T = `${s}.schema_migration_statements`;
  const P = `${s}.migration_performance`;
  const [seq, event_seq] = [`${H}_applied_seq_seq`, `${E}_event_id_seq`];
  const owners = [
    // rows
    `DELETE FROM ${H}`,
    `INSERT INTO ${H} (version, name, applied_seq) VALUES (700, 'forged', 700)`,
    `UPDATE ${H} SET checksum = 'forged'`,
    `UPDATE ${H} SET applied_seq = 0 - applied_seq`,
    `MERGE INTO ${H} h USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE`,
    `TRUNCATE ${H}`,
    `DELETE FROM ${R}`,
    `UPDATE ${R} SET status = 'ok', finished_at = now()`,
    `INSERT INTO ${R} SELECT r.* FROM ${R} r WHERE false`,
    `TRUNCATE ${R}, ${E}`,
    `DELETE FROM ${E}`,
    `UPDATE ${E} SET success = true`,
    `INSERT INTO ${E} (run_id, version, label, name, action, success) VALUES ('x', 7, '7', 'forged', 'apply', true)`,
    `INSERT INTO ${G} (version) VALUES (99)`,
    `UPDATE ${G} SET version = 99`,
    `DELETE FROM ${G}`,
    `DELETE FROM ${T}`,
    `INSERT INTO ${T} (version, direction, position, hash, kind, state, run_id) VALUES (900, 'up', 1, 'x', 'x', 'done', 'x')`,
    `DROP TABLE ${T}; CREATE TABLE ${T} (version bigint)`,
    `WITH gone AS (DELETE FROM ${H} RETURNING *) SELECT count(*) FROM gone`,
    `CREATE VIEW way_in AS SELECT * FROM ${H}; DELETE FROM way_in`,
    `DO $c$ DECLARE c CURSOR FOR SELECT * FROM ${H} FOR UPDATE; r record; BEGIN
       OPEN c; FETCH c INTO r; DELETE FROM ${H} WHERE CURRENT OF c; END $c$`,
    `DO $c$ BEGIN PREPARE p AS DELETE FROM ${H}; EXECUTE 'EXECUTE p'; END $c$`,
    // locks
    `LOCK TABLE ${H} IN ROW SHARE MODE`,
    `LOCK TABLE ${R} IN ACCESS EXCLUSIVE MODE`,
    `DO $c$ BEGIN PERFORM FROM ${H} FOR UPDATE; END $c$`,
    `DO $c$ BEGIN PERFORM FROM ${H} FOR KEY SHARE; END $c$`,
    // tables
    `DROP TABLE ${H} CASCADE`,
    `DROP TABLE ${E} CASCADE`,
    `DROP TABLE ${G}`,
    `DROP SCHEMA ${s} CASCADE`,
    `CREATE TABLE ${s}.copy AS TABLE ${H}; DROP TABLE ${H}; ALTER TABLE ${s}.copy RENAME TO schema_migrations`,
    `ALTER TABLE ${H} RENAME TO renamed`,
    `ALTER TABLE ${R} RENAME TO renamed; CREATE TABLE ${R} (LIKE ${s}.renamed INCLUDING ALL)`,
    `ALTER TABLE ${H} RENAME TO renamed; CREATE VIEW ${H} AS SELECT * FROM ${s}.renamed`,
    `ALTER TABLE ${H} SET SCHEMA ${other}`,
    `ALTER TABLE ${H} ADD COLUMN extra int`,
    `ALTER TABLE ${H} DROP COLUMN bundle_version`,
    `ALTER TABLE ${H} RENAME COLUMN checksum TO renamed`,
    `ALTER TABLE ${H} ALTER COLUMN name SET DEFAULT 'forged'`,
    `ALTER TABLE ${H} DROP CONSTRAINT schema_migrations_pkey`,
    `ALTER TABLE ${H} ADD CHECK (version > 0)`,
    `ALTER TABLE ${H} REPLICA IDENTITY NOTHING`,
    `ALTER TABLE ${H} SET (fillfactor = 50)`,
    `ALTER TABLE ${H} SET UNLOGGED`,
    `ALTER TABLE ${H} ALTER COLUMN applied_seq DROP IDENTITY`,
    `CREATE TABLE child () INHERITS (${H}); INSERT INTO child (version, name, applied_seq) VALUES (701, 'forged', 701)`,
    `CREATE TABLE child (LIKE ${H} INCLUDING ALL); ALTER TABLE child INHERIT ${H}`,
    `CREATE TABLE child (version bigint REFERENCES ${H} ON DELETE CASCADE)`,
    `CREATE INDEX ON ${H} (name)`,
    `DROP INDEX ${s}.schema_migrations_applied_seq_key`,
    `ALTER INDEX ${s}.schema_migrations_pkey RENAME TO renamed`,
    `REINDEX TABLE ${H}`,
    `CLUSTER ${H} USING schema_migrations_pkey`,
    `CREATE STATISTICS ${s}.st ON version, name FROM ${H}`,
    `COMMENT ON TABLE ${H} IS 'forged'`,
    // triggers, rules, policies, view
    `CREATE TRIGGER t BEFORE INSERT ON ${H} FOR EACH ROW EXECUTE FUNCTION nothing()`,
    `CREATE CONSTRAINT TRIGGER t AFTER INSERT ON ${E} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nothing()`,
    `ALTER TABLE ${H} DISABLE TRIGGER USER`,
    `CREATE RULE r AS ON INSERT TO ${H} DO INSTEAD NOTHING`,
    `CREATE RULE r AS ON DELETE TO ${E} DO ALSO NOTHING`,
    `ALTER TABLE ${H} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${R} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY p ON ${H} USING (false)`,
    `DROP VIEW ${P}`,
    `CREATE OR REPLACE VIEW ${P} AS SELECT * FROM ${P} WHERE false`,
    `ALTER VIEW ${P} RENAME TO renamed`,
    `CREATE RULE r AS ON INSERT TO ${P} DO INSTEAD NOTHING`,
    // privileges and schema
    `GRANT ALL ON ${H} TO ${somebody}`,
    `GRANT SELECT ON ${R} TO ${somebody}`,
    `REVOKE ALL ON ${H} FROM CURRENT_USER`,
    `ALTER SCHEMA ${s} RENAME TO renamed_schema`,
    // sequences
    `SELECT setval('${seq}', 1, false)`,
    `SELECT setval('${event_seq}', 1, false)`,
    `SELECT setval('${seq}', 9223372036854775807), setval('${event_seq}', 9223372036854775807)`,
    `ALTER SEQUENCE ${seq} RESTART WITH 1`,
    `DO $c$ BEGIN PERFORM nextval('${seq}'); RAISE 'undone'; EXCEPTION WHEN OTHERS THEN NULL; END $c$`,
  ];
  const superusers = [
    `ALTER TABLE ${H} OWNER TO ${somebody}`,
    `ALTER VIEW ${P} OWNER TO ${somebody}`,
    `ALTER SCHEMA ${s} OWNER TO ${somebody}`,
    `COPY ${H} (version, name, applied_seq) FROM PROGRAM 'echo 700,forged,700' CSV`,
    `UPDATE pg_class SET relname = 'renamed' WHERE oid = '${H}'::regclass`,
    `DELETE FROM pg_attribute WHERE attrelid = '${H}'::regclass AND attname = 'bundle_version'`,
    `CREATE PUBLICATION p FOR TABLE ${H}`,
  ];
  return [
    ...owners.map((sql) => ({ sql, superuser: false })),
    ...superusers.map((sql) => ({ sql, superuser: true })),
  ];
}

/** A verification's read-only transaction lets it pass; going back to the savepoint takes it back. */
export const PASSES_READ_ONLY = /^(CLUSTER|REINDEX|LOCK TABLE)/;

/**
 * A digest of every row of the history and of its registry, and of the runs and events of other runs than the last:
 * what a failed run must leave as it was.
 */
export async function recordsOf(client: pg.Client, s: string, last: string | null): Promise<unknown> {
  const digest = (table: string, order: string) => `(SELECT md5(string_agg(t::text, '' ORDER BY ${order}))
    FROM ${s}.schema_${table} t WHERE coalesce(to_jsonb(t) ->> 'run_id', '') <> $1)`;
  const { rows } = await client.query(
    `SELECT ${digest("migrations", "version")} AS history, ${digest("migration_registry", "version")} AS registry,
       ${digest("migration_runs", "run_id")} AS runs, ${digest("migration_events", "event_id")} AS events,
       ${digest("migration_statements", "position")} AS statements`,
    [last ?? "none"],
  );
  return rows;
}
