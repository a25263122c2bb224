import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";
import type { DeployConfig } from "../config.ts";
import { handoverName } from "../names.ts";

/**
 * What AWS names when the data stack is made, and the job stack must know: left in Parameter Store under a name of
 * our own, so that neither stack holds the other one fast as an export would.
 */
export type Handover =
  | "network"
  | `subnet-${number}`
  | `endpoint-${string}`
  | "database-host"
  | "database-security-group"
  | "database-resource-id"
  | "migrator-secret"
  | "reader-secret";

export function leave(scope: Construct, config: DeployConfig, what: Handover, value: string): void {
  new StringParameter(scope, `Leave-${what}`, {
    parameterName: handoverName(config, what),
    stringValue: value,
    description: "Read by paws-migrate's job stack when it is deployed",
  });
}

/** Resolved by CloudFormation when the stack is deployed. */
export const find = (scope: Construct, config: DeployConfig, what: Handover): string =>
  StringParameter.valueForStringParameter(scope, handoverName(config, what));
