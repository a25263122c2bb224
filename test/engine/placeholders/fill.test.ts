import { describe, expect, it } from "vitest";
import { type Placeholder, toPlaceholders } from "#engine/placeholders/declared.ts";
import { fillPlaceholders } from "#engine/placeholders/fill.ts";
import { placeIn } from "#engine/placeholders/filled.ts";
import type { Filling, GivenValue } from "#engine/placeholders/values.ts";
import { accepted, read, scriptFile } from "../../support/read_script.ts";

const DECLARED: Readonly<Record<string, Partial<Placeholder>>> = {
  owner: { kind: "identifier" },
  days: { kind: "literal", default: "30" },
  part: { kind: "raw" },
  body: { kind: "identifier", in_dollar_quotes: true },
  token: { kind: "literal", secret: true },
};

const GIVEN = { owner: 'o"wner', part: "a, b", body: "f", token: "it's" };

function filling(
  values: Readonly<Record<string, string>> = GIVEN,
  by: GivenValue["by"] = "environment",
  missing: Filling["missing"] = "refuse",
): Filling {
  const given = new Map(Object.entries(values).map(([name, value]) => [name, { value, by }]));
  return { declared: toPlaceholders(DECLARED), given, missing };
}

const filled = (text: string, how = filling()) => fillPlaceholders(scriptFile(text), how);

describe("a value is filled in", () => {
  it.each([
    ["as a quoted name", "GRANT x TO ${owner};", 'GRANT x TO "o""wner";'],
    ["as a literal, from its default", "SELECT ${days};", "SELECT '30';"],
    ["as it is", "SELECT ${part};", "SELECT a, b;"],
    ["within a string", "SELECT 'of ${token}!';", "SELECT 'of it''s!';"],
    ["within a quoted name", 'SELECT 1 AS "x ${owner}";', 'SELECT 1 AS "x o""wner";'],
    ["within an escape string", "SELECT E'\\'${token}';", "SELECT E'\\'it''s';"],
    ["within a string with Unicode escapes", "SELECT U&'${token}';", "SELECT U&'it''s';"],
    ["in a dollar quote that asks for it", "DO $$ ${body} $$;", 'DO $$ "f" $$;'],
    ["within a string in one", "DO $$ ('a ${body}', ${body}) $$;", "DO $$ ('a f', \"f\") $$;"],
    [
      "in a dollar quote within one",
      "$a$ $b$ ${body}$b$ ${body} $a$ ${days}",
      '$a$ $b$ "f"$b$ "f" $a$ \'30\'',
    ],
    ["twice in one line", "${part}${part}", "a, ba, b"],
  ])("%s", (_, text, wanted) => {
    expect(filled(text)).toMatchObject({ faults: [], file: { text: wanted } });
  });

  it("with its backslashes doubled where a backslash escapes", () => {
    const how = filling({ owner: "", token: "a\\'b" });
    expect(filled("SELECT ${token}, E'${token}', '${token}'", how).file.text).toBe(
      "SELECT  E'a\\\\''b', E'a\\\\''b', 'a\\''b'",
    );
  });
});

describe("is left as it is", () => {
  it.each([
    ["in a line comment", "-- ${owner} ${nobody}\nSELECT 1;"],
    ["in a nested comment", "/* a /* ${nobody} */ ${owner} */ SELECT 1;"],
    ["in a comment within a dollar quote", "DO $$ -- don't ${body}\n $$ /* $$ ${body} $$ */;"],
    ["in a dollar quote", "DO $x$ ${owner} ${nobody} $x$;"],
    ["what is no name", "SELECT '${}', '${a b}', '${1a}', '$ {owner}';"],
    ["a text without any", "SELECT 1;"],
  ])("%s", (_, text) => {
    const { file, faults } = filled(text);
    expect([file.text, file.filled?.places, faults]).toEqual([text, [], []]);
  });

  it("where the bundle declares none", () => {
    expect(fillPlaceholders(scriptFile("SELECT ${x}"), null).file.text).toBe("SELECT ${x}");
    expect(accepted("SELECT '${x}'").file.filled).toBeUndefined();
  });
});

describe("is refused where SQL would read it together with what stands beside it", () => {
  it.each([
    ["a name behind a part of one", "app_${owner}"],
    ["a name before a part of one", "${owner}_app"],
    ["two names", "${owner}${owner}"],
    ["a name behind a quoted one", '"app"${owner}'],
    ["a literal behind one", "'a'${days}"],
    ["a literal behind the E of another kind", "E${days}"],
    ["a literal behind a raw value", "${part}${days}"],
  ])("%s", (_, text) => {
    expect(filled(text).faults).toMatchObject([
      { code: "placeholder-invalid", remedy: expect.stringContaining("quotes around the whole word") },
    ]);
  });

  it("but not within quotes, nor what is raw", () => {
    expect(filled(`"app_\${owner}" app_\${part}_x`)).toMatchObject({
      faults: [],
      file: { text: '"app_o""wner" app_a, b_x' },
    });
  });
});

