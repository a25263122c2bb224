import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildSync } from "esbuild";

/** A program of a test's own in another process, which a test may kill. */
export interface Child {
  readonly process: ChildProcess;
  /** The next line of its stdout; rejects when it ends without one. */
  line(): Promise<string>;
  readonly exited: Promise<number | null>;
}

export interface ChildOptions {
  readonly uid?: number;
  readonly gid?: number;
  /** Of Node itself. */
  readonly flags?: readonly string[];
}

/** Runs TypeScript source that may import `#io/*` and `#engine/*`; it is written as if in the root folder. */
export function runChild(source: string, { flags = [], ...options }: ChildOptions = {}): Child {
  const root = join(import.meta.dirname, "..", "..");
  // Below node_modules, so that packages are found; removed again when it ends.
  const folder = mkdtempSync(join(root, "node_modules", ".child-"));
  chmodSync(folder, 0o755);
  const outfile = join(folder, "child.mjs");
  const stdin = { contents: source, resolveDir: root, loader: "ts" as const };
  buildSync({
    stdin,
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
  const code = `import(${JSON.stringify(outfile)})`;
  const child = spawn(process.execPath, [...flags, "--input-type=module", "-e", code], {
    ...options,
    stdio: ["ignore", "pipe", "inherit"],
    cwd: options.uid === undefined ? root : "/",
  });
  const exited = new Promise<number | null>((resolve) => {
    child.on("exit", (status) => {
      rmSync(folder, { recursive: true, force: true });
      resolve(status);
    });
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const next = await lines.next();
    if (next.done === true) throw new Error("the child ended without a line");
    return next.value;
  };
  return { process: child, line, exited };
}
