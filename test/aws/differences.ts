import type { Emulator } from "./support/emulator.ts";

interface Difference {
  /** Who is wrong about it, and so never the judge of it. */
  readonly wrong: readonly Emulator["name"][];
  /** What it does instead of what AWS does. */
  readonly does: string;
  /** What the suite asserts there in the place of AWS's behaviour. */
  readonly instead: string;
}

/**
 * Where the imitations differ from AWS. One suite runs on both; what stands here is all that it asserts
 * differently, or leaves to others.
 */
export const DIFFERENCES = {
  "error-type": {
    wrong: ["ministack"],
    does: "errorType is Runtime.HandlerError, whatever was thrown.",
    instead: "The error's message, which begins with run id and code.",
  },
  scheduler: {
    wrong: ["localstack"],
    does: "A schedule is stored and never fires.",
    instead: "Nothing; that it is stored with its target and input is asserted.",
  },
  "log-group": {
    wrong: ["localstack"],
    does: "Lines go to /aws/lambda/NAME, whatever group is configured.",
    instead: "That the configured group is empty, so that it is seen when this is no more so.",
  },
  delivery: {
    wrong: ["localstack"],
    does: "Of an event to an alias, the configuration of the version behind it counts, not the alias's.",
    instead: "The suite gives the version what the stack gave the alias.",
  },
  undelivered: {
    wrong: ["ministack"],
    does: "An event to an alias is delivered three times, each with another request id, and then forgotten.",
    instead: "Nothing. The launcher puts the second delivery off until the suite is over.",
  },
  rights: {
    wrong: ["localstack", "ministack"],
    does: "IAM, the bucket's policy and the keys' policies allow everything.",
    instead: "Nothing. test/cdk/ holds their text.",
  },
  metrics: {
    wrong: ["localstack", "ministack"],
    does: "No metric is made of what functions log.",
    instead: "Nothing. test/functions/telemetry.test.ts reads the lines as CloudWatch does.",
  },
} as const satisfies Record<string, Difference>;

/** Whether an emulator does as AWS does. */
export const isRightAbout = ({ name }: Emulator, what: keyof typeof DIFFERENCES): boolean =>
  !DIFFERENCES[what].wrong.some((wrong) => wrong === name);
