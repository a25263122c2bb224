import { expect, test } from "vitest";
import { printable, printableLines } from "../../../cli/render/printable.ts";

test.each([
  ["an escape sequence", "\u001b[2J", "\\x1b[2J"],
  ["a C1 control, which is one too", "\u009b2J", "\\x9b2J"],
  ["a bell, a null and a delete", "\u0007\u0000\u007f", "\\x07\\x00\\x7f"],
  ["what moves the cursor", "a\rb\nc\td\be", "a\\rb\\nc\\td\\x08e"],
  ["a change of direction", "a\u202eb\u2066c\u200fd", "a\\u202eb\\u2066c\\u200fd"],
  ["what cannot be seen", "a\u200bb\ufeffc\u00add\u{e0041}", "a\\u200bb\\ufeffc\\xadd\\u{e0041}"],
  ["line separators", "a\u2028b\u2029c", "a\\u2028b\\u2029c"],
  ["half a surrogate pair", "a\ud83db", "a\\ud83db"],
])("makes visible: %s", (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test.each([
  ["letters of any script", "größe 学生 طالب \u0915\u094d\u200d\u0937"],
  ["emoji, also joined ones", "\u{1f600} \u{1f468}\u200d\u{1f469}"],
  ["backslashes", "C:\\x1b"],
])("leaves alone: %s", (_, text) => {
  expect(printable(text)).toBe(text);
});

test("lines stay lines, whatever ends them", () => {
  expect(printableLines("a\r\nb\rc\nd\u001b")).toEqual(["a", "b", "c", "d\\x1b"]);
});
