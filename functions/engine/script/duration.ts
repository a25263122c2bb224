const MILLISECONDS = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const TIME = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*$/;
/** What the server's timeouts can hold. */
const LONGEST_MS = 2_147_483_647;

/**
 * A time as the server's settings spell it (`5s`, `10 min`, `1.5h`), in milliseconds; null where it is none.
 * Without a unit it counts milliseconds where `unit` is `optional`, as in SQL, and is no time otherwise.
 */
export function parseDuration(text: string, unit: "required" | "optional"): number | null {
  const [, number, suffix] = TIME.exec(text) ?? [];
  if (number === undefined || (suffix === undefined && unit === "required")) return null;
  const ms = Math.round(Number(number) * MILLISECONDS[(suffix ?? "ms") as keyof typeof MILLISECONDS]);
  return ms <= LONGEST_MS ? ms : null;
}

/** A time in a command line or an event: `m` means minutes there, as in most tools, and 0 needs no unit. Milliseconds. */
export function parseWait(text: string): number | null {
  if (/^\s*0+\s*$/.test(text)) return 0;
  return parseDuration(text.replace(/(\d)\s*m\s*$/, "$1min"), "required");
}

/** What to write where `parseWait` finds none. */
export const WAIT_WANTED = "a time such as 200ms, 30s, 5m or 1h";
