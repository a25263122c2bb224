/** A thing that a suite needs of the machine: it is there, or it is said why not and what to do. */
export type Available<T> = { readonly kind: "available"; readonly value: T } | Missing;

export interface Missing {
  readonly kind: "missing";
  readonly what: string;
  readonly reason: string;
  readonly remedy: string;
}

export const available = <T>(value: T): Available<T> => ({ kind: "available", value });

export const missing = (what: string, reason: string, remedy: string): Missing => ({
  kind: "missing",
  what,
  reason,
  remedy,
});

/** What is missing, why, and what to do, as one line. */
export const saying = (absent: Missing): string => `${absent.what}: ${absent.reason} ${absent.remedy}`;

const inCi = (): boolean => !["", "0", "false"].includes(process.env.CI ?? "");

/**
 * Says on stderr which suite does not run, why, and what to do. In CI it is an error: a suite that is left out
 * there is left out for everybody.
 */
export function reportSkipped(suite: string, absent: Missing): void {
  const message = `${suite} does not run. ${saying(absent)}`;
  if (inCi()) throw new Error(message);
  process.stderr.write(`\nSKIPPED  ${message}\n\n`);
}
