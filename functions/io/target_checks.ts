import { readFileSync } from "node:fs";
import { type Fault, fault } from "#engine/errors.ts";
import type { SslMode } from "./connect.ts";

/** A value and the option or variable it came from; `name` is null for a default. */
export interface Said {
  readonly value: string;
  readonly name: string | null;
}

const SSL_MODES: readonly SslMode[] = ["disable", "prefer", "require", "verify-full"];

export const checkNotEmpty = ({ value, name }: Said): Fault[] =>
  value === "" ? [fault("bad-argument", `${name} is empty.`)] : [];

export const checkHost = ({ value, name }: Said): Fault[] =>
  value.includes(",") && !value.startsWith("/")
    ? [fault("bad-argument", `${name} is ${JSON.stringify(value)}; wanted one host.`)]
    : [];

export function checkPort({ value, name }: Said): Fault[] {
  if (/^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535) return [];
  return [fault("bad-argument", `${name} has the port ${JSON.stringify(value)}; wanted 1 to 65535.`)];
}

export function checkMode({ value, name }: Said): Fault[] {
  if (SSL_MODES.some((mode) => mode === value)) return [];
  const wanted = SSL_MODES.join(", ");
  return [fault("bad-argument", `${name} has the sslmode ${JSON.stringify(value)}; wanted ${wanted}.`)];
}

/**
 * The roots to verify with, as PEM text; null for the system's own, which libpq spells `system`. Asked for by
 * an option they must be used: roots that verify nothing would only seem to protect.
 */
export function readRoots(mode: Said, { value, name }: Said): { ca: string | null; faults: Fault[] } {
  if (mode.value !== "verify-full") {
    const unused = fault("bad-argument", "--sslrootcert verifies nothing without --sslmode verify-full.");
    return { ca: null, faults: name === "--sslrootcert" ? [unused] : [] };
  }
  if (value === "" || value === "system") return { ca: null, faults: [] };
  try {
    const ca = readFileSync(value, "utf8");
    if (ca.includes("-----BEGIN ")) return { ca, faults: [] };
    return {
      ca: null,
      faults: [fault("bad-argument", `${name}: ${value} holds no certificate in PEM form.`)],
    };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return { ca: null, faults: [fault("unreadable-file", `${name}: ${value} cannot be read (${reason}).`)] };
  }
}
