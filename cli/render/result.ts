import type { ShownResult } from "#engine/step/checks.ts";
import { cutTo } from "./display_width.ts";
import { printable } from "./printable.ts";
import { cell, table } from "./table.ts";
import { counted } from "./time_text.ts";

const LONGEST_VALUE = 200;

/** A result set of a verification that has no `status` column. */
export function resultLines(result: ShownResult, width: number): readonly string[] {
  const { columns, rows, row_count } = result;
  const some = `the first ${rows.length} of ${row_count} rows`;
  const count = rows.length === row_count ? counted(row_count, "row") : some;
  const cells = [columns, ...rows].map((row) => columns.map((_, i) => cell(valueText(row[i] ?? null))));
  const widest = columns.map((_, i) => Math.max(...cells.map((row) => row[i]?.text.length ?? 0)));
  const gives = widest.indexOf(Math.max(...widest));
  const shape = columns.map((_, i) => ({ gives: i === gives }));
  return [`shown, not judged (${count}):`, ...table(cells, shape, { indent: "  ", width })];
}

const valueText = (value: string | null): string =>
  value === null ? "null" : cutTo(printable(value), LONGEST_VALUE);
