import { OPTIONS_FILE } from "../bundle/layout.ts";
import { readOptions } from "../bundle/options.ts";
import type { Pile, Tool } from "../layouts/pile.ts";
import { openPile, type PileFile } from "../layouts/pile_file.ts";
import { wholeFile } from "../layouts/script_parts.ts";
import { loadParser, type ScriptOptions } from "../script/script.ts";
import type { AuditedFolder } from "./audit_folder.ts";
import type { AuditedFile } from "./audited_file.ts";
import { auditedOptions } from "./audited_options.ts";
import { withNameless } from "./audited_pile.ts";
import { findGroups } from "./candidates.ts";
import { findChangedAgain } from "./changed_again.ts";
import { conventionOf } from "./convention.ts";
import { findDuplicates } from "./duplicates.ts";
import { fileRows, otherFiles } from "./file_rows.ts";
import type { Finding, FindingCode } from "./findings.ts";
import { migrationFacts } from "./migration_facts.ts";
import { judgeNames, nameAll } from "./naming.ts";
import { pileFindings } from "./pile_findings.ts";
import { refusedStatements } from "./refused_statements.ts";
import { scriptFacts } from "./script_facts.ts";
import { type FindingSummary, summarise, withFolder } from "./summary.ts";
import { candidatesOf, printedFiles } from "./whole_files.ts";

/** What is wrong with a pile, and with which of its files. */
export interface Audit {
  readonly tool: Tool;
  readonly files: readonly AuditedFile[];
  /** In order of file and line. */
  readonly findings: readonly Finding[];
  readonly summary: readonly FindingSummary[];
}

/**
 * Looks a pile through; nothing stops it that stands in a file. `shown` is the folder as the user names it, for the
 * command lines of remedies.
 */
export async function audit(pile: Pile, folder: AuditedFolder, shown: string): Promise<Audit> {
  await loadParser();
  const opened = openPile(folder.files);
  const unread = new Set(opened.filter(({ faults }) => faults.length > 0).map(({ path }) => path));
  const migrations = withNameless(pile, opened);
  const options = opened.find(({ path }) => path === OPTIONS_FILE) ?? null;
  const convention = conventionOf(options?.text ?? null, migrations);
  const named = nameAll(migrations, convention, baseMoment(folder));
  const source = folder.files.find(({ path }) => path === OPTIONS_FILE);
  const bundle = readOptions(source, "bundle");
  const reading = auditedOptions(bundle.options);
  const read = migrations.map((migration) => migrationFacts(migration, unread, reading));
  const others = readOthers(otherFiles(opened, read), unread, reading);

  const forward = read.filter(({ up }) => up !== null);
  const duplicates = findDuplicates(printedFiles(forward));
  const candidates = candidatesOf(forward, duplicates);
  const found = [
    // First, since it says what else to call a file: see SAID_TWICE.
    ...judgeNames(pile.tool, named, convention),
    ...pileFindings(pile, [...folder.faults, ...bundle.faults]),
    ...read.flatMap(({ findings }) => findings),
    ...others.findings,
    ...duplicates,
    ...findGroups(candidates),
    ...findChangedAgain(candidates),
  ];
  const findings = once(found).toSorted(byPlace);
  return {
    tool: pile.tool,
    files: fileRows(read, named, others.facts, folder.stats),
    findings: findings.map((one) => withFolder(one, shown)),
    summary: summarise(findings).map((line) => withFolder(line, shown)),
  };
}

/** What no reader of SQL can make sense of, whatever the file is for. */
const OF_ANY_FILE: ReadonlySet<FindingCode> = new Set([
  "unparsable",
  "psql-command",
  "psql-variable",
  "template-variable",
]);

function readOthers(files: readonly PileFile[], unread: ReadonlySet<string>, options: ScriptOptions) {
  const read = files.map((file) => ({
    path: file.path,
    script: unread.has(file.path) ? null : wholeFile(file),
  }));
  return {
    facts: new Map(read.map(({ path, script }) => [path, script && scriptFacts(script, "up")])),
    findings: read
      .flatMap(({ script }) => (script === null ? [] : refusedStatements(script, "up", false, options)))
      .filter(({ code }) => OF_ANY_FILE.has(code)),
  };
}

/** Midnight of the day of the oldest file. */
function baseMoment({ stats }: AuditedFolder): string {
  const [oldest = "2000-01-01"] = [...stats.values()].map(({ modified }) => modified).sort();
  return `${oldest.slice(0, 10).replaceAll("-", "")}000000`;
}

/** Of these the reader of the layout and that of the scripts say the same in other words. */
const SAID_TWICE: ReadonlySet<FindingCode> = new Set([
  "psql-command",
  "psql-variable",
  "template-variable",
  "same-version",
]);

function once(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, file, line, column, message }) => {
    const place = code === "same-version" ? [] : [line, column];
    const key = [code, file, ...place, SAID_TWICE.has(code) ? "" : message].join("\0");
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function byPlace(a: Finding, b: Finding): number {
  const [left, right] = [a.file ?? "\u{10ffff}", b.file ?? "\u{10ffff}"];
  if (left !== right) return left < right ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
