import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deferred } from "./deferred.ts";
import { type Outcome, startRuntimeApi } from "./runtime_api.ts";

/** The programs that run a handler. */
export interface LambdaRuntime {
  /** Path of Node 24. */
  readonly node: string;
  /** Path of aws-lambda-ric's index.mjs. */
  readonly ric: string;
}

export interface FunctionOptions extends LambdaRuntime {
  /** The folder that CDK would upload. It is copied first: nothing of the repository is near it. */
  readonly artifact: string;
  /** `file.export`. Default `index.handler`. */
  readonly handler?: string;
  /** What the function is configured with; nothing of this process's own environment is passed on. */
  readonly env: Readonly<Record<string, string>>;
}

export interface RunningFunction {
  /** From the start of the process until it asks for its first event, in ms. */
  readonly cold_start_ms: number;
  readonly pid: number;
  /**
   * One event, and what became of it. `timeout_ms` (default 5 min) is the function's configured time: the handler
   * sees what is left of it, and the process is killed at its end.
   */
  invoke(event: unknown, options?: { timeout_ms?: number; request_id?: string }): Promise<Outcome>;
  /** What it wrote to stdout and stderr: CloudWatch's log. Complete once it has been stopped. */
  logs(): string;
  /** SIGKILL, and the end of the process. */
  kill(): Promise<void>;
  /** Kills it, and removes its copy of the artifact. */
  stop(): Promise<void>;
}

/** The function's initialisation failed; no event reaches it. */
export class InitFailure extends Error {
  override readonly name = "InitFailure";
  readonly body: unknown;
  readonly logs: string;
  constructor(body: unknown, logs: string) {
    super(`the function's initialisation failed: ${JSON.stringify(body)}\n${logs}`);
    this.body = body;
    this.logs = logs;
  }
}

export const FUNCTION_ARN = "arn:aws:lambda:eu-central-1:111122223333:function:paws-test:live";

/** Starts the artifact as Lambda does: its own process, its own environment, the code alone in a folder. */
export async function startFunction(options: FunctionOptions): Promise<RunningFunction> {
  const code = await mkdtemp(join(tmpdir(), "paws-migrate-task-"));
  await cp(options.artifact, code, { recursive: true });
  const api = await startRuntimeApi();
  const began = performance.now();
  const child = launch(options, code, api.address);
  const exit = exitOf(child);
  const log = collect(child);
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exit;
  };
  const stop = async (): Promise<void> => {
    await kill();
    await api.close();
    await rm(code, { recursive: true, force: true });
  };
  const ready = await Promise.race([api.ready, exit]);
  if (ready.kind !== "ready") {
    // Its last lines come before its end.
    await exit;
    await stop();
    throw new InitFailure(ready.kind === "init_error" ? ready.body : ready, log());
  }
  return {
    cold_start_ms: performance.now() - began,
    pid: child.pid ?? 0,
    invoke: async (event, { timeout_ms = 300_000, request_id = randomUUID() } = {}) => {
      const delivery = {
        request_id,
        event,
        deadline_ms: Date.now() + timeout_ms,
        function_arn: FUNCTION_ARN,
      };
      const clock = deferred<Outcome>();
      const timer = setTimeout(() => clock.resolve({ kind: "timeout" }), timeout_ms);
      const outcome = await Promise.race([api.deliver(delivery), exit, clock.promise]);
      clearTimeout(timer);
      if (outcome.kind === "timeout") await kill();
      return outcome;
    },
    logs: log,
    kill,
    stop,
  };
}

function launch({ node, ric, handler = "index.handler", env }: FunctionOptions, code: string, api: string) {
  return spawn(node, [ric, handler], {
    cwd: code,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      LANG: "en_US.UTF-8",
      TZ: ":UTC",
      LAMBDA_TASK_ROOT: code,
      LAMBDA_RUNTIME_DIR: "/var/runtime",
      AWS_LAMBDA_RUNTIME_API: api,
      _HANDLER: handler,
      AWS_REGION: "eu-central-1",
      AWS_DEFAULT_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_SESSION_TOKEN: "test",
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_FUNCTION_NAME: "paws-test",
      AWS_LAMBDA_FUNCTION_VERSION: "1",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
      AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/paws-test",
      AWS_LAMBDA_LOG_STREAM_NAME: "2026/01/01/[1]0123456789abcdef",
      ...env,
    },
  });
}

/** Resolves also when it could not be started. */
const exitOf = (child: ChildProcess): Promise<Extract<Outcome, { kind: "exit" }>> =>
  new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ kind: "exit", code, signal }));
    child.on("error", () => resolve({ kind: "exit", code: null, signal: null }));
  });

function collect(child: ChildProcess): () => string {
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part: Buffer) => parts.push(part));
  return () => Buffer.concat(parts).toString("utf8");
}
