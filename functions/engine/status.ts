/** A run's outcome, and the exit status of the process that shows it: the one table for both. */
export const EXIT_STATUS = {
  ok: 0,
  failed: 1,
  bad_input: 2,
  refused: 3,
  busy: 4,
  unreachable: 5,
  incomplete: 6,
  unknown: 7,
  internal: 70,
  interrupted: 130,
} as const;

export type Status = keyof typeof EXIT_STATUS;

/** 130 for Ctrl-C and 143 for SIGTERM: 128 and the signal's number, as shells report it. */
export function exitStatus(status: Status, signal: "SIGINT" | "SIGTERM" = "SIGINT"): number {
  if (status === "interrupted" && signal === "SIGTERM") return 143;
  return EXIT_STATUS[status];
}
