import { type Audit, audit } from "#engine/audit/audit.ts";
import type { AuditedFolder } from "#engine/audit/audit_folder.ts";
import type { FindingCode } from "#engine/audit/findings.ts";
import type { Tool } from "#engine/layouts/pile.ts";
import { readPile } from "#engine/layouts/read_pile.ts";

const MODIFIED = "2025-03-04T05:06:07.000Z";

/** Files by path: text, or bytes where they are to be no text. */
export type PileFiles = Readonly<Record<string, string | Uint8Array>>;

/** The audit of files that stand nowhere; `at` is where they would, which may name the tool. */
export async function auditOf(files: PileFiles, from: Tool | null = "plain", at = ""): Promise<Audit> {
  const sources = Object.entries(files).map(([path, content]) => ({
    path,
    bytes: typeof content === "string" ? new TextEncoder().encode(content) : content,
  }));
  const stats = new Map(sources.map(({ path, bytes }) => [path, { size: bytes.length, modified: MODIFIED }]));
  const folder: AuditedFolder = { files: sources, stats, faults: [] };
  return audit(readPile(sources, from, at), folder, "sql");
}

/** What was found, as `code file:line`, without the codes of `unsaid`. */
export function saidOf({ findings }: Audit, unsaid: readonly FindingCode[] = USUAL): readonly string[] {
  return findings
    .filter(({ code }) => !unsaid.includes(code))
    .map(({ code, file, line }) => `${code} ${file}${line === null ? "" : `:${line}`}`);
}

/** Of a file that stands alone, and is there for something else. */
const USUAL: readonly FindingCode[] = ["no-rollback", "no-verification"];
