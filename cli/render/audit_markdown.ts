import type { AuditReport } from "#engine/audit/audit_report.ts";
import type { Finding } from "#engine/audit/findings.ts";
import {
  groupText,
  objectsText,
  ownRemedy,
  placeText,
  scriptsText,
  tallyText,
  weighed,
} from "./audit_text.ts";
import { escaped, markdownTable, withCode } from "./markdown.ts";
import { joined } from "./parts.ts";

/** Of `audit --format markdown`: a page to be kept with the files, every finding in it. */
export function auditMarkdown(report: AuditReport): readonly string[] {
  return joined([
    [`# Audit of ${escaped(report.folder)}`],
    [`${escaped(tallyText(report))}. ${weighed(report)}`],
    ["## Summary"],
    markdownTable(
      ["weight", "count", "found", "what to do"],
      report.summary.map(({ weight, count, what, remedy }) => [
        weight,
        String(count),
        withCode(what),
        withCode(remedy),
      ]),
    ),
    ["## Files"],
    markdownTable(
      ["file", "by the convention", "date", "bytes", "statements", "scripts", "objects"],
      report.files.map((file) => [
        escaped(file.path),
        escaped(file.proposed_name ?? ""),
        file.date?.slice(0, 10) ?? "",
        String(file.size),
        file.statements === null ? "" : String(file.statements),
        scriptsText(file),
        escaped(objectsText(file)),
      ]),
    ),
    ["## Findings"],
    ...report.summary.flatMap(({ code, what }) => [
      [`### ${withCode(what)}`],
      report.findings.filter((one) => one.code === code).map((one) => findingLine(one, report)),
    ]),
  ]);
}

function findingLine(one: Finding, report: AuditReport): string {
  const place = placeText(one);
  const said = escaped(place === "" ? one.message : `${place}: ${one.message}`);
  const more = [escaped(groupText(one)), withCode(ownRemedy(one, report))].filter((text) => text !== "");
  return `- ${[said, ...more].join(" - ")}`;
}
