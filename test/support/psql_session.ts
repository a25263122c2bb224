import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestDatabase } from "./database.ts";

const folder = (process.env.PATH ?? "").split(delimiter).find((place) => existsSync(join(place, "psql")));

/** Whether psql is on this machine; where it is not, what needs it is skipped, and that is said. In CI it is an error. */
export const hasPsql = folder !== undefined;

if (!hasPsql) {
  const message = "psql is not in the PATH: what is compared with its work is not compared.";
  if (!["", "0", "false"].includes(process.env.CI ?? "")) throw new Error(message);
  process.stderr.write(`\nSKIPPED  ${message}\n\n`);
}

/** Runs a script as a person would, statement by statement in one session. */
export function psql(db: TestDatabase, script: string): void {
  const { host, port, user, password, database } = db.config;
  execFileSync(
    join(folder ?? "", "psql"),
    ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", String(port), "-U", user, "-d", database],
    {
      input: script,
      env: { ...process.env, PGPASSWORD: password, PGCLIENTENCODING: "UTF8" },
      stdio: ["pipe", "ignore", "pipe"],
    },
  );
}
