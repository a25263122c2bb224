import { runChange } from "#engine/run/change.ts";
import { runConsolidate } from "#engine/run/consolidate.ts";
import { planChange } from "#engine/run/plan.ts";
import { readApplyEvent } from "#io/lambda/apply_event.ts";
import { invocation } from "#io/lambda/invocation.ts";

/** Applies what is pending, or with `dry_run` says what it would do; or records what was consolidated. */
export const handler = invocation("apply", (event, target) => {
  const { request, common, dry_run, expected_plan, count, record_consolidated } = readApplyEvent(
    event,
    target,
  );
  const call = dry_run ? planChange : runChange;
  return {
    common,
    expected_plan,
    count,
    run: async ({ openSource, options, world }) =>
      record_consolidated
        ? runConsolidate(openSource(), options, world)
        : call(request, openSource(), options, world),
  };
});
