import { type Fault, fault } from "../errors.ts";
import { isObject } from "../stored_json.ts";
import type { Migration, SourceFile } from "./bundle.ts";
import { parseJsonBytes } from "./json_bytes.ts";
import { readSource } from "./source.ts";

/** At the root of a bundle in which migrations were made into one: which ones, and what their files were. */
export const CONSOLIDATED_FILE = "consolidated.json";

/** A migration that is in the bundle no more. */
export interface Replaced {
  readonly version: bigint;
  readonly label: string;
  readonly name: string;
  /** Of its forward file, as the history has it: sha256 of the text with line ends normalised. */
  readonly checksum: string;
}

/** One migration in the place of others: it has the version of the highest of them. */
export interface Consolidated {
  readonly version: bigint;
  /** In order of version. */
  readonly replaces: readonly Replaced[];
}

/** The text of `consolidated.json`: equal lists give equal bytes. */
export const consolidatedText = (consolidated: readonly Consolidated[]): string =>
  `${JSON.stringify(
    {
      format: 1,
      migrations: consolidated
        .toSorted((a, b) => (a.version < b.version ? -1 : 1))
        .map(({ version, replaces }) => ({
          version: String(version),
          replaces: replaces.map(({ version, label, name, checksum }) => ({
            version: String(version),
            label,
            name,
            checksum,
          })),
        })),
    },
    null,
    1,
  )}\n`;

/** Reads `consolidated.json`, which may be missing; the fault is `consolidated-invalid`. */
export function readConsolidated(file: SourceFile | undefined): {
  readonly consolidated: readonly Consolidated[];
  readonly faults: readonly Fault[];
} {
  if (file === undefined) return { consolidated: [], faults: [] };
  const invalid = (because: string) => ({ consolidated: [], faults: [invalidFault(because)] });
  const found = parseJsonBytes(readSource(file).bytes);
  if (found === undefined) return invalid("is not JSON");
  if (!isObject(found) || found.format !== 1) return invalid("is not of format 1");
  if (!Array.isArray(found.migrations)) return invalid("lists no migrations");
  const consolidated: Consolidated[] = [];
  const seen = new Set<bigint>();
  for (const [i, one] of found.migrations.entries()) {
    const read = toConsolidated(one);
    if (read === null) return invalid(`has in place ${i + 1} of its migrations none in the place of others`);
    for (const { version } of read.replaces) {
      if (seen.has(version)) return invalid(`has version ${version} replaced twice`);
      seen.add(version);
    }
    consolidated.push(read);
  }
  return { consolidated, faults: [] };
}

/** What a list says must fit the files: the one is there, and those in whose place it stands are not. */
export function consolidatedFaults(
  consolidated: readonly Consolidated[],
  migrations: readonly Pick<Migration, "version" | "up">[],
): readonly Fault[] {
  const held = new Map(migrations.map(({ version, up }) => [version, up.path]));
  return consolidated.flatMap(({ version, replaces }) => {
    const missing = held.has(version) ? [] : [invalidFault(`names version ${version}, which has no file`)];
    const there = replaces.flatMap((one) => (one.version === version ? [] : (held.get(one.version) ?? [])));
    return [
      ...missing,
      ...there.map((path) => invalidFault(`says that ${path} is replaced by version ${version}`)),
    ];
  });
}

const invalidFault = (because: string): Fault =>
  fault("consolidated-invalid", `${CONSOLIDATED_FILE} ${because}.`, { file: CONSOLIDATED_FILE });

function toConsolidated(value: unknown): Consolidated | null {
  if (!isObject(value) || !Array.isArray(value.replaces)) return null;
  const version = toVersion(value.version);
  const replaces = value.replaces.map(toReplaced);
  const read = replaces.filter((one) => one !== null);
  const inOrder = read.every((one, i) => i === 0 || (read[i - 1]?.version ?? 0n) < one.version);
  if (version === null || read.length < 2 || read.length < replaces.length || !inOrder) return null;
  return read.at(-1)?.version === version ? { version, replaces: read } : null;
}

function toReplaced(value: unknown): Replaced | null {
  if (!isObject(value)) return null;
  const { label, name, checksum } = value;
  const version = toVersion(value.version);
  if (version === null || typeof label !== "string" || typeof name !== "string") return null;
  if (typeof checksum !== "string" || !/^[0-9a-f]{64}$/.test(checksum)) return null;
  return { version, label, name, checksum };
}

const toVersion = (value: unknown): bigint | null =>
  typeof value === "string" && /^[1-9]\d{0,17}$/.test(value) ? BigInt(value) : null;
