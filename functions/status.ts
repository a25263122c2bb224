import { readRuns } from "#engine/run/runs.ts";
import { readStatus } from "#engine/run/status.ts";
import { invocation } from "#io/lambda/invocation.ts";
import { readStatusEvent } from "#io/lambda/status_event.ts";

/** Tells of one run by its id, or of the whole database. */
export const handler = invocation("status", (event, target) => {
  const { run_id, common } = readStatusEvent(event, target);
  return {
    common,
    expected_plan: null,
    run: async ({ openSource, options, world }) =>
      run_id === null
        ? readStatus(openSource(), options, world)
        : // To ask for a run before it has a row is no failure, which would be alarmed.
          readRuns(run_id, options, world, "told"),
  };
});
