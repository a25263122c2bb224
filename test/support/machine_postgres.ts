import { execFileSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** The folder of initdb, pg_ctl and postgres of that major version on this machine, or null. */
export function machineBinaries(major: number): string | null {
  const folders = [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
    ...(process.env.PATH ?? "").split(delimiter),
  ];
  for (const folder of folders) {
    const postgres = join(folder, "postgres");
    // A lone link in the PATH leads to the folder that has the other programs too.
    if (!existsSync(postgres)) continue;
    const bin = dirname(realpathSync(postgres));
    if (
      ["initdb", "pg_ctl"].every((program) => existsSync(join(bin, program))) &&
      majorOf(postgres) === major
    )
      return bin;
  }
  return null;
}

function majorOf(postgres: string): number | null {
  try {
    const said = execFileSync(postgres, ["--version"], { encoding: "utf8" });
    return Number(/\(PostgreSQL\) (\d+)/.exec(said)?.[1]);
  } catch {
    return null;
  }
}

/**
 * Says on stderr that the suites do not run on that server, and what to do. In CI it is an error: a suite that
 * is left out there is left out for everybody.
 */
export function reportMissing(major: number): void {
  const message =
    `PostgreSQL ${major} is not on this machine: the suites that depend on the server's version do not run on it. ` +
    `Install it (Debian, Ubuntu: apt-get install postgresql-${major}; macOS: brew install postgresql@${major}).`;
  if (!["", "0", "false"].includes(process.env.CI ?? "")) throw new Error(message);
  process.stderr.write(`\nSKIPPED  ${message}\n\n`);
}
