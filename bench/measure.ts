import { spawn } from "node:child_process";

export interface Measured {
  readonly seconds: number;
  readonly output: string;
}

/** Runs a command to its end; rejects when it fails, for a failed run has no time. */
export function measure(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(command, args, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) resolve({ seconds: (performance.now() - began) / 1000, output });
      else
        reject(new Error(`${command} ended with ${status}: ${errors.slice(-2_000)}${output.slice(-2_000)}`));
    });
  });
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};
