import { dateOf, momentOf } from "../bundle/moment.ts";

/** Dates as tools put them at the head of a name, and how many of their digits count. */
const CALENDAR = [
  // 2025-01-02-120000 (Diesel), 20250102_120000, 20250102120000, 20250102120000123 (node-pg-migrate)
  /^((?:19|20)\d\d)-?(\d\d)-?(\d\d)[-_T]?(\d\d)-?:?(\d\d)-?:?(\d\d)(?:\d{3})?(?!\d)/,
  // 20250102, 2025-01-02, 2025_01_02
  /^((?:19|20)\d\d)[-_]?(\d\d)[-_]?(\d\d)(?!\d)/,
];
const EPOCH_MILLISECONDS = /^(1\d{12})(?!\d)/;
const EPOCH_SECONDS = /^(1\d{9})(?!\d)/;

/** The moment (YYYYMMDDHHMMSS, UTC) that a name begins with, whatever its spelling; null where it has none that is real. */
export function momentOfName(name: string): string | null {
  const bare = name.replace(/^[VvUu](?=\d)/, "");
  for (const pattern of CALENDAR) {
    const parts = pattern.exec(bare);
    if (parts === null) continue;
    const moment = parts.slice(1).join("").padEnd(14, "0");
    if (dateOf(moment) !== null) return moment;
  }
  const [, milliseconds] = EPOCH_MILLISECONDS.exec(bare) ?? [];
  const [, seconds] = EPOCH_SECONDS.exec(bare) ?? [];
  if (milliseconds !== undefined) return momentOfEpoch(Number(milliseconds));
  return seconds === undefined ? null : momentOfEpoch(Number(seconds) * 1000);
}

/** What of a name is left without its version. */
export function wordsOf(name: string): string {
  const bare = name.replace(/^[VvUuRr](?=\d|__)/, "");
  const moment = [...CALENDAR, EPOCH_MILLISECONDS, EPOCH_SECONDS]
    .map((pattern) => pattern.exec(bare)?.[0] ?? "")
    .find((found) => found !== "");
  const rest = moment === undefined ? bare.replace(/^\d[\d._]*(?=[^\d]|$)/, "") : bare.slice(moment.length);
  return rest.replace(/^[^\p{L}\p{N}]+/u, "");
}

const momentOfEpoch = (milliseconds: number): string => momentOf(new Date(milliseconds));
