import { agreedRollback } from "./agreed_rollback.ts";
import type { Verb } from "./call.ts";
import { openJob } from "./job.ts";
import { downRequest } from "./requests.ts";

export const run: Verb = async (call) => {
  const job = await openJob(call);
  return agreedRollback(call, job, downRequest(call, call.words[0] ?? "", job.bundle));
};
