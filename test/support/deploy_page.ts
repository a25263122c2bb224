import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPages, root } from "./docs_page.ts";

export const DEPLOY_PAGE = "docs/deploy.md";

const page = readPages().find(({ path }) => path === DEPLOY_PAGE);
if (page === undefined) throw new Error(`${DEPLOY_PAGE} is not there`);

export const deployText = page.text;

/** Its commands, a block each, in order. */
export const deployBlocks = page.blocks.filter(({ language }) => language === "sh").map(({ text }) => text);

/** The script below the comment `script: NAME`. */
export function scriptOf(name: string): string {
  const at = deployText.split(`<!-- script: ${name} -->\n\`\`\`sh\n`)[1];
  if (at === undefined) throw new Error(`no script ${name}`);
  return at.slice(0, at.indexOf("\n```"));
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script in a folder of its own, with the repository's migrations in it; `before` comes first, untold. */
export async function runScript(
  script: string,
  {
    env,
    program,
    before = "",
  }: { readonly env: Readonly<Record<string, string>>; readonly program: string; readonly before?: string },
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), "paws-deploy-"));
  // `npx paws-migrate` without npm's start, which takes a second each time.
  writeFileSync(join(folder, "npx"), `#!/bin/sh\nshift\nexec '${process.execPath}' '${program}' "$@"\n`, {
    mode: 0o755,
  });
  const child = spawn("sh", ["-c", `ln -s '${root}/migrations' migrations\n${before}\n${script}`], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env.PATH}`, HOME: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  rmSync(folder, { recursive: true, force: true });
  return { status, stdout, stderr };
}
