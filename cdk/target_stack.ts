import { Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { DeployConfig } from "./config.ts";

/** A stack in the configured account and region. */
export abstract class TargetStack extends Stack {
  private readonly zones: readonly string[];

  constructor(scope: Construct, id: string, config: DeployConfig, props: StackProps) {
    super(scope, id, { ...props, env: config.env });
    this.zones = config.network.mode === "none" ? [] : config.network.azs;
  }

  /** Configured, where CDK would ask AWS. */
  override get availabilityZones(): string[] {
    return [...this.zones];
  }
}
