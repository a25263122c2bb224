import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";

/** A program with all its children, that ends with this process however that ends, and a folder that goes with it. */
export interface TiedProcess {
  readonly log_file: string;
  /** Resolves when it has ended, with the end of its log. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface TiedOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Removed at the end. */
  readonly folder: string;
  readonly log_file: string;
}

/** Waits for the end of its input, which comes when the process that holds it ends, however it ends. */
const WATCH = `
const { rmSync } = require("node:fs");
const [group, folder] = process.argv.slice(1);
const kill = (signal) => { try { process.kill(-Number(group), signal); return true; } catch { return false; } };
process.stdin.on("data", () => process.exit(0));
process.stdin.on("end", () => {
  kill("SIGTERM");
  const since = Date.now();
  const timer = setInterval(() => {
    if (kill(0) && Date.now() - since < 3000) return;
    kill("SIGKILL");
    clearInterval(timer);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }, 50);
});
`;

export function startTied(program: string, args: readonly string[], options: TiedOptions): TiedProcess {
  const { folder, log_file, env } = options;
  const log = openSync(log_file, "a");
  // A group of its own: children of the program belong to it, and are ended with it.
  const child = spawn(program, args, { detached: true, cwd: folder, env, stdio: ["ignore", log, log] });
  const group = child.pid ?? 0;
  const watcher = spawn(process.execPath, ["-e", WATCH, String(group), folder], {
    detached: true,
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  watcher.stdin.on("error", () => {});
  watcher.unref();
  child.unref();
  return {
    log_file,
    ended: endOf(child, log_file),
    stop: async () => {
      const end = endOf(child, log_file);
      signal(group, "SIGTERM");
      const timer = setTimeout(() => signal(group, "SIGKILL"), 3000);
      await end;
      clearTimeout(timer);
      // What it left behind of its children.
      signal(group, "SIGKILL");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      watcher.stdin.end("\n");
    },
  };
}

async function endOf(child: ChildProcess, log_file: string): Promise<string> {
  if (child.exitCode === null && child.signalCode === null)
    await Promise.race([once(child, "exit"), once(child, "error").catch(() => {})]);
  const log = await readFile(log_file, "utf8").catch(() => "");
  return log.trim().split("\n").slice(-15).join("\n");
}

function signal(group: number, name: NodeJS.Signals): void {
  try {
    if (group > 0) process.kill(-group, name);
  } catch {
    // It has ended.
  }
}
