import { agreedRollback } from "./agreed_rollback.ts";
import type { Verb } from "./call.ts";
import { openJob } from "./job.ts";
import { rollbackRequest } from "./requests.ts";

export const run: Verb = async (call) => {
  const job = await openJob(call);
  return agreedRollback(call, job, rollbackRequest(call, job.bundle));
};
