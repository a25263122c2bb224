import type { Construct } from "constructs";
import { JobFunction, type JobWorld } from "./job_function.ts";

/** Says what is applied and how a run goes on, as a login that can only read. */
export class Status extends JobFunction {
  constructor(scope: Construct, id: string, world: JobWorld) {
    super(scope, id, world, {
      command: "status",
      description: "says what is applied, and how a run goes on",
      parses: false,
    });
    this.logsIn("reader");
    this.readsBundles();
  }
}
