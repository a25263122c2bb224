import { expect, it } from "vitest";
import { veiledVerification } from "#engine/placeholders/filled.ts";
import { veil } from "#engine/placeholders/veil.ts";
import type { Result } from "#engine/seam.ts";
import { verificationOf } from "#engine/step/checks.ts";

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

it("a verification is judged by what the server said, and shown without the values", () => {
  const secrets = ["pass", "s3cret"];
  const file = { text: "", filled: { text: "", places: [], secrets } };
  const result = (names: readonly string[], row: readonly string[]): Result => ({
    tag: "SELECT",
    row_count: 1,
    columns: names.map((name) => ({ name, type_oid: 25 })),
    rows: [row],
  });
  const found = verificationOf([
    result(["status", "check_name", "details"], ["PASS", "of s3cret", "a pass"]),
    result(["s3cret"], ["by s3cret"]),
  ]);
  expect(veiledVerification(file, found)).toEqual({
    checks: [{ name: "of ***", status: "pass", details: "a ***" }],
    shown: [{ columns: ["***"], rows: [["by ***"]], row_count: 1 }],
  });
});
