import { rm } from "node:fs/promises";
import { afterEach, expect, it } from "vitest";
import { type RunningFunction, startFunction } from "../support/lambda/start_function.ts";
import { describeInRuntime } from "./support/describe_where.ts";
import { writeArtifact } from "./support/odd_function.ts";

/** What the other suites of the runtime take for granted, with handlers that do as they are told. */
await describeInRuntime((runtime) => {
  const running: RunningFunction[] = [];
  afterEach(async () => {
    for (const fn of running.splice(0)) await fn.stop();
  });

  const start = async (source?: string, env: Readonly<Record<string, string>> = {}) => {
    const artifact = await writeArtifact(source);
    try {
      const fn = await startFunction({ artifact, env, ...runtime });
      running.push(fn);
      return fn;
    } finally {
      await rm(artifact, { recursive: true });
    }
  };

  it("runs Node 24 on a copy of the code, with Lambda's environment and the function's own", async () => {
    const fn = await start(
      "export const handler = async () => ({ node: process.version, env: process.env, at: import.meta.dirname });",
      { GREETING: "hello" },
    );
    const outcome = await fn.invoke({});
    expect(outcome).toMatchObject({
      kind: "response",
      payload: {
        node: expect.stringMatching(/^v24\./),
        env: { GREETING: "hello", AWS_REGION: "eu-central-1" },
      },
    });
    const { env, at } = Object(outcome.kind === "response" ? outcome.payload : null);
    expect(at).toBe(env.LAMBDA_TASK_ROOT);
    expect(Object.keys(env).filter((name) => /^(HOME|VITEST|npm_)/.test(name))).toEqual([]);
  });

  it("gives one event after the other to the same process, each with its time", async () => {
    const fn = await start();
    const first = await fn.invoke({}, { timeout_ms: 5_000, request_id: "one" });
    expect(first).toMatchObject({ payload: { count: 1, id: "one" } });
    expect(Object(first.kind === "response" ? first.payload : {}).left).toBeLessThanOrEqual(5_000);
    expect(await fn.invoke({ say: {} })).toMatchObject({ payload: { count: 2 } });
  });

  it("tells an error by its name", async () => {
    const fn = await start();
    expect(await fn.invoke({ throw: "MigrationFailed" })).toMatchObject({
      kind: "error",
      errorType: "MigrationFailed",
      errorMessage: "as told",
    });
    await fn.stop();
    expect(fn.logs()).toContain("MigrationFailed");
  });

  it("kills a process whose time is up, and tells one that ends by itself", async () => {
    const slow = await start();
    expect(await slow.invoke({ wait: 60_000 }, { timeout_ms: 200 })).toEqual({ kind: "timeout" });
    const brief = await start();
    expect(await brief.invoke({ exit: 3 })).toEqual({ kind: "exit", code: 3, signal: null });
  });

  it("refuses an answer over Lambda's limit", async () => {
    const fn = await start();
    expect(await fn.invoke({ bytes: 7_000_000 })).toMatchObject({
      kind: "error",
      errorType: "Function.ResponseSizeTooLarge",
    });
  });

  it("tells an initialisation that fails", async () => {
    await expect(start("throw new RangeError('no such thing');")).rejects.toMatchObject({
      name: "InitFailure",
      body: { errorType: "RangeError", errorMessage: "no such thing" },
    });
    await expect(start("process.exit(4);")).rejects.toMatchObject({ body: { kind: "exit", code: 4 } });
  });
});
