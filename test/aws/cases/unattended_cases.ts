import { GetFunctionEventInvokeConfigCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isRightAbout } from "../differences.ts";
import { failingMigrations, migrations } from "../stage/bundle_folders.ts";
import { reportOf } from "../stage/outcome.ts";
import { nameOf, type Stage } from "../stage/stage.ts";
import { appliedTo, runsOf, truthOf } from "../stage/truth.ts";
import { clientOf, type Emulator } from "../support/emulator.ts";
import { jsonCall } from "../support/json_call.ts";

/** What happens where nobody waits for an answer. */
export function unattendedCases(stage: Stage): void {
  const { emulator } = stage;
  const polling = { timeout: 60_000, interval: 250 };

  describe("with nobody waiting", () => {
    beforeAll(async () => {
      await stage.publish("1", migrations(2), "shop");
      await stage.publish("fails", failingMigrations(), "unattended");
    });
    beforeEach(() => stage.database.reset());

    it("a run that fails is tried once, and its event is kept in the queue for it", async () => {
      const event = { run_id: "lonely", bundle: { name: "unattended", version: "fails" } };
      await stage.app.submit("apply", event);
      await expect
        .poll(async () => (await runsOf(stage.database)).map(({ status }) => status), polling)
        .toEqual(["failed"]);
      const [message] = await undelivered(stage);
      expect(message).toMatchObject({
        requestPayload: event,
        responsePayload: { errorMessage: expect.stringMatching(/^run lonely: sql-error: /) },
      });
      expect(await truthOf(stage.database)).toEqual(appliedTo(2));
      expect(await runsOf(stage.database)).toMatchObject([{ run_id: "lonely", attempt: 1 }]);
    });

    it("the schedule verifies, as the stack says", async () => {
      reportOf(await stage.invoke("apply", { run_id: "before", bundle: { version: "1" } }));
      await stage.database.letReaderRecord();
      const restore = await firesNow(stage);
      try {
        if (!isRightAbout(emulator, "scheduler")) return;
        await expect
          .poll(async () => (await runsOf(stage.database)).map(({ command }) => command), polling)
          .toEqual(["up", "verify"]);
        const [, verified] = await runsOf(stage.database);
        expect(verified).toMatchObject({ status: "ok", requested_by: "schedule" });
      } finally {
        await restore();
      }
    });

    it.skipIf(!isRightAbout(emulator, "log-group"))("lines go to the group of the stack", async () => {
      reportOf(await stage.invoke("apply", { run_id: "logged", bundle: { version: "1" } }));
      const found = await jsonCall(emulator, "logs", "FilterLogEvents", {
        logGroupName: stage.app.outputs.PawsJobStack?.ApplyLogGroup,
      });
      expect(JSON.stringify(found)).toContain("logged");
    });
  });
}

/** What was put into the queue of the alias's failures. */
async function undelivered({ emulator }: Stage): Promise<readonly unknown[]> {
  const client = new LambdaClient(clientOf(emulator));
  const where = { FunctionName: nameOf("apply"), Qualifier: "live" };
  const config = await client.send(new GetFunctionEventInvokeConfigCommand(where));
  client.destroy();
  expect(config).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
  const QueueName = config.DestinationConfig?.OnFailure?.Destination?.split(":").at(-1);
  const { QueueUrl } = await jsonCall(emulator, "sqs", "GetQueueUrl", { QueueName });
  const body = { QueueUrl, WaitTimeSeconds: 10, MaxNumberOfMessages: 10 };
  const { Messages } = await jsonCall(emulator, "sqs", "ReceiveMessage", body);
  return (Array.isArray(Messages) ? Messages : []).map(({ Body }) => JSON.parse(Body));
}

/** Lets the stack's schedule fire once, now, with all else as it is. Returns how to take that back. */
async function firesNow({ emulator }: Stage): Promise<() => Promise<void>> {
  const { Schedules } = await scheduler(emulator, "GET", "");
  const [{ Name, GroupName }] = Schedules as [{ Name: string; GroupName: string }];
  const found = await scheduler(emulator, "GET", `/${Name}?groupName=${GroupName}`);
  expect(found).toMatchObject({
    ScheduleExpression: "rate(1 day)",
    State: "ENABLED",
    Target: {
      Arn: expect.stringMatching(/:function:paws-e2e-verify:live$/),
      Input: JSON.stringify({ requested_by: "schedule" }),
      RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600 },
    },
  });
  const put = (ScheduleExpression: string) =>
    scheduler(emulator, "PUT", `/${Name}`, { ...found, GroupName, ScheduleExpression });
  const soon = new Date(Date.now() + 2_000).toISOString().slice(0, 19);
  await put(`at(${soon})`);
  return async () => {
    await put(String(found.ScheduleExpression));
  };
}

/** Of EventBridge Scheduler, for which the project has no client. */
async function scheduler(
  { endpoint, region }: Emulator,
  method: "GET" | "PUT",
  path: string,
  input?: object,
): Promise<Record<string, unknown>> {
  const scope = `test/20260101/${region}/scheduler/aws4_request`;
  const response = await fetch(`${endpoint}/schedules${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    ...(input === undefined ? {} : { body: JSON.stringify(input) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`scheduler ${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}
