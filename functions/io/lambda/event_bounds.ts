import { fault, MigrationFault } from "#engine/errors.ts";

const LONGEST_BYTES = 65_536;
const DEEPEST = 8;

/** Throws `bad-event` unless an event is JSON of a bounded size and depth; nothing else looks at it before. */
export function checkBounds(event: unknown): void {
  const left = { bytes: LONGEST_BYTES };
  walk(event, 0, left);
  // The walk has shown that this is cheap; quotes, commas and escapes count too.
  if (Buffer.byteLength(JSON.stringify(event)) > LONGEST_BYTES) tooLong();
}

/** Goes no deeper and no further than is allowed. */
function walk(value: unknown, depth: number, left: { bytes: number }): void {
  if (typeof value === "string") spend(Buffer.byteLength(value), left);
  else if (typeof value === "object" && value !== null) {
    if (depth === DEEPEST) refuse(`The event is nested deeper than ${DEEPEST}.`);
    for (const [key, inner] of Object.entries(value)) {
      spend(Array.isArray(value) ? 1 : Buffer.byteLength(key) + 1, left);
      walk(inner, depth + 1, left);
    }
  } else if (!["number", "boolean"].includes(typeof value) && value !== null) refuse("The event is no JSON.");
}

function spend(bytes: number, left: { bytes: number }): void {
  left.bytes -= bytes;
  if (left.bytes < 0) tooLong();
}

const tooLong = (): never => refuse(`The event has more than ${LONGEST_BYTES} bytes.`);

function refuse(message: string): never {
  throw new MigrationFault(fault("bad-event", message));
}
