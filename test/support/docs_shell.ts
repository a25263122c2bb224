import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { openTemporaryFolder } from "#io/embedded/account.ts";
import type { TestDatabase } from "./database.ts";
import { withoutProgress } from "./docs_normal.ts";
import { type Page, root } from "./docs_page.ts";
import { variablesOf } from "./terminal.ts";

const PROGRAM = "dist/paws-migrate.mjs";

/** A folder and a shell in which a page's commands run, one after the other. */
export interface Shell {
  /** What it prints, on both streams, as a terminal has it at the end; and its exit status. */
  run(command: string): Promise<{ readonly output: string; readonly status: number }>;
  /** Writes the file that a page names by a path or, where there must be one already, by a pattern. */
  write(pattern: string, text: string): void;
  remove(): void;
}

export async function openShell(page: Page, database: TestDatabase): Promise<Shell> {
  const base = mkdtempSync(join(await openTemporaryFolder(), "paws-migrate-docs-"));
  const [folder, bin, home] = ["work", "bin", "home"].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  // The server of the demo runs as another user.
  for (const made of [folder, bin, home]) mkdirSync(made);
  for (const open of [base, folder]) chmodSync(open, 0o755);
  const program = join(bin, "paws-migrate");
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${join(root, PROGRAM)}' "$@"\n`, {
    mode: 0o755,
  });
  if (page.database === null) clone(folder, database.name);
  const env = {
    ...variablesOf(database),
    PATH: `${bin}:${process.env.PATH}`,
    HOME: home,
    npm_config_update_notifier: "false",
    npm_config_offline: "true",
  };
  let last = 0;
  return {
    run: async (command) => {
      const { printed, status } = await shell(
        `(exit ${last})\n${command}`,
        folder,
        env,
        join(base, "printed"),
      );
      last = status;
      const output = withoutProgress(printed)
        .replaceAll(database.name, page.database ?? "paws360")
        .replaceAll(base, "/home/me");
      return { output, status };
    },
    write: (pattern, text) => {
      const [found, ...more] = matching(folder, pattern);
      if (found === undefined || more.length > 0) throw new Error(`${page.path}: ${pattern} is not one file`);
      writeFileSync(join(folder, found), text);
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

/** What the commands of a clone need (npx builds); its database is not called `paws360` here. */
function clone(folder: string, database: string): void {
  for (const name of ["package.json", "cli", "functions", "dist", "seed"])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  cpSync(join(root, "migrations"), join(folder, "migrations"), { recursive: true });
  symlinkSync("paws360", join(folder, "migrations", database));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}

/** A path as it is, with its folder made; or the paths of one folder where `*` stands for anything. */
function matching(folder: string, pattern: string): readonly string[] {
  const inside = dirname(pattern);
  if (!pattern.includes("*")) {
    mkdirSync(join(folder, inside), { recursive: true });
    return [pattern];
  }
  const [before = "", after = ""] = basename(pattern).split("*");
  return readdirSync(join(folder, inside))
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => join(inside, name));
}

/** Both streams go to one file, so that their lines keep their order. */
function shell(
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
  file: string,
): Promise<{ readonly printed: string; readonly status: number }> {
  const out = openSync(file, "w");
  const child = spawn("sh", ["-c", script], { cwd, env, stdio: ["ignore", out, out] });
  closeSync(out);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ printed: readFileSync(file, "utf8"), status: status ?? -1 }));
  });
}
