import { describe, expect, test } from "vitest";
import { JsonFault, type JsonNode, parseJson } from "#engine/bundle/json_text.ts";

const plain = (node: JsonNode): unknown => {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "array") return node.items.map(plain);
  return Object.fromEntries(node.members.map((member) => [member.key, plain(member.node)]));
};

const nativelyValid = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test.each([
  '{"a": [1, -2.5e+3, true, false, null, "x"], "b": {"c": {}}, "": []}',
  ' \t\r\n"\\u00e4\\n\\"\\\\ \u{1F389}" ',
  "0",
  "-0.0",
  "[[[]],[]]",
])("%j is read as JSON.parse reads it", (text) => {
  expect(plain(parseJson(text))).toEqual(JSON.parse(text));
});

test.each([
  ["", 0, "expected a value, found the end"],
  ["{", 1, "expected a key in double quotes, found the end"],
  ["{a: 1}", 1, 'expected a key in double quotes, found "a"'],
  ["{'a': 1}", 1, 'expected a key in double quotes, found "\'"'],
  ['{"a" 1}', 5, 'expected a colon, found "1"'],
  ['{"a": 1,}', 8, 'expected a key in double quotes, found "}"'],
  ['{"a": 1 "b": 2}', 8, 'expected a comma or }, found "\\""'],
  ["[1, 2", 5, "expected a comma or ], found the end"],
  ["[1,]", 3, 'expected a value, found "]"'],
  ["{} {}", 3, 'expected the end, found "{"'],
  ["01", 0, 'expected a value, found "0"'],
  ["1.", 0, 'expected a value, found "1"'],
  ["+1", 0, 'expected a value, found "+"'],
  ["NaN", 0, 'expected a value, found "N"'],
  ["nullx", 0, 'expected a value, found "n"'],
  ['"a\nb"', 0, 'expected a value, found "\\""'],
  ['"\\x"', 0, 'expected a value, found "\\""'],
  ["// comment\n{}", 0, 'expected a value, found "/"'],
  ["{} 🎉", 3, 'expected the end, found "🎉"'],
])("%j stops at %i", (text, at, message) => {
  expect(nativelyValid(text)).toBe(false);
  expect(() => parseJson(text)).toThrow(expect.objectContaining({ name: "JsonFault", at, message }));
});

describe("places", () => {
  test("of keys and values, repeated keys included", () => {
    const root = parseJson('{ "a": 1,\n "a": [2] }');
    expect(root.kind === "object" && root.members.map(({ key, at, node }) => [key, at, node.at])).toEqual([
      ["a", 2, 7],
      ["a", 11, 16],
    ]);
  });
});

test("a text that is nested without end is refused, not a crash", () => {
  expect(() => parseJson("[".repeat(1_000_000))).toThrow(JsonFault);
  expect(() => parseJson('{"a":'.repeat(1_000_000))).toThrow(JsonFault);
});
