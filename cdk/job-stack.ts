import { CfnOutput } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { DeployConfig } from "./config.ts";
import { Apply } from "./constructs/apply.ts";
import { databaseAccess } from "./constructs/database_access.ts";
import { FunctionNetwork } from "./constructs/function_network.ts";
import type { JobWorld } from "./constructs/job_function.ts";
import { PipelineAccess } from "./constructs/pipeline_access.ts";
import { Rollback } from "./constructs/rollback.ts";
import { RunAlarms } from "./constructs/run_alarms.ts";
import { RunEvents } from "./constructs/run_events.ts";
import { Status } from "./constructs/status.ts";
import { Verify } from "./constructs/verify.ts";
import { VerifySchedule } from "./constructs/verify_schedule.ts";
import { bucketName, bundleName, stackName } from "./names.ts";
import { TargetStack } from "./target_stack.ts";

/** What runs: it holds no data, and can be made anew. */
export class PawsJobStack extends TargetStack {
  constructor(scope: Construct, id: string, config: DeployConfig, root: string) {
    super(scope, id, config, {
      stackName: stackName(config, "job"),
      description: `${config.target}: functions of paws-migrate`,
    });
    const { schedule, events, network } = config;
    const world: JobWorld = {
      config,
      root,
      database: databaseAccess(this, config),
      network: network.mode === "none" ? null : new FunctionNetwork(this, "Network", config),
      events: events.busArn === undefined ? null : new RunEvents(events.busArn),
    };
    const apply = new Apply(this, "Apply", world);
    const rollback = new Rollback(this, "Rollback", world);
    const verify = new Verify(this, "Verify", world);
    const status = new Status(this, "Status", world);
    new RunAlarms(this, "Runs", config);
    if (schedule.verify !== null) {
      new VerifySchedule(this, "Schedule", config, schedule.verify, verify.alias);
    }
    new PipelineAccess(this, "Access", config, {
      apply: apply.alias,
      rollback: rollback.alias,
      verify: verify.alias,
      status: status.alias,
    });
    new CfnOutput(this, "Bucket", { value: bucketName(config) });
    new CfnOutput(this, "Bundle", { value: bundleName(config) });
    new CfnOutput(this, "Region", { value: config.env.region });
  }
}
