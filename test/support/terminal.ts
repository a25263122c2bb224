import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { TestDatabase } from "./database.ts";

const root = join(import.meta.dirname, "..", "..");

/** What a command line came to. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line that is still at work. */
export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr has held this. */
  said(pattern: RegExp): Promise<void>;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to stdin, which then ends. */
  readonly input?: string;
}

/** The built program, for the tests of one file: as `npm run build` builds it, in a folder of its own. */
export function useProgram(): {
  /** A folder that is removed after the tests. */
  folder(): string;
  /** The program's file, for a script that starts it itself. */
  path(): string;
  start(words: readonly string[], surroundings?: Surroundings): Started;
  run(words: readonly string[], surroundings?: Surroundings): Promise<Ended>;
} {
  let built = "";
  let home = "";
  beforeAll(() => {
    // Below node_modules, so that packages are found.
    built = mkdtempSync(join(root, "node_modules", ".program-"));
    home = mkdtempSync(join(tmpdir(), "paws-migrate-home-"));
    build(built);
  });
  afterAll(() => {
    for (const folder of [built, home]) rmSync(folder, { recursive: true, force: true });
  });
  const start = (words: readonly string[], { env = {}, cwd = root, input }: Surroundings = {}): Started => {
    const child = spawn(process.execPath, [join(built, "paws-migrate.mjs"), ...words], {
      cwd,
      // Nothing of whoever runs the tests: neither their PG* nor their .pgpass.
      env: { PATH: process.env.PATH ?? "", HOME: home, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    // It may end before it has read all of it.
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
    return watched(child);
  };
  return {
    folder: () => mkdtempSync(join(home, "folder-")),
    path: () => join(built, "paws-migrate.mjs"),
    start,
    run: (words, surroundings) => start(words, surroundings).ended,
  };
}

function build(folder: string): void {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const words: readonly string[] = String(scripts.build).split("esbuild ").at(-1)?.split(" ") ?? [];
  const own = words.map((word) => word.replace(/^(--out(?:dir|file))=dist/, `$1=${folder}`));
  mkdirSync(folder, { recursive: true });
  execFileSync(join(root, "node_modules", ".bin", "esbuild"), own, { cwd: root });
}

function watched(child: ChildProcess): Started {
  let stdout = "";
  let stderr = "";
  let closed = false;
  const waiting: (() => void)[] = [];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const look of waiting) look();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (status) => {
      closed = true;
      resolve({ status, stdout, stderr });
      for (const look of waiting) look();
    });
  });
  const said = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        // Its last words may come behind its exit status.
        if (pattern.test(stderr)) resolve();
        else if (closed) reject(new Error(`it ended without saying ${pattern}: ${stderr}`));
      };
      waiting.push(look);
      look();
    });
  return { process: child, ended, said };
}

/** The seed's five variables for a test's database. */
export const variablesOf = ({ config }: TestDatabase): Readonly<Record<string, string>> => ({
  DB_HOST: config.host,
  DB_PORT: String(config.port),
  DB_NAME: config.database,
  DB_USER: config.user,
  DB_PASSWORD: config.password,
});
