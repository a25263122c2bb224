/** `t00001`: what migration `n` of a generated bundle creates. */
export const tableOf = (n: number): string => `t${String(n).padStart(5, "0")}`;

const labelOf = (n: number): string => String(n).padStart(3, "0");

/** The files of `count` small migrations: each makes a table with one row, checks it, and can be rolled back. */
export function generatedFiles(count: number, first = 1): Record<string, string> {
  const files: Record<string, string> = {};
  for (let n = first; n < first + count; n++) {
    const [label, table] = [labelOf(n), tableOf(n)];
    files[`${label}_make_${table}.sql`] =
      `CREATE TABLE ${table} (id int PRIMARY KEY, note text NOT NULL);\nINSERT INTO ${table} VALUES (1, 'made by ${label}');\n`;
    files[`rollback/${label}_rollback.sql`] = `DROP TABLE ${table};\n`;
    files[`verify/${label}_verify.sql`] =
      `SELECT '${table} has its row' AS check_name,\n  CASE WHEN count(*) = 1 THEN 'PASS' ELSE 'FAIL' END AS status FROM ${table};\n`;
  }
  return files;
}