describe("a value does not end the dollar quote that it stands in", () => {
  it.each([
    ["with its tag", "$$ ${body} $$", "a$$; SELECT 1"],
    ["with half of its tag", "$x$ '${body}$x$", "a$x"],
    ["with the tag of one farther out", "$x$ $$ '${body}' $$ $x$", "$x$"],
  ])("%s", (_, text, body) => {
    const { faults } = filled(text, filling({ body }));
    expect(faults).toMatchObject([{ code: "placeholder-invalid" }]);
    expect(faults[0]?.message).toContain("would end the dollar quote $");
  });

  it("and may have other dollars", () => {
    expect(filled("$x$ ${body} $x$", filling({ body: "$$a$y$" })).file.text).toBe('$x$ "$$a$y$" $x$');
  });
});

it("a value is not filled in again", () => {
  expect(filled("${part}, '${token}'", filling({ part: "${days}", token: "${part}" })).file.text).toBe(
    "${days}, '${part}'",
  );
});

describe("a fault tells its place", () => {
  it.each([
    ["an unknown one", "SELECT 1;\nSELECT ${nobody};", filling(), "placeholder-unknown", 2, 8],
    ["one without a value", "SELECT ${part};", filling({}), "placeholder-undefined", 1, 8],
    ["an empty name", "SELECT 'é',\r\n ${owner};", filling({ owner: "" }), "placeholder-invalid", 2, 2],
    ["a name that is too long", "${owner}", filling({ owner: "ä".repeat(32) }), "placeholder-invalid", 1, 1],
    ["a NUL", "'${part}'", filling({ part: "a\0b" }), "placeholder-invalid", 1, 2],
    ["a secret in the arguments", "${token}", filling(GIVEN, "argument"), "placeholder-shown", 1, 1],
    ["a secret in a configuration", "${token}", filling(GIVEN, "configuration"), "placeholder-shown", 1, 1],
  ] as const)("%s", (_, text, how, code, line, column) => {
    const { faults } = filled(text, how);
    expect(faults).toMatchObject([{ code, file: "1_a.sql", line, column }]);
    expect(JSON.stringify(faults)).not.toContain("it's");
  });

  it("all of them at once, in order", () => {
    expect(filled("${x} ${y} 'a' ${part}", filling({})).faults.map(({ column }) => column)).toEqual([
      1, 6, 15,
    ]);
  });
});

it("a name and a literal are stood in for where there is no target; what is raw is not", () => {
  const how = filling({}, "environment", "stand-in");
  expect(filled("GRANT ${owner} TO ${days}", how).file.text).toBe(`GRANT "owner" TO '30'`);
  expect(filled("${part}", how).faults).toMatchObject([{ code: "placeholder-undefined" }]);
});

it("places behind, within and before a value are those of the user's file", () => {
  const text = "SELECT ${part}, ${days},\n  nope;";
  const { file } = filled(text);
  const at = (what: string) => placeIn(file, file.text.indexOf(what));
  expect(at("SELECT")).toMatchObject({ line: 1, column: 1 });
  expect(at("b")).toMatchObject({ line: 1, column: 8 });
  expect(at(", '30'")).toMatchObject({ line: 1, column: 15 });
  expect(at("'30'")).toMatchObject({ line: 1, column: 17 });
  expect(at("nope")).toEqual({ line: 2, column: 3, excerpt: "  nope;\n  ^" });
});

it("what the parser finds is told in the user's file, without the value", () => {
  const { faults } = read("SELECT ${token}\n FRM x;", "up", { placeholders: filling() });
  expect(faults).toMatchObject([{ code: "syntax-error", line: 2 }]);
  const { faults: here } = read("SELECT ${token} ${token};", "up", { placeholders: filling() });
  expect(here[0]?.excerpt).toContain("${token} ${token}");
  expect(JSON.stringify(here)).not.toContain("it''s");
});

it("a raw value is read like any other SQL: it cannot pass what is refused", () => {
  const how = { ...filling({ part: "1; COMMIT; SELECT 2" }) };
  expect(read("SELECT ${part};", "up", { placeholders: how }).faults).toMatchObject([
    { code: "transaction-control" },
  ]);
});
