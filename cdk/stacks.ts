import { type App, Tags, Validations } from "aws-cdk-lib";
import { ManagedPolicy, PermissionsBoundary } from "aws-cdk-lib/aws-iam";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import type { DeployConfig } from "./config.ts";
import { makesData, PawsDataStack } from "./data-stack.ts";
import { PawsJobStack } from "./job-stack.ts";

export interface Stacks {
  /** Null: everything that keeps data is there already. */
  readonly data: PawsDataStack | null;
  readonly job: PawsJobStack;
}

/** The stacks of one target. `root` is the repository's. */
export function buildStacks(app: App, config: DeployConfig, root: string): Stacks {
  const data = makesData(config) ? new PawsDataStack(app, "PawsDataStack", config) : null;
  const job = new PawsJobStack(app, "PawsJobStack", config, root);
  if (data !== null) job.addStackDependency(data);
  for (const [key, value] of Object.entries(config.tags)) Tags.of(app).add(key, value);
  if (config.permissionsBoundary !== undefined) {
    PermissionsBoundary.of(app).apply(
      ManagedPolicy.fromManagedPolicyArn(job, "Boundary", config.permissionsBoundary),
    );
  }
  return { data, job };
}

/** What a template may not be: a synthesis fails by it. */
export function addChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}
