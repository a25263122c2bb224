import type { FilesReport, ListedFile } from "#engine/report_files.ts";
import { faultParts, joined, wholeReport } from "./parts.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";
import { cell, table } from "./table.ts";
import { counted } from "./time_text.ts";

const ROLES: Readonly<Record<ListedFile["role"], string>> = {
  up: "Migration:",
  repeatable: "Repeatable:",
  rollback: "Rollback:",
  verify: "Verify:",
};

/** Of `create` and `check`. */
export function renderFiles(report: FilesReport, look: Look): readonly string[] {
  if (report.command === "check") {
    return wholeReport(report, look, { table: checked(report.files, look), last: [checkedText(report)] });
  }
  const made = report.files.length === 0 ? [] : ["Migration files created:", ...created(report.files, look)];
  return joined([made, ...faultParts(report, look)]);
}

/** Paths are never cut: they are there to be opened. */
const created = (files: readonly ListedFile[], look: Look): readonly string[] =>
  table(
    files.map(({ role, path }) => [cell(ROLES[role]), cell(printable(path))]),
    [{ gap: 1 }, {}],
    { indent: "  ", width: look.width },
  );

const checked = (files: readonly ListedFile[], look: Look): readonly string[] =>
  table(
    files.map(({ path, role, statements }) => [
      cell(printable(path)),
      cell(role === "up" ? "migration" : role),
      cell(statements === null ? "" : counted(statements, "statement")),
    ]),
    [{ gives: true }, {}, { align: "right" }],
    { indent: "  ", width: look.width },
  );

function checkedText({ files, refusals, error, warnings }: FilesReport): string {
  const errors = refusals.length || (error === null ? 0 : 1);
  const said = [
    counted(files.length, "file"),
    errors === 0 ? "no errors" : counted(errors, "error"),
    ...(warnings.length === 0 ? [] : [counted(warnings.length, "warning")]),
  ];
  return `${said.join(", ")}.`;
}
