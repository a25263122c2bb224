import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import { type S3Request, toS3Fault } from "./s3_fault.ts";

/** Asks once; the SDK itself asks again where that may help. Throws a MigrationFault. */
export async function asked<T>(request: S3Request, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw faultOf(error, request, signal);
  }
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
