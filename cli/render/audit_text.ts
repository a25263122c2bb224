import type { AuditReport } from "#engine/audit/audit_report.ts";
import type { AuditedFile, AuditedObject } from "#engine/audit/audited_file.ts";
import type { Finding, Weight } from "#engine/audit/findings.ts";
import { counted } from "./time_text.ts";

/** `12 files, 9 migrations, read as of plain`. */
export function tallyText({ files, tool }: Pick<AuditReport, "files" | "tool">): string {
  const migrations = new Set(
    files
      .filter(({ role }) => role === "migration" || role === "repeatable")
      .flatMap((file) => file.migrations),
  );
  return `${counted(files.length, "file")}, ${counted(migrations.size, "migration")}, read as of ${tool}`;
}

/** `3 errors, 14 warnings, 6 to know.` */
export function weighed({ findings }: Pick<AuditReport, "findings">): string {
  const count = (weight: Weight): number => findings.filter((one) => one.weight === weight).length;
  if (findings.length === 0) return "Nothing found.";
  return `${counted(count("error"), "error")}, ${counted(count("warning"), "warning")}, ${count("info")} to know.`;
}

/** Of a migration which of its scripts are there; of another file what it is. */
export function scriptsText({ role, rollback, verification }: AuditedFile): string {
  if (role !== "migration" && role !== "repeatable") return role;
  const there = [rollback === null ? [] : ["rollback"], verification === null ? [] : ["verify"]].flat();
  return there.length === 0 ? "-" : there.join(", ");
}

/** `makes table keys, type key_type; drops table old_keys`. */
export function objectsText({ objects }: AuditedFile): string {
  const said = (["makes", "changes", "drops"] as const).flatMap((change) => {
    const names = objects.filter((one) => one.change === change).map(objectText);
    return names.length === 0 ? [] : [`${change} ${names.join(", ")}`];
  });
  return said.join("; ");
}

/** Names of policies, triggers and rules are a table's own. */
function objectText({ kind, name, on }: AuditedObject): string {
  const of_table = on !== null && (kind !== "index" || name === "" || name.endsWith("."));
  return of_table ? `${kind} ${kind === "index" ? "" : `${name} `}on ${on}` : `${kind} ${name}`;
}

/** `file:line:column`, as far as it is known; empty where the message has named the file and no line is known. */
export function placeText({ file, line, column, message }: Finding): string {
  if (file === null || (line === null && message.includes(file))) return "";
  return [file, line, column].filter((part) => part !== null).join(":");
}

/** The files that a finding is about, where it is about a group of them. */
export const groupText = ({ code, file, related }: Finding): string =>
  code === "consolidate" || code === "changed-again" ? [file ?? "", ...related].join(", ") : "";

/** A remedy that says more than that of its kind. */
export const ownRemedy = (one: Finding, { summary }: Pick<AuditReport, "summary">): string =>
  summary.some(({ code, remedy }) => code === one.code && remedy === one.remedy) ? "" : one.remedy;
