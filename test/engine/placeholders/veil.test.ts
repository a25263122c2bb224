import { expect, it } from "vitest";
import { veil } from "#engine/placeholders/veil.ts";

it.each([
  ["as it is", "S3cret", "no S3cret", "no ***"],
  [
    "folded by the server, though it is short",
    "S3cret",
    'role "s3cret" does not exist',
    'role "***" does not exist',
  ],
  ["of eight characters, folded", "S3cretXy", 'role "s3cretxy" does not exist', 'role "***" does not exist'],
  ["cut by the server", "Abcdefghijkl", "contains (Abcdefghi...)", "contains (***...)"],
  ["next to itself", "aa", "b aaa b", "b *** b"],
])("a value is hidden %s", (_, secret, text, seen) => expect(veil(text, [secret])).toBe(seen));

it.each([
  ["a piece of a short value", "S3cret", "S3cre"],
  ["a piece that is too short", "Abcdefghijkl", "Abcdefg"],
  ["anything of an empty value", "", "a text"],
])("%s is not hidden", (_, secret, text) => expect(veil(text, [secret])).toBe(text));
