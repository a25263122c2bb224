import { spawn } from "node:child_process";
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../../support/docs_page.ts";

/** What a clone of the repository has, as far as the page's commands need it. */
const CLONED = ["package.json", "package-lock.json", "cdk.json", "cdk", "cli", "functions", "deploy", "docs"];

export interface Ran {
  readonly status: number | null;
  /** Of both streams. */
  readonly said: string;
}

/** A clone and a shell, as whoever follows a page has them: variables and files stay from line to line. */
export interface ReaderFolder {
  run(script: string): Promise<Ran>;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  remove(): Promise<void>;
}

export async function openReaderFolder(
  env: Readonly<Record<string, string>>,
  commands: Readonly<Record<string, string>>,
): Promise<ReaderFolder> {
  const base = await mkdtemp(join(tmpdir(), "paws-migrate-reader-"));
  const [clone, bin] = [join(base, "clone"), join(base, "bin")];
  await mkdir(bin);
  for (const name of CLONED) await cp(join(root, name), join(clone, name), { recursive: true });
  await symlink(join(root, "node_modules"), join(clone, "node_modules"));
  for (const [name, script] of Object.entries(commands))
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const [variables, functions] = [join(base, "variables"), join(base, "functions")];
  for (const file of [variables, functions]) await writeFile(file, "");
  const all = { ...env, PATH: `${bin}:${process.env.PATH}`, HOME: base };
  const before = `. '${variables}'; . '${functions}'`;
  const after = `status=$?; export -p > '${variables}'; exit $status`;
  return {
    run: async (script) => {
      if (/^\w+\(\)/.test(script)) await appendFile(functions, `${script}\n`);
      return shell(`${before}\n${script}\n${after}`, clone, all);
    },
    write: async (path, text) => {
      await mkdir(dirname(join(clone, path)), { recursive: true });
      await writeFile(join(clone, path), text);
    },
    read: (path) => readFile(join(clone, path), "utf8"),
    remove: () => rm(base, { recursive: true, force: true }),
  };
}

function shell(script: string, cwd: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  const child = spawn("sh", ["-c", script], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, said }));
  });
}
