import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { DeployConfig } from "../config.ts";
import { acknowledge } from "./acknowledge.ts";
import { alarm } from "./alarm.ts";

/** The dead-letter queue of what invokes: a request that was thrown back or came too late. It is alarmed. */
export function undelivered(scope: Construct, config: DeployConfig): Queue {
  const queue = new Queue(scope, "Undelivered", {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  acknowledge(queue, {
    "AwsSolutions-SQS3": "It is a dead-letter queue itself.",
    "Serverless-SQSRedrivePolicy": "It is a dead-letter queue itself.",
  });
  alarm(scope, "Undelivered", config, {
    runbook: "Alarm: a request was not carried out",
    metric: queue.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(1),
      statistic: "Maximum",
    }),
    when: { atLeast: 1 },
    missing: "good",
  });
  return queue;
}
