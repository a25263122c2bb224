import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import { type S3Request, toS3Fault } from "./s3_fault.ts";

/**
 * Asks once; the SDK itself asks again where that may help. Ends when `signal` does, whatever the SDK is doing: its
 * pauses between tries and its search for credentials heed no signal. Throws a MigrationFault.
 */
export async function asked<T>(request: S3Request, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  const { promise: stopped, stop } = stopOf(signal);
  try {
    return await Promise.race([ask(), stopped]);
  } catch (error) {
    throw faultOf(error, request, signal);
  } finally {
    stop();
  }
}

/** Rejects when `signal` aborts, until `stop`. */
function stopOf(signal: AbortSignal): { readonly promise: Promise<never>; stop(): void } {
  let stop = (): void => {};
  const promise = new Promise<never>((_, reject) => {
    const aborted = (): void => reject(signal.reason);
    stop = () => signal.removeEventListener("abort", aborted);
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted, { once: true });
  });
  // Where the answer comes first, nobody waits for it.
  promise.catch(() => {});
  return { promise, stop };
}

/** Where the caller has stopped waiting, that is the reason, whatever the SDK makes of it. */
export function faultOf(error: unknown, request: S3Request, signal: AbortSignal): MigrationFault {
  const { reason } = signal;
  const stopped = signal.aborted && (reason === "SIGINT" || reason === "SIGTERM");
  const found: Fault = stopped
    ? fault("interrupted", `${reason} came while ${request.where} was asked for.`, {
        remedy: "Run it again.",
      })
    : toS3Fault(signal.aborted ? reason : error, request);
  return new MigrationFault(found);
}
