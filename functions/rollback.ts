import { runChange } from "#engine/run/change.ts";
import { planChange } from "#engine/run/plan.ts";
import { invocation } from "#io/lambda/invocation.ts";
import { readRollbackEvent } from "#io/lambda/rollback_event.ts";

/** Rolls back what the event names, newest first, or with `dry_run` says what it would do. */
export const handler = invocation("rollback", (event, target) => {
  const { request, common, dry_run, expected_plan, count } = readRollbackEvent(event, target);
  const call = dry_run ? planChange : runChange;
  return {
    common,
    expected_plan,
    count,
    run: async ({ openSource, options, world }) => call(request, openSource(), options, world),
  };
});
