import { expect } from "vitest";
import type { Emulator } from "../support/emulator.ts";

/** Lets the stack's schedule fire, now and each minute, with all else as it is. Returns how to take that back. */
export async function firesNow(emulator: Emulator): Promise<() => Promise<void>> {
  const { Schedules } = await scheduler(emulator, "GET", "");
  const [{ Name, GroupName }] = Schedules as [{ Name: string; GroupName: string }];
  const found = await scheduler(emulator, "GET", `/${Name}?groupName=${GroupName}`);
  expect(found).toMatchObject({
    ScheduleExpression: "rate(1 day)",
    State: "ENABLED",
    Target: {
      Arn: expect.stringMatching(/:function:paws-e2e-verify:live$/),
      Input: JSON.stringify({ requested_by: "schedule", integrity: true }),
      RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600 },
    },
  });
  const put = (ScheduleExpression: string) =>
    scheduler(emulator, "PUT", `/${Name}`, { ...found, GroupName, ScheduleExpression });
  // So long ago it was made, at this end of the suite.
  await put("rate(1 minute)");
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
