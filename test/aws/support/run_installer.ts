import { execFile } from "node:child_process";
import { basename } from "node:path";
import { promisify } from "node:util";

/** An installer that takes longer hangs. */
const PATIENCE_MS = 15 * 60_000;

/** Runs a program to its end. Throws an error that holds the end of what it said. */
export async function runInstaller(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string },
): Promise<string> {
  process.stderr.write(`once: ${basename(program)} ${args[0] ?? ""} ... for ${options.cwd}\n`);
  try {
    const { stdout } = await promisify(execFile)(program, args, {
      cwd: options.cwd,
      timeout: PATIENCE_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
    const end = said.trim().split("\n").slice(-15).join("\n");
    throw new Error(`${program} ${args.join(" ")} failed: ${end === "" ? String(error) : end}`);
  }
}
