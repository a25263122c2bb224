import { cutTo, displayWidth } from "./display_width.ts";
import type { Paint } from "./paint.ts";

/** A cell's printable text; its colour does not count as width. */
export interface Cell {
  readonly text: string;
  readonly paint?: Paint;
}

export interface Column {
  /** Numbers stand at the right. */
  readonly align?: "left" | "right";
  /** The column that is cut where the table is too wide. */
  readonly gives?: boolean;
  /** Spaces before the next column. */
  readonly gap?: number;
}

const GAP = 3;
const NARROWEST = 12;

export const cell = (text: string, paint?: Paint): Cell => (paint === undefined ? { text } : { text, paint });

/** One line a row, columns aligned, without frames; `indent` goes before each line and counts as width. */
export function table(
  rows: readonly (readonly Cell[])[],
  columns: readonly Column[],
  shape: { readonly indent: string; readonly width: number },
): readonly string[] {
  const widths = columns.map((_, i) => Math.max(0, ...rows.map((row) => displayWidth(row[i]?.text ?? ""))));
  shrink(widths, columns, shape.width - shape.indent.length);
  return rows.map((row) => {
    const parts = columns.map((column, i) => padded(row[i] ?? cell(""), column, widths[i] ?? 0));
    return `${shape.indent}${parts.join("")}`.trimEnd();
  });
}

const gapOf = (column: Column): number => column.gap ?? GAP;

function shrink(widths: number[], columns: readonly Column[], room: number): void {
  const needed = widths.reduce(
    (sum, width, i) => sum + (width === 0 ? 0 : width + gapOf(columns[i] ?? {})),
    0,
  );
  const over = needed - gapOf(columns.at(-1) ?? {}) - room;
  const giving = columns.findIndex((column) => column.gives === true);
  const width = widths[giving];
  if (width !== undefined && over > 0) widths[giving] = Math.max(Math.min(width, NARROWEST), width - over);
}

/** Of a column without any text nothing is left, not even its gap. */
function padded({ text, paint }: Cell, column: Column, width: number): string {
  if (width === 0) return "";
  const cut = cutTo(text, width);
  const space = " ".repeat(Math.max(0, width - displayWidth(cut)));
  const painted = paint === undefined ? cut : paint(cut);
  return (column.align === "right" ? space + painted : painted + space) + " ".repeat(gapOf(column));
}
