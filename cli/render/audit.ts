import type { AuditReport } from "#engine/audit/audit_report.ts";
import type { AuditedFile } from "#engine/audit/audited_file.ts";
import type { Finding, Weight } from "#engine/audit/findings.ts";
import type { FindingSummary } from "#engine/audit/summary.ts";
import { auditMarkdown } from "./audit_markdown.ts";
import {
  groupText,
  objectsText,
  ownRemedy,
  placeText,
  scriptsText,
  tallyText,
  weighed,
} from "./audit_text.ts";
import { excerptLines } from "./excerpt.ts";
import type { Paint } from "./paint.ts";
import { faultParts, joined } from "./parts.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";
import { cell, table } from "./table.ts";

/** Of `audit`: the files, what was found in them, and last the summary, which a terminal still shows. */
export function renderAudit(report: AuditReport, look: Look): readonly string[] {
  if (look.markdown === true) return joined([...faultParts(report, look), auditMarkdown(report)]);
  return joined([
    ...faultParts(report, look),
    [`${printable(report.folder)}  ${tallyText(report)}`, ...fileTable(report.files, look)],
    ...report.summary
      .filter((kind) => look.verbose || isListed(kind))
      .map((kind) => kindLines(kind, report, look)),
    summaryLines(report, look),
    [weighed(report)],
  ]);
}

/** What is only good to know is counted, and listed with --verbose. */
const isListed = ({ code, weight }: FindingSummary): boolean => weight !== "info" || code === "consolidate";

const paintOf = (weight: Weight, { paint }: Look): Paint =>
  weight === "error" ? paint.bad : weight === "warning" ? paint.careful : paint.faint;

const HEADS = ["file", "date", "bytes", "statements", "scripts", "objects"];

const fileTable = (files: readonly AuditedFile[], look: Look): readonly string[] =>
  table(
    [
      HEADS.map((head) => cell(head, look.paint.strong)),
      ...files.map((file) => [
        cell(printable(file.path)),
        cell(file.date?.slice(0, 10) ?? ""),
        cell(String(file.size)),
        cell(file.statements === null ? "" : String(file.statements)),
        cell(scriptsText(file)),
        cell(printable(objectsText(file)), look.paint.faint),
      ]),
    ],
    [{}, {}, { align: "right" }, { align: "right" }, {}, { gives: true }],
    { indent: "  ", width: look.verbose ? Number.POSITIVE_INFINITY : look.width },
  );

const MOST_LISTED = 10;

function kindLines(kind: FindingSummary, report: AuditReport, look: Look): readonly string[] {
  const { code, weight, what, count } = kind;
  const all = report.findings.filter((one) => one.code === code);
  const shown = look.verbose ? all : all.slice(0, MOST_LISTED);
  const more = all.length - shown.length;
  return [
    `${paintOf(weight, look)(`${weight}:`)} ${what} (${count})`,
    ...shown.flatMap((one) => findingLines(one, report, look).map((line) => `  ${line}`)),
    ...(more === 0 ? [] : [`  (${more} more: --verbose)`]),
  ];
}

function findingLines(one: Finding, report: AuditReport, look: Look): readonly string[] {
  const place = placeText(one);
  const said = printable(place === "" ? one.message : `${place}  ${one.message}`);
  const { excerpt } = one;
  const shown = excerpt === null || one.weight !== "error" ? [] : excerptLines(excerpt, look.width - 4);
  const below = [groupText(one), ownRemedy(one, report)].filter((text) => text !== "").map(printable);
  return [said, ...[...shown, ...below].map((line) => `  ${line}`)];
}

function summaryLines({ summary }: AuditReport, look: Look): readonly string[] {
  return summary.flatMap(({ weight, count, what, remedy }) => [
    `${paintOf(weight, look)(weight.padEnd(7))} ${String(count).padStart(5)}  ${what}`,
    `${" ".repeat(15)}${printable(remedy)}`,
  ]);
}
