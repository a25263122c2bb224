import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Emulator, environmentOf } from "./emulator.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const CLI = join(ROOT, "node_modules", "aws-cdk", "bin", "cdk");

/** A stack's outputs by stack and name. */
export type Outputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Deployment {
  /** The command that synthesises, or a folder that has been synthesised; by default what cdk.json says. */
  readonly app?: string;
  readonly context?: Readonly<Record<string, string>>;
  /** By default all. */
  readonly stacks?: readonly string[];
}

/** Runs the CDK's command line against the emulator, in that folder. Throws with what it said. */
export async function cdk(emulator: Emulator, args: readonly string[], cwd = ROOT): Promise<string> {
  const env = {
    ...process.env,
    ...environmentOf(emulator),
    CDK_DISABLE_CLI_TELEMETRY: "true",
    CDK_DEFAULT_ACCOUNT: emulator.account,
    CDK_DEFAULT_REGION: emulator.region,
  };
  const quiet = ["--no-notices", "--no-color", "--no-version-reporting"];
  try {
    const run = promisify(execFile)(process.execPath, [CLI, ...args, ...quiet], {
      cwd,
      env,
      timeout: 300_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    const { stdout, stderr } = await run;
    return `${stdout}${stderr}`;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    throw new Error(`cdk ${args.join(" ")} failed:\n${said.trim().split("\n").slice(-40).join("\n")}`);
  }
}

/** The bucket and the roles by which the CDK deploys. */
export async function bootstrap(emulator: Emulator): Promise<void> {
  // Where there is a cdk.json, its app would be asked for an environment, and that one for its configuration.
  await cdk(emulator, ["bootstrap", `aws://${emulator.account}/${emulator.region}`], tmpdir());
}

/** Deploys to a bootstrapped emulator, asking nothing. */
export async function deploy(emulator: Emulator, deployment: Deployment): Promise<Outputs> {
  return within(deployment, async (args, folder) => {
    const outputs = join(folder, "outputs.json");
    await cdk(emulator, [
      "deploy",
      ...args,
      ...["--require-approval", "never", "--method", "direct", "--outputs-file", outputs],
    ]);
    return JSON.parse(await readFile(outputs, "utf8"));
  });
}

export async function destroy(emulator: Emulator, deployment: Deployment): Promise<void> {
  await within(deployment, (args) => cdk(emulator, ["destroy", ...args, "--force"]));
}

async function within<T>(
  { app, context = {}, stacks = ["--all"] }: Deployment,
  work: (args: readonly string[], folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "paws-migrate-cdk-"));
  const args = [
    ...stacks,
    ...(app === undefined ? [] : ["--app", app]),
    ...Object.entries(context).flatMap(([name, value]) => ["--context", `${name}=${value}`]),
    // Two deployments at once must not write into one folder.
    ...["--output", join(folder, "out")],
  ];
  try {
    return await work(args, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
