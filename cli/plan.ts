import type { Bundle } from "#engine/bundle/bundle.ts";
import { fault, MigrationFault } from "#engine/errors.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { planChange } from "#engine/run/plan.ts";
import type { Call, Verb } from "./call.ts";
import { openJob } from "./job.ts";
import { downRequest, rollbackRequest, upRequest } from "./requests.ts";

export const run: Verb = async (call) => {
  const { bundle, source, options, world } = await openJob(call);
  return planChange(requestOf(call, bundle), source, options, world);
};

function requestOf(call: Call, bundle: Bundle): ChangeRequest {
  const [verb, version] = call.words;
  if (verb === "down") {
    if (version === undefined) throw misused("plan down needs a version, as down does.");
    return downRequest(call, version, bundle);
  }
  if (version !== undefined) throw misused(`plan ${verb} takes no version here; wanted --to or --steps.`);
  return verb === "rollback" ? rollbackRequest(call, bundle) : upRequest(call, bundle);
}

const misused = (message: string): MigrationFault => new MigrationFault(fault("bad-argument", message));
