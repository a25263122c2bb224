import type { SmallMigration } from "./small_migrations.ts";

/**
 * The bound for any client that commits each migration: one message holds BEGIN, script, verification, history
 * row and COMMIT. psql sends what `\;` joins as one message.
 */
export function psqlInput(migrations: readonly SmallMigration[]): string {
  const history =
    "CREATE TABLE bench_history (version bigint PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), checksum text);\n";
  return history + migrations.map(oneMessage).join("");
}

function oneMessage({ version, name, up, verify }: SmallMigration): string {
  const record = `INSERT INTO bench_history (version, name, checksum) VALUES (${version}, '${name}', repeat('0', 64))`;
  return `${joined(`BEGIN;\n${up}${verify}${record};\nCOMMIT;\n`)};\n`;
}

/** Statements of the benchmark hold a `;` nowhere but at the end of a line. */
const joined = (sql: string): string => sql.replaceAll(/;\n/g, "\\;\n").replace(/\\;\n$/, "");
