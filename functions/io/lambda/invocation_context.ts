/** What of the runtime's context is looked at. */
export interface InvocationContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** The entry points, and the metrics' dimension `command`. */
export type FunctionCommand = "apply" | "rollback" | "verify" | "status";

/** For closing the record where the connection was lost, and for telling the bus. */
const RESERVE_MS = 15_000;

/** How much of the time that is left the run itself may take: milliseconds, at least 1. */
export function runTime(context: InvocationContext): number {
  const left = context.getRemainingTimeInMillis();
  return Math.max(1, Math.floor(left - Math.min(RESERVE_MS, left / 2)));
}
