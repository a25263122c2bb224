import { Duration } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Alias, IFunction } from "aws-cdk-lib/aws-lambda";
import { Schedule, ScheduleExpression, ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import { Construct } from "constructs";
import type { DeployConfig } from "../config.ts";
import { undelivered } from "./undelivered.ts";

/** Runs `verify` by itself. It only reads: to deliver it again does no harm. */
export class VerifySchedule extends Construct {
  constructor(scope: Construct, id: string, config: DeployConfig, expression: string, verify: Alias) {
    super(scope, id);
    const queue = undelivered(this, config);
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": config.env.account } },
      }),
      description: `${config.target}: invokes verify on schedule`,
    });
    const grants = [
      { sid: "InvokeVerify", actions: ["lambda:InvokeFunction"], resources: [verify.functionArn] },
      { sid: "LeaveUndelivered", actions: ["sqs:SendMessage"], resources: [queue.queueArn] },
    ];
    for (const grant of grants) role.addToPrincipalPolicy(new PolicyStatement(grant));
    new Schedule(this, "Schedule", {
      schedule: ScheduleExpression.expression(expression),
      description: `${config.target}: verify`,
      target: new LambdaInvoke(verify as IFunction, {
        // The construct would let it invoke every version.
        role: role.withoutPolicyUpdates(),
        input: ScheduleTargetInput.fromObject({ requested_by: "schedule", integrity: true }),
        retryAttempts: 3,
        maxEventAge: Duration.hours(1),
        deadLetterQueue: queue,
      }),
    });
  }
}
