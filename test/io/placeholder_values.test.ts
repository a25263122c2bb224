import { describe, expect, it } from "vitest";
import { configuredPlaceholders, readPlaceholderValues } from "#io/placeholder_values.ts";

const plain = ({ values }: ReturnType<typeof readPlaceholderValues>) =>
  [...values].map(([name, { value, by }]) => [name, value, by]);

it("arguments win over the environment", () => {
  const read = readPlaceholderValues(["a=1=2", "b="], '{"a": "x", "c": "y"}');
  expect(read.faults).toEqual([]);
  expect(plain(read)).toEqual([
    ["a", "1=2", "argument"],
    ["c", "y", "environment"],
    ["b", "", "argument"],
  ]);
});

it("nothing given is nothing", () => {
  expect(plain(readPlaceholderValues([], undefined))).toEqual([]);
  expect(plain(readPlaceholderValues([], ""))).toEqual([]);
});

describe("is refused, without its value:", () => {
  it.each([
    ["no name", ["=s3cret"], undefined],
    ["no value", ["s3cret"], undefined],
    ["a name that is none", ["a b=s3cret"], undefined],
    ["a name twice", ["a=s3cret", "a=s3cret"], undefined],
    ["no JSON", [], "s3cret"],
    ["a list", [], '["s3cret"]'],
    ["null", [], "null"],
    ["a number", [], '{"a": 1}'],
    ["a name of another kind", [], '{"a b": "s3cret"}'],
  ])("%s", (_, args, json) => {
    const { faults } = readPlaceholderValues(args, json);
    expect(faults).toMatchObject([{ code: "bad-argument" }]);
    expect(JSON.stringify(faults)).not.toContain("s3cret");
  });
});

it("a function's are its configuration's", () => {
  expect(plain(configuredPlaceholders('{"a": "x"}'))).toEqual([["a", "x", "configuration"]]);
  expect(configuredPlaceholders("{").faults).toMatchObject([{ code: "bad-configuration" }]);
});
