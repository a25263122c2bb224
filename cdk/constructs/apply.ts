import type { Construct } from "constructs";
import { JobFunction, type JobWorld } from "./job_function.ts";

/** Applies what is pending. */
export class Apply extends JobFunction {
  constructor(scope: Construct, id: string, world: JobWorld) {
    super(scope, id, world, { command: "apply", description: "applies what is pending", parses: true });
    this.logsIn("migrator");
    this.readsBundles();
    this.tellsOfRuns();
  }
}
