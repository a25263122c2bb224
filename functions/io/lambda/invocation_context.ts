/** What of the runtime's context is looked at. */
export interface InvocationContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** The entry points, and the metrics' dimension `command`. */
export type FunctionCommand = "apply" | "rollback" | "verify" | "status";

/** For closing the record where the connection was lost, and for telling the bus. */
const RESERVE_MS = 15_000;

/** For the answer, once nothing is waited for any more. */
const ANSWER_MS = 1_500;

/** No function runs longer; nor does one whose runtime does not know how much is left. */
const LONGEST_MS = 900_000;

/** How much of the time that is left the run itself may take: milliseconds, at least 1. */
export const runTime = (context: InvocationContext): number => timeLess(RESERVE_MS, context);

/** How much of it may be waited for others, whatever the run is at: Lambda kills who is not done. At least 1. */
export const waitTime = (context: InvocationContext): number => timeLess(ANSWER_MS, context);

/** Less the reserve, or half where that is less. */
function timeLess(reserve_ms: number, context: InvocationContext): number {
  const said = context.getRemainingTimeInMillis();
  const left = Number.isNaN(said) ? 0 : Math.min(said, LONGEST_MS);
  return Math.max(1, Math.floor(left - Math.min(reserve_ms, left / 2)));
}
