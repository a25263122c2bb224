import { Validations } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** Says beside a construct why it may be as a rule of cdk-nag says it should not. */
export function acknowledge(construct: Construct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}
