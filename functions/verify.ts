import { runVerify } from "#engine/run/verify.ts";
import { invocation } from "#io/lambda/invocation.ts";
import { readVerifyEvent } from "#io/lambda/verify_event.ts";

/** Runs the verifications of what is applied, reading only. */
export const handler = invocation("verify", (event, target) => {
  const { request, common } = readVerifyEvent(event, target);
  return {
    common,
    expected_plan: null,
    run: async ({ openSource, options, world }) => runVerify(request, openSource(), options, world),
  };
});
