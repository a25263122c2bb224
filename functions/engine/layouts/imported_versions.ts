import { labelOf, parseVersion } from "../bundle/names.ts";
import type { PileMigration, Tool } from "./pile.ts";
import { baseOf, lastFolder } from "./pile_file.ts";

/** A label in our convention, and the version that it spells. */
export interface ImportedVersion {
  readonly label: string;
  readonly version: bigint;
}

/** Behind more digits than a date's, no version that `create` writes would come. */
const MOST_DIGITS = 14;

/**
 * Labels for the versioned migrations of a pile, in its order: the tool's own numbers and dates where every one of
 * them is a version here and they ascend, else numbers from 0001.
 */
export function importedVersions(
  tool: Tool,
  migrations: readonly PileMigration[],
): readonly ImportedVersion[] {
  return ownVersions(tool, migrations) ?? numbered(migrations.length);
}

function ownVersions(tool: Tool, migrations: readonly PileMigration[]): readonly ImportedVersion[] | null {
  const found: ImportedVersion[] = [];
  for (const migration of migrations) {
    const label = notZero(labelFor(tool, migration));
    const version = label.replace("_", "").length > MOST_DIGITS ? null : parseVersion(label);
    if (version === null || version <= (found.at(-1)?.version ?? 0n)) return null;
    found.push({ label, version });
  }
  return found;
}

/** Some tools begin with 0, as Diesel's own first migration does. */
const notZero = (label: string): string => (/^0+$/.test(label) ? label.replace(/0$/, "1") : label);

function numbered(count: number): readonly ImportedVersion[] {
  const width = Math.max(4, String(count).length);
  return Array.from({ length: count }, (_, i) => ({
    label: String(i + 1).padStart(width, "0"),
    version: BigInt(i + 1),
  }));
}

/** The number or date that the tool itself gives a migration, as its files spell it; empty where it gives none. */
function labelFor(tool: Tool, migration: PileMigration): string {
  const { id, up, notes } = migration;
  const base = baseOf(up.path);
  switch (tool) {
    case "sqitch":
      return (notes.find((note) => note.startsWith("Date: ")) ?? "").replace(/\D/g, "");
    case "node-pg-migrate": {
      const digits = /^\d*/.exec(id)?.[0] ?? "";
      // A date with its milliseconds: without them it is a date as ours.
      return digits.length === 17 ? digits.slice(0, MOST_DIGITS) : digits;
    }
    case "liquibase":
      return /^\d+$/.test(id.split("::")[1] ?? "") ? (id.split("::")[1] ?? "") : "";
    case "prisma":
      return /^\d+(?=_)/.exec(id)?.[0] ?? "";
    case "plain":
    case "paws-migrate":
      return labelOf(base.replace(/\.sql$/i, "")) ?? "";
    default:
      return spelled(id, [base, lastFolder(up.path.slice(0, -base.length - 1))]);
  }
}

/** Digits as one of the names spells them: with its zeros. */
function spelled(digits: string, names: readonly string[]): string {
  if (!/^\d+$/.test(digits)) return "";
  const pattern = new RegExp(`^[A-Z]?(0*${digits})(?!\\d)`);
  return names.map((name) => pattern.exec(name)?.[1]).find((found) => found !== undefined) ?? digits;
}
