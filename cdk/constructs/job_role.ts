import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { DeployConfig } from "../config.ts";
import { type Command, functionArn } from "../names.ts";
import { acknowledge } from "./acknowledge.ts";

/** A function's role: every right is a statement of ours, none comes by a managed policy. */
export function jobRole(scope: Construct, config: DeployConfig, command: Command): Role {
  const role = new Role(scope, "Role", {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    description: `${config.target}: ${command}`,
  });
  if (config.network.mode !== "none") joinNetwork(role, config, command);
  return role;
}

export function grantLogs(role: Role, logs: ILogGroup): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      sid: "WriteLogs",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [logs.logGroupArn],
    }),
  );
}

export function grantLeave(role: Role, queue: IQueue): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      sid: "LeaveUndelivered",
      actions: ["sqs:SendMessage"],
      resources: [queue.queueArn],
    }),
  );
}

/** Lambda itself makes the interfaces, with the role's rights; the code is refused them. */
function joinNetwork(role: Role, config: DeployConfig, command: Command): void {
  const statement = {
    actions: [
      "ec2:CreateNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:DeleteNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ],
    resources: ["*"],
  };
  role.addToPrincipalPolicy(new PolicyStatement({ sid: "JoinNetwork", ...statement }));
  role.addToPrincipalPolicy(
    new PolicyStatement({
      sid: "CodeJoinsNoNetwork",
      effect: Effect.DENY,
      ...statement,
      conditions: { ArnEquals: { "lambda:SourceFunctionArn": functionArn(config, command) } },
    }),
  );
  acknowledge(role, {
    "AwsSolutions-IAM5[Resource::*]":
      "Lambda asks for these rights on all interfaces before it makes one. The function's own code is refused them.",
  });
}
