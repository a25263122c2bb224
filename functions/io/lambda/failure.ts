import { type Fault, statusOf } from "#engine/errors.ts";
import { publicFault, publicWords } from "#engine/public_fault.ts";
import { errorName, type Status } from "#engine/status.ts";

const LONGEST_MESSAGE_BYTES = 2_000;

/**
 * The error that a function throws for a run that did not end ok. The runtime logs an error's name, message, stack and
 * every property of its own, and hands them to the caller: so it is made here, from nothing but what may be told.
 */
export function failureOf(run_id: string, status: Exclude<Status, "ok">, faults: readonly Fault[]): Error {
  const name = errorName(status);
  const told = faults.map(publicFault).map((fault) => `${fault.code}: ${publicWords(fault)}`);
  const message = cutBytes(`run ${run_id}: ${told.length === 0 ? status : told.join("; ")}`);
  const failure = new Error(message);
  // A property that is not enumerable is not logged beside the error.
  const own = (value: string) => ({ value, enumerable: false, configurable: true, writable: true });
  return Object.defineProperties(failure, { name: own(name), stack: own(`${name}: ${message}`) });
}

/** Of what ended before there was a report. */
export const failureOfFaults = (run_id: string, faults: readonly [Fault, ...Fault[]]): Error => {
  const status = statusOf(faults[0]);
  return failureOf(run_id, status === "ok" ? "internal" : status, faults);
};

function cutBytes(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= LONGEST_MESSAGE_BYTES) return text;
  // A character that was cut in two is dropped.
  const head = new TextDecoder().decode(bytes.subarray(0, LONGEST_MESSAGE_BYTES - 4)).replace(/\ufffd+$/, "");
  return `${head} ...`;
}
