/** What the migrations write to: a version that is applied twice has two rows. */
export const EFFECTS = "CREATE TABLE effects (version int NOT NULL); CREATE TABLE wide ();";

/** What only a step sends. */
export const STEP_SQL = "INSERT INTO effects ";

/**
 * Migrations that each leave one row in `effects`. A second application would not fail, so that only counting
 * tells; each is slow enough, and has messages enough, to be hit within.
 */
export function stormFiles(count: number): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (let n = 1; n <= count; n++) {
    const label = String(n).padStart(3, "0");
    files[`${label}_storm.sql`] = [
      `${STEP_SQL}VALUES (${n});`,
      "SELECT pg_sleep(0.005);",
      `ALTER TABLE wide ADD COLUMN IF NOT EXISTS c${n} int;`,
      "",
    ].join("\n");
    if (n % 3 !== 0) continue;
    files[`verify/${label}_verify.sql`] =
      `SELECT CASE WHEN count(*) > 0 THEN 'PASS' ELSE 'FAIL' END AS status FROM effects WHERE version = ${n};\n`;
  }
  return files;
}
