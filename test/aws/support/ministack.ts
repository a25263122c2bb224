import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { freePort } from "#io/embedded/free_port.ts";
import { type Available, available, missing } from "./available.ts";
import { ACCOUNT, REGION } from "./emulator.ts";
import { lambdaRuntime } from "./lambda_runtime.ts";
import type { Started } from "./localstack.ts";
import { pythonWith } from "./python_tools.ts";
import { waitUntilHealthy } from "./service_health.ts";
import { startTied } from "./tied_process.ts";

const TITLE = "MiniStack 1.5.33";
const SERVICES = [
  ...["s3", "secretsmanager", "monitoring", "logs", "iam", "sts", "kms", "events", "scheduler", "sns", "sqs"],
  ...["cloudformation", "lambda", "ssm", "ec2", "states"],
];

/** A process of our own in a Python environment; it runs the functions itself, by the `node` of its PATH. */
export async function startMiniStack(): Promise<Available<Started>> {
  const [python, runtime] = await Promise.all([pythonWith("ministack", TITLE), lambdaRuntime()]);
  if (python.kind === "missing") return python;
  if (runtime.kind === "missing") return runtime;
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "paws-migrate-ministack-"));
  const endpoint = `http://127.0.0.1:${port}`;
  const env = {
    PATH: [dirname(runtime.value.node), process.env.PATH ?? ""].join(delimiter),
    HOME: folder,
    TMPDIR: folder,
    GATEWAY_PORT: String(port),
    BIND_HOST: "127.0.0.1",
    MINISTACK_HOST: "127.0.0.1",
    IOT_MTLS_ENABLED: "0",
    LAMBDA_EXECUTOR: "local",
    // It delivers what failed again, whatever is configured: a test that has begun meanwhile would be met by it.
    LAMBDA_ASYNC_RETRY_BASE_SECONDS: "3600",
    LAMBDA_ASYNC_RETRY_MAX_SECONDS: "3600",
  };
  const child = startTied(python.value, ["-m", "ministack"], { env, folder, log_file: join(folder, "log") });
  try {
    await waitUntilHealthy(`${endpoint}/_ministack/health`, SERVICES, child.ended);
  } catch (error) {
    await child.stop();
    const message = error instanceof Error ? error.message : String(error);
    return missing(TITLE, `It does not start: ${message}`, "See the message.");
  }
  const emulator = {
    name: "ministack" as const,
    endpoint,
    account: ACCOUNT,
    region: REGION,
    log_file: child.log_file,
    has_processes: true,
  };
  return available({ emulator, stop: child.stop });
}
