import { GetFunctionEventInvokeConfigCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isRightAbout } from "../differences.ts";
import { awsCall } from "../stage/aws_call.ts";
import { failingMigrations, migrations } from "../stage/bundle_folders.ts";
import { reportOf } from "../stage/outcome.ts";
import { functionName, type Stage } from "../stage/stage.ts";
import { appliedTo, runsOf, truthOf } from "../stage/truth.ts";
import { clientOf } from "../support/emulator.ts";

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

    const send = async (name: string, event: object): Promise<void> => {
      const client = new LambdaClient(clientOf(emulator));
      const Payload = JSON.stringify(event);
      await client.send(new InvokeCommand({ FunctionName: name, InvocationType: "Event", Payload }));
      client.destroy();
    };

    it("a run that fails is tried once, and its event is kept in the queue for it", async () => {
      const event = { run_id: "lonely", bundle: { name: "unattended", version: "fails" } };
      await send(`${functionName("apply")}:live`, event);
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
      const logGroupName = `/aws/lambda/${functionName("apply")}`;
      const found = await awsCall(emulator, "logs", {
        action: "Logs_20140328.FilterLogEvents",
        body: { logGroupName },
      });
      expect(JSON.stringify(found)).toContain("logged");
    });
  });
}

/** What was put into the queue of the alias's failures. */
async function undelivered({ emulator }: Stage): Promise<readonly unknown[]> {
  const client = new LambdaClient(clientOf(emulator));
  const where = { FunctionName: functionName("apply"), Qualifier: "live" };
  const config = await client.send(new GetFunctionEventInvokeConfigCommand(where));
  client.destroy();
  expect(config).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
  const QueueName = config.DestinationConfig?.OnFailure?.Destination?.split(":").at(-1);
  const { QueueUrl } = await awsCall(emulator, "sqs", {
    action: "AmazonSQS.GetQueueUrl",
    body: { QueueName },
  });
  const body = { QueueUrl, WaitTimeSeconds: 10, MaxNumberOfMessages: 10 };
  const { Messages } = await awsCall(emulator, "sqs", { action: "AmazonSQS.ReceiveMessage", body });
  return (Array.isArray(Messages) ? Messages : []).map(({ Body }) => JSON.parse(Body));
}

/** Lets the stack's schedule fire once, now, with all else as it is. Returns how to take that back. */
async function firesNow({ emulator }: Stage): Promise<() => Promise<void>> {
  const { Schedules } = await awsCall(emulator, "scheduler", { method: "GET", path: "/schedules" });
  const [{ Name, GroupName }] = Schedules as [{ Name: string; GroupName: string }];
  const path = `/schedules/${Name}?groupName=${GroupName}`;
  const found = await awsCall(emulator, "scheduler", { method: "GET", path });
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
    awsCall(emulator, "scheduler", {
      method: "PUT",
      path: `/schedules/${Name}`,
      body: {
        GroupName,
        ScheduleExpression,
        Target: found.Target,
        FlexibleTimeWindow: found.FlexibleTimeWindow,
        State: "ENABLED",
      },
    });
  const soon = new Date(Date.now() + 2_000).toISOString().slice(0, 19);
  await put(`at(${soon})`);
  return async () => {
    await put(String(found.ScheduleExpression));
  };
}
