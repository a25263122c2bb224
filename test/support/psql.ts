import { spawn } from "node:child_process";
import { join } from "node:path";
import type { ServerConnection } from "#io/embedded/server.ts";
import { machineBinaries } from "./machine_postgres.ts";

/** Whether psql is on this machine; vitest.config.ts says it where it is not. */
export const hasPsql = machineBinaries(15) !== null;

/** Runs a file's text by psql 15, from its standard input, as a team did before; throws what psql says where it fails. */
export function psql(config: ServerConnection, text: string): Promise<string> {
  const bin = machineBinaries(15);
  if (bin === null) throw new Error("there is no psql 15 on this machine");
  const place = [
    `--host=${config.host}`,
    `--port=${config.port}`,
    `--username=${config.user}`,
    "--no-password",
  ];
  const child = spawn(
    join(bin, "psql"),
    ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-", ...place, `--dbname=${config.database}`],
    { env: { ...process.env, PGPASSWORD: String(config.password), PGCLIENTENCODING: "UTF8" } },
  );
  let [out, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    out += part;
  });
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    errors += part;
  });
  // Who stops at an error reads no further.
  child.stdin.on("error", () => {});
  child.stdin.end(text);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`psql: ${errors}`))));
  });
}
