import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildSync } from "esbuild";
import type { ChangeReport } from "#engine/report.ts";
import type { RunOptions } from "#engine/request.ts";
import type { TestDatabase } from "./database.ts";
import { runOptions, settingsFor, UP } from "./engine.ts";
import type { RunnerJob } from "./runner_program.ts";

/** A process that runs the engine once, and that a test may kill. */
export interface Runner {
  readonly process: ChildProcess;
  /** Its modules are loaded; it has not connected. */
  readonly ready: Promise<void>;
  begin(job: RunnerJob): void;
  /** Resolves when it has said this word; rejects when it ends without. */
  said(word: string): Promise<void>;
  /** The signal that ended it, and the report where it came to one. */
  readonly ended: Promise<{ readonly signal: string | null; readonly report: ChangeReport | null }>;
}

export interface RunnerProgram {
  start(): Runner;
  /** Deletes the built program. */
  remove(): void;
}

/** Builds the program once, so that a test may start it many times. */
export function buildRunner(): RunnerProgram {
  const root = join(import.meta.dirname, "..", "..");
  // Below node_modules, so that packages are found.
  const folder = mkdtempSync(join(root, "node_modules", ".runner-"));
  const outfile = join(folder, "runner.mjs");
  buildSync({
    entryPoints: [join(import.meta.dirname, "runner_program.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
  return {
    start: () => startRunner(root, outfile),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The job `up` of these files on a test's database. */
export function jobFor(
  db: TestDatabase,
  files: RunnerJob["files"],
  more: Partial<RunOptions> = {},
): RunnerJob {
  const { password: _, ...settings } = settingsFor(db);
  return {
    files,
    request: UP,
    options: runOptions(more),
    settings,
    password: String(db.config.password),
  };
}

function startRunner(root: string, program: string): Runner {
  const child = spawn(process.execPath, [program], { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  // Who was killed reads no more.
  child.stdin.on("error", () => {});
  const words = new Set<string>();
  const waiting = new Map<string, () => void>();
  let report: ChangeReport | null = null;
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith("{")) report = JSON.parse(line) as ChangeReport;
      words.add(line);
      waiting.get(line)?.();
    }
  })();
  const exit = new Promise<string | null>((resolve) => child.on("exit", (_, signal) => resolve(signal)));
  const ended = Promise.all([exit, reading]).then(([signal]) => ({ signal, report }));
  const said = (word: string): Promise<void> => {
    if (words.has(word)) return Promise.resolve();
    const heard = new Promise<void>((resolve) => waiting.set(word, resolve));
    const missed = ended.then(() => {
      if (!words.has(word)) throw new Error(`the runner ended without saying ${word}`);
    });
    return Promise.race([heard, missed]);
  };
  return {
    process: child,
    ready: said("ready"),
    begin: (job) => void child.stdin.end(`${JSON.stringify(job, bigintAsText)}\n`),
    said,
    ended,
  };
}

const bigintAsText = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? String(value) : value;
