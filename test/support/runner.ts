import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type BuildOptions, build, buildSync, type Plugin } from "esbuild";
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
  /** Gives it its only job. */
  begin(job: RunnerJob): void;
  /** Gives it a job, after which it may be given another; the report, or null where it ended without. */
  run(job: RunnerJob, hear?: (word: string) => void): Promise<ChangeReport | null>;
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
  const [options, program] = place();
  buildSync(options);
  return program;
}

/** The same with plugins, which may build it from another engine. */
export async function buildRunnerWith(plugins: Plugin[]): Promise<RunnerProgram> {
  const [options, program] = place();
  try {
    await build({ ...options, plugins });
  } catch (error) {
    program.remove();
    throw error;
  }
  return program;
}

/** Where the program is built to, below node_modules, so that packages are found. */
function place(): [BuildOptions, RunnerProgram] {
  const root = join(import.meta.dirname, "..", "..");
  const folder = mkdtempSync(join(root, "node_modules", ".runner-"));
  const outfile = join(folder, "runner.mjs");
  const options: BuildOptions = {
    entryPoints: [join(import.meta.dirname, "runner_program.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  };
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return [options, { start: () => startRunner(root, outfile), remove }];
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
  let hear: (word: string) => void = () => {};
  let told: (report: ChangeReport) => void = () => {};
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith("{")) {
        report = JSON.parse(line) as ChangeReport;
        told(report);
        continue;
      }
      words.add(line);
      waiting.get(line)?.();
      hear(line);
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
  const ready = said("ready");
  // Who does not wait for it does not mind that it was killed before.
  ready.catch(() => {});
  return {
    process: child,
    ready,
    begin: (job) => void child.stdin.end(lineOf(job)),
    run: (job, listener = () => {}) => {
      hear = listener;
      const next = new Promise<ChangeReport>((resolve) => {
        told = resolve;
      });
      child.stdin.write(lineOf(job));
      return Promise.race([next, ended.then(() => null)]);
    },
    said,
    ended,
  };
}

const lineOf = (job: RunnerJob): string => `${JSON.stringify(job, bigintAsText)}\n`;

const bigintAsText = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? String(value) : value;
