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

/**
 * The name of the error that a function throws for a run that did not end ok: `MigrationFailed`, `MigrationBadInput`.
 * Step Functions and `invoke` tell the statuses apart by it.
 */
export const errorName = (status: Exclude<Status, "ok">): string =>
  `Migration${status.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;

/** The status that an `errorName` stands for; null where it is none of them. */
export const statusNamed = (name: string): Exclude<Status, "ok"> | null =>
  (Object.keys(EXIT_STATUS) as Status[]).find(
    (status): status is Exclude<Status, "ok"> => status !== "ok" && errorName(status) === name,
  ) ?? null;
