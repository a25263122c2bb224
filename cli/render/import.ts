import type { ImportReport } from "#engine/report_files.ts";
import { shellWord } from "#engine/shell_word.ts";
import { faultParts, joined } from "./parts.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";
import { cell, table } from "./table.ts";
import { counted } from "./time_text.ts";

/** Of `import`: what becomes what, what is left, what is in the way. */
export function renderImport(report: ImportReport, look: Look): readonly string[] {
  const { tool, from, to, files, left } = report;
  const head = `${printable(from)} (${tool})  ->  ${printable(to)}`;
  const made = table(
    files.map(({ path, role, from: source }) => [
      cell(printable(source ?? "")),
      cell(role === "up" ? "migration" : role),
      cell(printable(path)),
    ]),
    [{}, {}, {}],
    { indent: "  ", width: look.width },
  );
  const rest = left.map(({ path, why }) => `  ${printable(path)}: ${printable(why)}`);
  return joined([
    [head, ...made],
    rest.length === 0 ? [] : ["Not taken over:", ...rest],
    ...faultParts(report, look),
    [lastLine(report)],
  ]);
}

function lastLine({ files, refusals, warnings, written, to }: ImportReport): string {
  const migrations = files.filter(({ role }) => role === "up" || role === "repeatable");
  const made = `${counted(migrations.length, "migration")}, ${counted(files.length, "file")}`;
  const warned = warnings.length === 0 ? "" : `, ${counted(warnings.length, "warning")}`;
  if (refusals.length > 0) return `${counted(refusals.length, "error")}${warned}; nothing was written.`;
  if (!written) return `${made}${warned} would be written.`;
  return `${made}${warned}. Next: paws-migrate check ${shellWord(printable(to))}`;
}
