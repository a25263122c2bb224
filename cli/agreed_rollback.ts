import { fault } from "#engine/errors.ts";
import type { ChangeReport } from "#engine/report.ts";
import type { RollbackRequest } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import { planChange } from "#engine/run/plan.ts";
import { readRuns } from "#engine/run/runs.ts";
import { ask } from "./ask.ts";
import type { Call } from "./call.ts";
import type { Job } from "./job.ts";
import { isAttended } from "./terminal.ts";

export const NOT_ATTEMPTED = { replayed: false, recovered: false, attempt: null } as const;

/** A run of this id was begun: what it does was settled then, and another plan must not be shown for it. */
async function isKnown({ options, world }: Job): Promise<boolean> {
  return options.run_id !== null && (await readRuns(options.run_id, options, world)).runs.length > 0;
}

/**
 * Rolls back; on a terminal only after its plan was shown and agreed to, with neither lock nor connection held
 * meanwhile. The run then refuses where its plan is not the one that was shown. A no ends with `interrupted`:
 * what was asked for was not done, and who chains commands must see that.
 */
export async function agreedRollback(call: Call, job: Job, request: RollbackRequest): Promise<ChangeReport> {
  const { source, options, world } = job;
  if (call.options.yes === true || !isAttended(call.terminal) || (await isKnown(job)))
    return runChange(request, source, options, world);

  const plan = await planChange(request, source, options, world);
  if (plan.status !== "ok") {
    const { plan_digest: _, of: __, details: ___, ...head } = plan;
    return { ...head, ...NOT_ATTEMPTED, command: "rollback" };
  }
  if (plan.steps.length === 0) return runChange(request, source, options, world);
  const answer = await ask(call, `${call.output.render(plan)}Roll back? [y/N] `);
  if (answer === "yes")
    return runChange(request, source, { ...options, expected_plan: plan.plan_digest }, world);

  const why = answer === "no" ? "The answer was no" : `${call.interrupt.reason} came`;
  const { plan_digest: _, of: __, details: ___, ...head } = plan;
  return {
    ...head,
    ...NOT_ATTEMPTED,
    command: "rollback",
    status: "interrupted",
    error: fault("interrupted", `${why}; nothing was rolled back.`, {
      remedy: "Run it again, or with --yes.",
    }),
  };
}
