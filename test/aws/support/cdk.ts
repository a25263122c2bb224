import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Emulator, environmentOf } from "./emulator.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const CLI = join(ROOT, "node_modules", "aws-cdk", "bin", "cdk");

/** Some minutes where the machine is busy; longer is a hang. */
const LONGEST_MS = 900_000;

/** A stack's outputs by stack and name. */
export type Outputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Deployment {
  /** A folder that has been synthesised. */
  readonly app: string;
  /** By default all. */
  readonly stacks?: readonly string[];
}

/** Synthesises our own app; `args` say with which configuration, and to where. */
export async function synth(args: readonly string[]): Promise<void> {
  await cdk(null, ["synth", "--quiet", ...args], ROOT);
}

/** Runs the CDK's command line, against the emulator where there is one. Throws with what it said. */
async function cdk(emulator: Emulator | null, args: readonly string[], cwd = tmpdir()): Promise<void> {
  const env = {
    ...process.env,
    ...(emulator === null ? {} : environmentOf(emulator)),
    CDK_DISABLE_CLI_TELEMETRY: "true",
  };
  const quiet = ["--no-notices", "--no-color", "--no-version-reporting"];
  try {
    await promisify(execFile)(process.execPath, [CLI, ...args, ...quiet], {
      cwd,
      env,
      timeout: LONGEST_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    throw new Error(`cdk ${args.join(" ")} failed:\n${said.trim().split("\n").slice(-40).join("\n")}`);
  }
}

/** The bucket and the roles by which the CDK deploys. */
export async function bootstrap(emulator: Emulator): Promise<void> {
  await cdk(emulator, ["bootstrap", `aws://${emulator.account}/${emulator.region}`]);
}

/** Deploys to a bootstrapped emulator, asking nothing. */
export async function deploy(emulator: Emulator, deployment: Deployment): Promise<Outputs> {
  const folder = await mkdtemp(join(tmpdir(), "paws-migrate-cdk-"));
  const outputs = join(folder, "outputs.json");
  const silent = ["--require-approval", "never", "--method", "direct", "--outputs-file", outputs];
  const began = performance.now();
  try {
    await cdk(emulator, ["deploy", ...which(deployment), ...silent]);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stderr.write(`${emulator.name}: ${seconds} s for cdk deploy\n`);
    return JSON.parse(await readFile(outputs, "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of an emulator that ends with the run nothing need be taken away. */
export async function destroy(emulator: Emulator, deployment: Deployment): Promise<void> {
  if (emulator.log_file === null) await cdk(emulator, ["destroy", ...which(deployment), "--force"]);
}

const which = ({ app, stacks = ["--all"] }: Deployment): readonly string[] => [...stacks, "--app", app];
