import type { Construct } from "constructs";
import { JobFunction, type JobWorld } from "./job_function.ts";

/** Takes applied migrations back. */
export class Rollback extends JobFunction {
  constructor(scope: Construct, id: string, world: JobWorld) {
    super(scope, id, world, {
      command: "rollback",
      description: "takes applied migrations back",
      parses: true,
    });
    this.logsIn("migrator");
    this.readsBundles();
    this.tellsOfRuns();
  }
}
