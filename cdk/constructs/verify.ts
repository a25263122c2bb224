import type { Construct } from "constructs";
import { JobFunction, type JobWorld } from "./job_function.ts";

/** Runs the verifications, as a login that can only read. */
export class Verify extends JobFunction {
  constructor(scope: Construct, id: string, world: JobWorld) {
    super(scope, id, world, { command: "verify", description: "verifies what is applied", parses: true });
    this.logsIn("reader");
    this.readsBundles();
    this.tellsOfRuns();
  }
}
