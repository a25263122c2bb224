import { expect, test } from "vitest";
import { cutTo, displayWidth } from "../../../cli/render/display_width.ts";

test.each([
  ["", 0],
  ["abc", 3],
  ["größe", 5],
  ["e\u0301", 1],
  ["学生", 4],
  ["ﾃｰﾌﾞﾙ", 5],
  ["한글", 4],
  ["\u{1f600}!", 3],
])("%s takes %i columns", (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test.each([
  ["abcdef", 6, "abcdef"],
  ["abcdef", 5, "ab..."],
  ["学生テーブル", 8, "学生..."],
  ["学生テーブル", 12, "学生テーブル"],
  ["\u{1f600}\u{1f600}\u{1f600}", 5, "\u{1f600}..."],
  ["abcdef", 3, "..."],
  ["abcdef", 2, ".."],
  ["abcdef", -1, ""],
])("%s cut to %i columns is %s", (text, width, cut) => {
  expect(cutTo(text, width)).toBe(cut);
});
