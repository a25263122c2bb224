import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import { isAlive } from "./support/alive.ts";
import { type DeployedFunction, deployModule } from "./support/deployed_function.ts";
import { describeOn } from "./support/describe_where.ts";

/** The function's longest time: more than a busy machine needs for what does not wait. */
const SECONDS = 6;

await describeOn("localstack", (emulator) => {
  let odd: DeployedFunction;

  beforeAll(async () => {
    odd = await deployModule(emulator, "odd", { seconds: SECONDS, environment: { GREETING: "hello" } });
    return () => odd.remove();
  });

  it("a function has its configuration, and nothing of ours", async () => {
    const { function_error, payload, log } = await odd.invoke({ a: 1 });
    expect(function_error).toBeNull();
    const { environment, folder, left, arn } = Object(payload);
    expect(environment).toMatchObject({
      GREETING: "hello",
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_LAMBDA_FUNCTION_NAME: "odd",
      LAMBDA_TASK_ROOT: folder,
    });
    expect(Object.keys(environment)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(HOME|PYTHON|PAWS_|VITEST)/)]),
    );
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(SECONDS * 1000);
    expect(arn).toBe("arn:aws:lambda:us-east-1:000000000000:function:odd");
    expect(log).toContain('event {"a":1}');
  });

  it("a process serves one event after the other", async () => {
    const one = await odd.invoke({ say: {} });
    const two = await odd.invoke({ say: {} });
    expect(Object(two.payload)).toEqual({
      pid: Object(one.payload).pid,
      count: Object(one.payload).count + 1,
    });
  });

  it("what is thrown is the answer, by its name", async () => {
    const { function_error, payload } = await odd.invoke({ throw: "MigrationFailed" });
    expect(function_error).not.toBeNull();
    expect(payload).toMatchObject({ errorType: "MigrationFailed", errorMessage: "as told" });
  });

  it("a process that ends is told, and the next event has a new one", async () => {
    const { payload } = await odd.invoke({ exit: 3 });
    expect(payload).toMatchObject({
      errorType: "Runtime.ExitError",
      errorMessage: "Error: Runtime exited with error: exit status 3",
    });
    expect((await odd.invoke({ say: {} })).payload).toMatchObject({ count: 1 });
  });

  it("a process that takes longer than its time is killed", async () => {
    const { payload } = await odd.invoke({ wait: 60_000 });
    expect(payload).toMatchObject({
      errorType: "Sandbox.Timedout",
      errorMessage: expect.stringMatching(/Task timed out after 6.00 seconds$/),
    });
    expect((await odd.invoke({ say: {} })).payload).toMatchObject({ count: 1 });
  });

  it.skipIf(!emulator.has_processes)("a process that died while idle swallows no event", async () => {
    const before = Object((await odd.invoke({ say: {} })).payload).pid;
    process.kill(before, "SIGKILL");
    await expect.poll(() => isAlive(before), { interval: 5 }).toBe(false);
    // Its death is noticed by looking, within 50 ms; an event may come before and after that.
    for (const wait of [0, 200]) {
      await sleep(wait);
      const { function_error, payload } = await odd.invoke({ say: {} });
      expect(function_error).toBeNull();
      expect(Object(payload).pid).not.toBe(before);
    }
  });

  it("two events at once have two processes", async () => {
    const meeting = await openMeeting(2);
    const [one, two] = await Promise.all([1, 2].map(() => odd.invoke({ meet: meeting.url })));
    await meeting.close();
    expect(Object(one?.payload).pid).not.toBe(Object(two?.payload).pid);
  });

  it("an answer over the limit is refused", async () => {
    expect((await odd.invoke({ bytes: 7_000_000 })).payload).toMatchObject({
      errorType: "Function.ResponseSizeTooLarge",
    });
  });

  it("an initialisation that fails is told", async () => {
    const broken = await deployModule(emulator, "broken", {
      source: "throw new RangeError('no such thing');",
    });
    expect((await broken.invoke({})).payload).toMatchObject({
      errorType: "RangeError",
      errorMessage: "no such thing",
    });
    await broken.remove();
  });

  it.skipIf(!emulator.has_processes)("its processes end with the function", async () => {
    const brief = await deployModule(emulator, "brief");
    const { pid } = Object((await brief.invoke({ say: {} })).payload);
    await brief.remove();
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

/** Answers who comes when so many are there. */
async function openMeeting(number: number): Promise<{ readonly url: string; close(): Promise<void> }> {
  const there: ServerResponse[] = [];
  const server = createServer((_, response) => {
    there.push(response);
    if (there.length === number) for (const one of there) one.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = server.address();
  return {
    url: `http://127.0.0.1:${at !== null && typeof at === "object" ? at.port : 0}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
