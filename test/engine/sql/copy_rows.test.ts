import { expect, test } from "vitest";
import { RowPieces, rowsEnd } from "#engine/sql/copy_rows.ts";

test("pieces hold what stands in the span, and no half of a character", () => {
  const text = `before${"x"}${"😀".repeat(200_000)}\nbehind`;
  const span = { start: 6, end: text.length - 6 };
  const pieces = [...new RowPieces(text, span)];
  expect(pieces.join("")).toBe(text.slice(span.start, span.end));
  expect(pieces.length).toBeGreaterThan(5);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(64 * 1024);
  expect(pieces.every((piece) => Buffer.from(piece).toString() === piece)).toBe(true);
  const again = new RowPieces(text, span);
  expect([...again]).toEqual([...again]);
  expect([...new RowPieces("a", { start: 1, end: 1 })]).toEqual([]);
});

test.each([
  ["\\.", 0],
  ["1\n\\.\n2", 2],
  ["1\r\n\\.\r\n", 3],
  ["\\.\r2\n\\.", 5],
  ["1\r\\.\n", -1],
  ["a\\.\n\\.b\n\\\\.\n", -1],
  ["", -1],
])("the end of the rows in %j", (text, end) => {
  expect(rowsEnd(text, 0)).toBe(end);
});
