import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "#io/embedded/free_port.ts";
import { type Available, available, missing } from "./available.ts";
import { ACCOUNT, type Emulator, REGION } from "./emulator.ts";
import { lambdaRuntime } from "./lambda_runtime.ts";
import { pythonWith } from "./python_tools.ts";
import { healthOf, judged, waitUntilHealthy } from "./service_health.ts";
import { startTied } from "./tied_process.ts";

export interface Started {
  readonly emulator: Emulator;
  stop(): Promise<void>;
}

const TITLE = "LocalStack 4.14.0";
const IMAGE = "localstack/localstack:4.14.0";

/** What our suites and `cdk deploy` ask of it. */
const SERVICES = [
  ...["s3", "secretsmanager", "cloudwatch", "logs", "iam", "sts", "kms", "events", "scheduler", "sns", "sqs"],
  ...["cloudformation", "lambda", "ssm", "ec2", "stepfunctions"],
];

/** An endpoint that was given, else Docker, else a process of our own in a Python environment. */
export async function startLocalStack(): Promise<Available<Started>> {
  const given = process.env.AWS_ENDPOINT_URL;
  if (given !== undefined && given !== "") return available(await useGiven(given));
  if (await hasImage()) return available(await startInDocker());
  return startInHost();
}

/** One that was asked for is used or refused, never replaced. */
async function useGiven(endpoint: string): Promise<Started> {
  const health = await healthOf(`${endpoint}/_localstack/health`);
  if (health === null) throw new Error(`at AWS_ENDPOINT_URL=${endpoint} there is no LocalStack`);
  if (judged(health, SERVICES) === null)
    throw new Error(`at AWS_ENDPOINT_URL=${endpoint} services are missing: ${JSON.stringify(health)}`);
  return { emulator: localStackAt(endpoint, null, false), stop: () => Promise.resolve() };
}

const localStackAt = (endpoint: string, log_file: string | null, has_processes: boolean): Emulator => ({
  name: "localstack",
  endpoint,
  account: ACCOUNT,
  region: REGION,
  log_file,
  has_processes,
});

/** Docker answers, and has the image or can get it. */
async function hasImage(): Promise<boolean> {
  const docker = (...args: readonly string[]) =>
    promisify(execFile)("docker", args, { timeout: 300_000 }).then(
      () => true,
      () => false,
    );
  if (!(await docker("info"))) return false;
  return (await docker("image", "inspect", IMAGE)) || docker("pull", "--quiet", IMAGE);
}

const SETTINGS = {
  SERVICES: SERVICES.join(","),
  EAGER_SERVICE_LOADING: "1",
  DISABLE_EVENTS: "1",
  // Between two deliveries of an event; Lambda waits a minute.
  LAMBDA_RETRY_BASE_DELAY: "1",
  // In seconds, and more than our executor waits for a process to start.
  LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT: "90",
  SKIP_SSL_CERT_DOWNLOAD: "1",
  // The functions are built for arm64, and are JavaScript.
  LAMBDA_IGNORE_ARCHITECTURE: "1",
};

/** On the network of this machine, the functions too, since the database listens on 127.0.0.1. */
async function startInDocker(): Promise<Started> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "paws-migrate-localstack-"));
  const settings = { ...SETTINGS, GATEWAY_LISTEN: `127.0.0.1:${port}`, LAMBDA_DOCKER_NETWORK: "host" };
  const variables = Object.entries(settings).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  const socket = ["--volume", "/var/run/docker.sock:/var/run/docker.sock"];
  const args = ["run", "--rm", "--init", "--network", "host", ...socket, ...variables, IMAGE];
  return supervise("docker", args, {
    port,
    folder,
    env: { PATH: process.env.PATH ?? "" },
    has_processes: false,
  });
}

async function startInHost(): Promise<Available<Started>> {
  const [python, runtime] = await Promise.all([pythonWith("localstack", TITLE), lambdaRuntime()]);
  if (python.kind === "missing") return python;
  if (runtime.kind === "missing") return runtime;
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "paws-migrate-localstack-"));
  const env = {
    ...SETTINGS,
    PATH: process.env.PATH ?? "",
    HOME: folder,
    TMPDIR: folder,
    FILESYSTEM_ROOT: join(folder, "root"),
    GATEWAY_LISTEN: `127.0.0.1:${port}`,
    DNS_ADDRESS: "0",
    OVERRIDE_IN_DOCKER: "0",
    PYTHONPATH: join(import.meta.dirname, "..", "localstack_plugin"),
    PYTHONDONTWRITEBYTECODE: "1",
    LAMBDA_RUNTIME_EXECUTOR: "paws",
    PAWS_LAMBDA_NODE: runtime.value.node,
    PAWS_LAMBDA_RIC: runtime.value.ric,
  };
  try {
    const args = ["-m", "localstack.runtime.main"];
    return available(await supervise(python.value, args, { port, folder, env, has_processes: true }));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return missing(TITLE, `It does not start: ${message}`, "Or give an endpoint: AWS_ENDPOINT_URL.");
  }
}

interface Placed {
  readonly port: number;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly has_processes: boolean;
}

async function supervise(program: string, args: readonly string[], placed: Placed): Promise<Started> {
  const { port, folder, env, has_processes } = placed;
  const endpoint = `http://127.0.0.1:${port}`;
  const child = startTied(program, args, { env, folder, log_file: join(folder, "log") });
  try {
    await waitUntilHealthy(`${endpoint}/_localstack/health`, SERVICES, child.ended);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { emulator: localStackAt(endpoint, child.log_file, has_processes), stop: child.stop };
}
