import { printable } from "./printable.ts";

/** A duration as a person says it: `41 ms`, `3.2 s`, `2 min 5 s`, `1 h 3 min`. */
export function durationText(ms: number): string {
  if (ms < 1) return "<1 ms";
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.round(ms / 60_000);
  if (seconds < 3600) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

const pair = (big: number, unit: string, small: number, of: string): string =>
  small === 0 ? `${big} ${unit}` : `${big} ${unit} ${small} ${of}`;

/** A whole run's duration: below a second still in seconds, `0.21 s`. */
export const totalText = (ms: number): string =>
  ms < 1000 ? `${(ms / 1000).toFixed(2)} s` : durationText(ms);

/** `2025-07-13T12:34:56.789Z` as `2025-07-13 12:34:56 UTC`; what is no such time, as it is. */
export function timeText(iso: string): string {
  const [, day, time] = /^(\d{4,}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(iso) ?? [];
  return day === undefined ? printable(iso) : `${day} ${time} UTC`;
}

/** `1 step`, `2 steps`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
