import type { ErrorCode } from "../error_codes.ts";
import { type Fault, fault } from "../errors.ts";
import { dateOf } from "./moment.ts";

/** A file's name, taken apart: `005_add_rooms` is version 5, label `005` and name `add_rooms`. */
export interface VersionedName {
  readonly version: bigint;
  /** The version as the file spells it: `005`, `20250102_120000`. */
  readonly label: string;
  readonly name: string;
}

/** A date and a time joined by `_` are one version; anything else is digits alone. */
const LABEL = /^((?:19|20)\d{6}_\d{6}|\d+)(?=_|$)/;
const DATE = /^(?:19|20)\d{6}(?:\d{6})?$/;
const MAX_DIGITS = 18;
const MAX_NAME_CHARACTERS = 100;
/** File systems take 255 bytes; the version and `_rollback.sql` need some of them. */
const MAX_NAME_BYTES = 200;

/** The version at the head of a file's name as it is spelled, real or not; null where there is none. */
export function labelOf(stem: string): string | null {
  return LABEL.exec(stem)?.[1] ?? null;
}

/**
 * Version, label and name of a forward file, from its name without `.sql`. The fault (`no-version`,
 * `version-too-long`, `version-zero`, `impossible-date`) names `path`.
 */
export function parseFileName(stem: string, path: string): VersionedName | Fault {
  const label = labelOf(stem);
  if (label === null) {
    return fault("no-version", `${path} does not begin with a version.`, { file: path });
  }
  const name = stem.slice(label.length + 1);
  if (name === "") return fault("no-version", `${path} has a version but no name after it.`, { file: path });
  const version = versionOf(label);
  if (typeof version === "bigint") return { version, label, name };
  return fault(version, REASONS[version](label, path), { file: path });
}

const REASONS = {
  "version-too-long": (label: string, path: string) =>
    `The version of ${path} has ${label.length} digits; a version has up to ${MAX_DIGITS}.`,
  "version-zero": (_: string, path: string) => `The version of ${path} is 0.`,
  "impossible-date": (label: string, path: string) => `${label}, the version of ${path}, is not a real date.`,
} as const satisfies Partial<Record<ErrorCode, (label: string, path: string) => string>>;

/** The number that a label stands for, or the code of what is wrong with it. */
function versionOf(label: string): bigint | keyof typeof REASONS {
  const digits = label.replace("_", "");
  if (digits.length > MAX_DIGITS) return "version-too-long";
  if (DATE.test(digits)) {
    const moment = digits.padEnd(14, "0");
    return dateOf(moment) === null ? "impossible-date" : BigInt(moment);
  }
  const version = BigInt(digits);
  return version === 0n ? "version-zero" : version;
}

/**
 * The version that a text means as a file's name would spell it (`005`, `20250713`, `20250102_120000`); 0 is nobody's
 * and is taken for `nothing`. null where no file may be called so.
 */
export function parseVersion(text: string): bigint | null {
  if (/^0{1,18}$/.test(text)) return 0n;
  if (labelOf(text) !== text) return null;
  const version = versionOf(text);
  return typeof version === "bigint" ? version : null;
}

/**
 * What `create NAME` puts into file names: lower case, runs of spaces, `_` and `-` as one `_`. A fault
 * (`bad-name`) where it is empty, too long, or holds anything but letters, digits, spaces, `_` and `-`.
 */
export function createName(input: string): string | Fault {
  const text = input.normalize("NFC");
  const strange = /[^\p{L}\p{M}\p{N} _-]/u.exec(text);
  if (strange !== null) return fault("bad-name", `A name cannot hold ${JSON.stringify(strange[0])}.`);
  const name = text
    .toLowerCase()
    .replace(/[ _-]+/g, "_")
    .replace(/^_|_$/g, "");
  if (name === "") return fault("bad-name", "The name has no letter and no digit.");
  const characters = [...text.trim()].length;
  if (characters > MAX_NAME_CHARACTERS) {
    return fault("bad-name", `The name has ${characters} characters.`);
  }
  if (new TextEncoder().encode(name).length > MAX_NAME_BYTES) {
    return fault("bad-name", `The name is longer than ${MAX_NAME_BYTES} bytes.`);
  }
  return name;
}

/**
 * The version that an argument means: a version or a label of one of `migrations`, which may come from a
 * bundle or from history (`5`, `005`, `20250102_120000`, `20250102120000`). Else the fault
 * `unknown-version`. 0 is nobody's version: who takes it (`--to 0`) looks for it first.
 */
export function parseVersionArgument(
  text: string,
  migrations: readonly Pick<VersionedName, "version" | "label">[],
): bigint | Fault {
  const wanted = text.trim();
  const byLabel = migrations.find(({ label }) => label === wanted);
  if (byLabel !== undefined) return byLabel.version;
  if (!/^\d+$|^\d{8}_\d{6}$/.test(wanted)) {
    return fault("unknown-version", `${JSON.stringify(text)} is not a version.`);
  }
  const spelled = versionOf(wanted);
  // `versionOf` refuses what no file may be called; history of another tool may hold it all the same.
  const number = typeof spelled === "bigint" ? spelled : BigInt(wanted.replace("_", ""));
  if (migrations.some(({ version }) => version === number)) return number;
  const newest = migrations.reduce<(typeof migrations)[number] | null>(
    (high, one) => (high === null || one.version > high.version ? one : high),
    null,
  );
  const known = newest === null ? "there is none" : `the newest is ${newest.label}`;
  return fault("unknown-version", `No migration has the version ${wanted}; ${known}.`);
}
