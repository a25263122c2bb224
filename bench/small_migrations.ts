/** One small migration of the benchmark: a table, an index, a comment, a function, ten rows; and its check. */
export interface SmallMigration {
  readonly version: number;
  readonly name: string;
  readonly up: string;
  readonly verify: string;
}

/** The work that other tools were measured on (CREATE TABLE, INDEX, COMMENT, FUNCTION, INSERT of 10 rows). */
export function smallMigrations(count: number): readonly SmallMigration[] {
  return Array.from({ length: count }, (_, i) => {
    const n = String(i + 1).padStart(5, "0");
    const rows = Array.from({ length: 10 }, (_, row) => `(${row + 1}, 'name ${row + 1}', ${row * 7})`).join(
      ", ",
    );
    return {
      version: i + 1,
      name: `table_${n}`,
      up: `CREATE TABLE bench_${n} (id integer PRIMARY KEY, name text NOT NULL, amount integer NOT NULL);
CREATE INDEX bench_${n}_name_idx ON bench_${n} (name);
COMMENT ON TABLE bench_${n} IS 'Rows of migration ${n}';
CREATE FUNCTION bench_${n}_total() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT sum(amount) FROM bench_${n} $$;
INSERT INTO bench_${n} (id, name, amount) VALUES ${rows};
`,
      verify: `SELECT 'rows' AS check_name, CASE WHEN count(*) = 10 THEN 'PASS' ELSE 'FAIL' END AS status FROM bench_${n};
`,
    };
  });
}
