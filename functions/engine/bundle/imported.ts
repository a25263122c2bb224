import { type Fault, fault } from "../errors.ts";
import { TOOLS, type Tool } from "../layouts/pile.ts";
import { isObject } from "../stored_json.ts";
import type { SourceFile } from "./bundle.ts";
import { parseJsonBytes } from "./json_bytes.ts";
import { readSource } from "./source.ts";

/** At the root of a bundle that was made of another tool's files: which of its migrations became which. */
export const IMPORTED_FILE = "imported.json";

/** One migration that was taken over. */
export interface ImportedMigration {
  /** Of the bundle's migration; null of a repeatable one. */
  readonly version: bigint | null;
  readonly name: string;
  /** What the other tool's history calls it. */
  readonly id: string;
  /** Of the other tool's forward file. */
  readonly path: string;
}

export interface Imported {
  readonly tool: Tool;
  readonly migrations: readonly ImportedMigration[];
}

/** The text of `imported.json`: equal imports give equal bytes. */
export const importedText = ({ tool, migrations }: Imported): string =>
  `${JSON.stringify(
    {
      format: 1,
      tool,
      migrations: migrations.map(({ version, name, id, path }) => ({
        version: version === null ? null : String(version),
        name,
        id,
        path,
      })),
    },
    null,
    1,
  )}\n`;

/** Reads `imported.json`, which may be missing; the fault is `imported-invalid`. */
export function readImported(file: SourceFile | undefined): {
  readonly imported: Imported | null;
  readonly faults: readonly Fault[];
} {
  if (file === undefined) return { imported: null, faults: [] };
  const invalid = (because: string) => ({
    imported: null,
    faults: [fault("imported-invalid", `${file.path} ${because}.`, { file: file.path })],
  });
  const found = parseJsonBytes(readSource(file).bytes);
  if (found === undefined) return invalid("is not JSON");
  if (!isObject(found) || found.format !== 1) return invalid("is not of format 1");
  const tool = TOOLS.find((known) => known === found.tool);
  if (tool === undefined) return invalid(`names no tool of ${TOOLS.join(", ")}`);
  if (!Array.isArray(found.migrations)) return invalid("lists no migrations");
  const migrations: ImportedMigration[] = [];
  for (const [i, one] of found.migrations.entries()) {
    const read = toImported(one);
    if (read === null)
      return invalid(`has no version, name, id and path in place ${i + 1} of its migrations`);
    migrations.push(read);
  }
  return { imported: { tool, migrations }, faults: [] };
}

function toImported(value: unknown): ImportedMigration | null {
  if (!isObject(value)) return null;
  const { version, name, id, path } = value;
  if (typeof name !== "string" || typeof id !== "string" || typeof path !== "string") return null;
  if (version === null) return { version, name, id, path };
  if (typeof version !== "string" || !/^[1-9]\d{0,17}$/.test(version)) return null;
  return { version: BigInt(version), name, id, path };
}
