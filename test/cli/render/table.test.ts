import { expect, test } from "vitest";
import { cell, table } from "../../../cli/render/table.ts";

const rows = [
  [cell("001"), cell("initial_schema"), cell(""), cell("41 ms")],
  [cell("002"), cell("x"), cell(""), cell("3.2 s")],
];
const columns = [{ gap: 2 }, { gives: true }, {}, { align: "right" }] as const;

test("columns are aligned, an empty one takes no room, and no line ends with spaces", () => {
  expect(table(rows, columns, { indent: "  ", width: 80 })).toEqual([
    "  001  initial_schema   41 ms",
    "  002  x                3.2 s",
  ]);
  expect(
    table(
      [
        [cell("a"), cell("")],
        [cell("b"), cell("c")],
      ],
      [{}, {}],
      { indent: "", width: 80 },
    ),
  ).toEqual(["a", "b   c"]);
});

test("the column that gives is cut to the width, but stays readable", () => {
  const lines = table(rows, columns, { indent: "  ", width: 28 });
  expect(lines).toEqual(["  001  initial_sc...   41 ms", "  002  x               3.2 s"]);
  const narrow = table(rows, columns, { indent: "  ", width: 10 });
  expect(narrow[0]).toBe("  001  initial_s...   41 ms");
});

test("wide characters fill two columns", () => {
  const wide = [
    [cell("学生"), cell("1")],
    [cell("abc"), cell("2")],
  ];
  expect(table(wide, [{}, {}], { indent: "", width: 80 })).toEqual(["学生   1", "abc    2"]);
});

test("colour does not count as width", () => {
  const red = (text: string) => `<${text}>`;
  expect(
    table(
      [
        [cell("ab", red), cell("1")],
        [cell("c", red), cell("2")],
      ],
      [{}, {}],
      { indent: "", width: 80 },
    ),
  ).toEqual(["<ab>   1", "<c>    2"]);
});
