import { execFileSync } from "node:child_process";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LambdaRuntime } from "../../support/lambda/start_function.ts";
import { type Available, available, missing } from "./available.ts";
import { runInstaller } from "./run_installer.ts";
import { installed, type Tool } from "./tool_cache.ts";

const PINS = join(import.meta.dirname, "..", "tools");
const WHAT = "Lambda's runtime (Node 24 and aws-lambda-ric)";
const COMPILERS = ["cmake", "make", "g++", "python3"];

/** Node 24 and the runtime interface client, installed on demand; both as the function has them in AWS. */
export async function lambdaRuntime(): Promise<Available<LambdaRuntime>> {
  const node = await node24();
  if (node === null) {
    const remedy = "Run the tests with Node 24 itself.";
    return missing(WHAT, `There is no package of Node 24 for ${process.platform}-${process.arch}.`, remedy);
  }
  try {
    return available({ node, ric: await runtimeInterface() });
  } catch (error) {
    const absent = COMPILERS.filter((program) => !onPath(program));
    const remedy =
      absent.length > 0
        ? `It is compiled: install ${absent.join(", ")} (Debian, Ubuntu: apt-get install cmake make g++ python3).`
        : "It needs the npm registry once.";
    return missing(WHAT, messageOf(error), remedy);
  }
}

async function node24(): Promise<string | null> {
  const name = `node-${process.platform}-${process.arch}`;
  const { version, packages, tool } = await npmTool("node", name);
  if (packages.includes(`node_modules/${name}`))
    return join(await installed(tool(version)), "node_modules", name, "bin", "node");
  return process.versions.node.startsWith("24.") ? process.execPath : null;
}

async function runtimeInterface(): Promise<string> {
  const { version, tool } = await npmTool("ric", "aws-lambda-ric");
  return join(await installed(tool(version)), "node_modules", "aws-lambda-ric", "index.mjs");
}

/** A package with its committed lock in `test/aws/tools/<folder>`. */
async function npmTool(folder: string, name: string) {
  const files = ["package.json", "package-lock.json"];
  const [manifest = "", lock = ""] = await Promise.all(
    files.map((file) => readFile(join(PINS, folder, file), "utf8")),
  );
  const packages: Record<string, { version?: string }> = JSON.parse(lock).packages;
  const tool = (version: string): Tool => ({
    name,
    version,
    pins: [manifest, lock],
    install: async (target) => {
      for (const file of files) await copyFile(join(PINS, folder, file), join(target, file));
      await runInstaller("npm", ["ci", "--no-audit", "--no-fund", "--fetch-retries=6"], { cwd: target });
    },
  });
  return {
    version: packages[`node_modules/${name}`]?.version ?? "",
    packages: Object.keys(packages),
    tool,
  };
}

const onPath = (program: string): boolean => {
  try {
    execFileSync("sh", ["-c", 'command -v "$1"', "sh", program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
