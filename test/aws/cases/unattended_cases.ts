import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { stackName } from "../../../cdk/names.ts";
import { isRightAbout } from "../differences.ts";
import { failingMigrations, migrations } from "../stage/bundle_folders.ts";
import { deliverBy, deliveryOf } from "../stage/delivery.ts";
import { findsProcesses } from "../stage/function_process.ts";
import { closeGate } from "../stage/gate.ts";
import { heldUpAt } from "../stage/killed.ts";
import { reportOf } from "../stage/outcome.ts";
import { firesNow } from "../stage/schedule.ts";
import { nameOf, type Stage, TARGET } from "../stage/stage.ts";
import { appliedTo, runsOf, truthOf } from "../stage/truth.ts";
import type { Emulator } from "../support/emulator.ts";
import { jsonCall } from "../support/json_call.ts";

/** What happens where nobody waits for an answer. */
export function unattendedCases(stage: Stage): void {
  const { emulator } = stage;
  const polling = { timeout: 60_000, interval: 250 };

  describe("with nobody waiting", () => {
    beforeAll(async () => {
      await stage.put("1", migrations(2));
      await stage.put("fails", failingMigrations(), "unattended");
    });
    beforeEach(() => stage.database.reset());

    it.skipIf(!isRightAbout(emulator, "undelivered"))(
      "a run that fails is tried once, and its event is kept in the queue for it",
      async () => {
        const event = { run_id: "lonely", bundle: { name: "unattended", version: "fails" } };
        await stage.app.submit("apply", event);
        await expect
          .poll(async () => (await runsOf(stage.database)).map(({ status }) => status), polling)
          .toEqual(["failed"]);
        expect(await undelivered(stage, event.run_id)).toMatchObject({
          requestPayload: event,
          responsePayload: { errorMessage: expect.stringMatching(/^run lonely: sql-error: /) },
        });
        expect(await truthOf(stage.database)).toEqual(appliedTo(2));
        expect(await runsOf(stage.database)).toMatchObject([{ run_id: "lonely", attempt: 1 }]);
      },
    );

    it.skipIf(!redelivers(emulator))(
      "an event that is delivered again is the same run by its request's id",
      async () => {
        const delivery = await deliveryOf(emulator, nameOf("apply"));
        await deliverBy(emulator, nameOf("apply"), { ...delivery, retries: 1 });
        try {
          const gate = await closeGate(stage.database, "up", 2);
          await stage.app.submit("apply", { bundle: { version: "1" }, steps: 2 });
          await (await heldUpAt(stage.database, gate)).kill("ends");
          await expect
            .poll(async () => (await runsOf(stage.database)).map(({ status }) => status), polling)
            .toEqual(["ok"]);
          const [run] = await runsOf(stage.database);
          expect(run).toMatchObject({ attempt: 2, run_id: run?.request_id });
          expect(await truthOf(stage.database)).toEqual(appliedTo(2));
        } finally {
          await deliverBy(emulator, nameOf("apply"), delivery);
        }
      },
    );

    it("the schedule verifies, as the stack says", async () => {
      reportOf(await stage.invoke("apply", { run_id: "before", bundle: { version: "1" } }));
      await stage.database.letReaderRecord();
      const restore = await firesNow(emulator);
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

    it("lines go to the group of the stack", async () => {
      reportOf(await stage.invoke("apply", { run_id: "logged", bundle: { version: "1" } }));
      const logGroupName = stage.app.outputs[stackName({ target: TARGET }, "job")]?.ApplyLogGroup;
      const there = async () =>
        JSON.stringify(await jsonCall(emulator, "logs", "FilterLogEvents", { logGroupName })).includes(
          "logged",
        );
      // They may come behind the answer.
      await expect.poll(there, polling).toBe(isRightAbout(emulator, "log-group"));
    });
  });
}

/** Whether it delivers again at all, and soon. */
const redelivers = ({ name, has_processes }: Emulator): boolean =>
  name === "localstack" && has_processes && findsProcesses;

/** What Lambda says of an event that failed. */
interface Undelivered {
  readonly requestPayload: { readonly run_id?: string };
  readonly responsePayload: { readonly errorMessage: string };
}

/** What was put into the queue of the alias's failures of that run; waits for it. */
async function undelivered({ emulator }: Stage, run_id: string): Promise<Undelivered> {
  const delivery = await deliveryOf(emulator, nameOf("apply"));
  expect(delivery).toMatchObject({ retries: 0, longest_s: 60 });
  const QueueName = delivery.failures?.split(":").at(-1);
  const { QueueUrl } = await jsonCall(emulator, "sqs", "GetQueueUrl", { QueueName });
  const wanted = { QueueUrl, WaitTimeSeconds: 10, MaxNumberOfMessages: 10 };
  for (;;) {
    const { Messages } = await jsonCall(emulator, "sqs", "ReceiveMessage", wanted);
    const bodies: Undelivered[] = (Array.isArray(Messages) ? Messages : []).map(({ Body }) =>
      JSON.parse(Body),
    );
    const found = bodies.find(({ requestPayload }) => requestPayload.run_id === run_id);
    if (found !== undefined) return found;
  }
}
