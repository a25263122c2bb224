import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { METRIC_DIMENSIONS, METRIC_NAMESPACE, METRICS } from "#io/contract.ts";
import { ROOT, type Sections } from "../support/examples.ts";
import { rightsOf } from "../support/function_rights.ts";
import { onlyOf, type Resource, resourcesOf, templatesOf } from "../support/stacks.ts";

const { data, job } = templatesOf("create");
const OWN_TOPIC = "arn:aws:sns:eu-west-1:111122223333:paws-orders-prod-alarms";

const alarmsOf = (template: typeof job): Resource["Properties"][] =>
  resourcesOf(template, "AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties);
const alarm = (name: string) => {
  const found = [...alarmsOf(job), ...alarmsOf(data)].find(({ AlarmName }) => AlarmName === name);
  if (found === undefined) throw new Error(`no alarm ${name}`);
  return found;
};
const dimensions = (command: string) => [
  { Name: METRIC_DIMENSIONS.command, Value: command },
  { Name: METRIC_DIMENSIONS.target, Value: "orders-prod" },
];

describe.each(["apply", "rollback", "verify", "status"])("the function %s", (command) => {
  it.each([
    ["errors", "AWS/Lambda", "Errors", "Sum", 1],
    ["throttles", "AWS/Lambda", "Throttles", "Sum", 1],
    ["duration", "AWS/Lambda", "Duration", "Maximum", 0.9 * 900_000],
    ["undelivered", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", 1],
  ])("is watched for %s", (what, Namespace, MetricName, Statistic, Threshold) => {
    expect(alarm(`paws-orders-prod-${command}-${what}`)).toMatchObject({
      Namespace,
      MetricName,
      Statistic,
      Threshold,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
    });
  });
});

describe("runs are watched by what they measure of themselves", () => {
  it.each([
    ["apply-failed", METRICS.run_failed.name, "apply", "Sum"],
    ["rollback-failed", METRICS.run_failed.name, "rollback", "Sum"],
    ["verify-failed", METRICS.run_failed.name, "verify", "Sum"],
    ["checks-failed", METRICS.checks_failed.name, "verify", "Sum"],
    ["stuck-runs", METRICS.stuck_runs.name, "verify", "Maximum"],
  ])("%s", (name, MetricName, command, Statistic) => {
    expect(alarm(`paws-orders-prod-runs-${name}`)).toMatchObject({
      Namespace: METRIC_NAMESPACE,
      MetricName,
      Statistic,
      Dimensions: dimensions(command),
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      // One run a day says how it is: it stays so until the next one.
      TreatMissingData: "ignore",
    });
  });

  it.each<[string, Sections, number]>([
    ["a day", {}, 26],
    ["six hours", { schedule: { verify: "rate(6 hours)" } }, 8],
    ["a cron", { schedule: { verify: "cron(0 3 * * ? *)" } }, 26],
  ])("a verification that is missing for %s and two hours is told: no data is bad", (_, sections, hours) => {
    const watched = alarmsOf(templatesOf("create", sections).job).find(({ AlarmName }) =>
      String(AlarmName).endsWith("verification-missing"),
    );
    expect(watched).toMatchObject({
      MetricName: METRICS.run_duration.name,
      Dimensions: dimensions("verify"),
      Statistic: "SampleCount",
      Period: 3600,
      EvaluationPeriods: hours,
      Threshold: 1,
      ComparisonOperator: "LessThanThreshold",
      TreatMissingData: "breaching",
    });
    // CloudWatch looks back seven days at most.
    expect(hours).toBeLessThanOrEqual(7 * 24);
  });
});

it("watches the processor and the storage of a made database", () => {
  expect(alarm("paws-orders-prod-database-processor")).toMatchObject({ MetricName: "CPUUtilization" });
  expect(alarm("paws-orders-prod-database-storage")).toMatchObject({
    MetricName: "FreeStorageSpace",
    Statistic: "Minimum",
    ComparisonOperator: "LessThanThreshold",
  });
});

it("tells the topic when an alarm begins and ends, and where to read on", () => {
  const runbook = readFileSync(join(ROOT, "docs/runbook.md"), "utf8");
  for (const { AlarmName, AlarmActions, OKActions, AlarmDescription } of [
    ...alarmsOf(job),
    ...alarmsOf(data),
  ]) {
    expect([AlarmActions, OKActions], String(AlarmName)).toEqual([[OWN_TOPIC], [OWN_TOPIC]]);
    const heading = /"(Alarm: .+)"$/.exec(String(AlarmDescription))?.[1];
    expect(runbook.split("\n"), String(AlarmName)).toContain(`### ${heading}`);
  }
});

describe("the topic", () => {
  it("is made where none is named: the account's alarms may publish, by TLS only", () => {
    expect(onlyOf(job, "AWS::SNS::Topic").Properties.TopicName).toBe("paws-orders-prod-alarms");
    expect(onlyOf(job, "AWS::SNS::Subscription").Properties).toMatchObject({
      Protocol: "email",
      Endpoint: "on-call@example.com",
    });
    const policy = onlyOf(job, "AWS::SNS::TopicPolicy").Properties.PolicyDocument as { Statement: unknown[] };
    expect(policy.Statement).toEqual([
      expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      expect.objectContaining({
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Condition: { StringEquals: { "aws:SourceAccount": "111122223333" } },
      }),
    ]);
  });

  it("is the named one", () => {
    const { job: named } = templatesOf("existing");
    expect(resourcesOf(named, "AWS::SNS::Topic")).toEqual([]);
    expect(alarmsOf(named)[0]?.AlarmActions).toEqual(["arn:aws:sns:eu-west-1:111122223333:on-call"]);
  });
});

describe("the schedule", () => {
  it("invokes verify's alias; it only reads, so it is tried again, for an hour", () => {
    expect(onlyOf(job, "AWS::Scheduler::Schedule").Properties).toMatchObject({
      ScheduleExpression: "rate(1 day)",
      State: "ENABLED",
      Target: {
        Arn: { Ref: expect.stringMatching(/^VerifyAlias/) },
        Input: JSON.stringify({ requested_by: "schedule", integrity: true }),
        RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600 },
        DeadLetterConfig: { Arn: { "Fn::GetAtt": [expect.stringMatching(/^ScheduleUndelivered/), "Arn"] } },
      },
    });
  });

  it("may invoke that, and nothing else; its own queue is watched", () => {
    expect(rightsOf(job, /^ScheduleRole/)).toEqual([
      "allow lambda:InvokeFunction on {VerifyAlias}",
      "allow sqs:SendMessage on {ScheduleUndelivered}",
    ]);
    expect(alarm("paws-orders-prod-schedule-undelivered")).toMatchObject({ Threshold: 1 });
  });

  it("is not there where verify is not to run by itself, and nobody misses it", () => {
    const { job: never } = templatesOf("create", { schedule: { verify: null } });
    expect(resourcesOf(never, "AWS::Scheduler::Schedule")).toEqual([]);
    expect(alarmsOf(never).filter(({ AlarmName }) => String(AlarmName).includes("missing"))).toEqual([]);
  });
});
