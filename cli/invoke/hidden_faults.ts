import { type Fault, fault } from "#engine/errors.ts";
import type { InvokeEvent } from "./event.ts";

const NO_PLAN = "0".repeat(64);

/**
 * What is wrong with fields that the plan, which is asked for first, has values of its own for: the function would say
 * it where nobody listens, or, of a run id that is a number, never.
 */
export function hiddenFaults(event: InvokeEvent): readonly Fault[] {
  const wrong = (name: string, wanted: string): Fault =>
    fault("bad-argument", `${name} is ${JSON.stringify(event[name])}; wanted ${wanted}.`);
  const { run_id = "", dry_run = false, expected_plan = NO_PLAN } = event;
  return [
    ...(typeof run_id === "string" ? [] : [wrong("run_id", "text")]),
    ...(typeof dry_run === "boolean" ? [] : [wrong("dry_run", "true or false")]),
    ...(typeof expected_plan === "string" && /^[0-9a-f]{64}$/i.test(expected_plan)
      ? []
      : [wrong("expected_plan", "the `plan_digest` of a plan")]),
  ];
}
