import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { readOptions } from "#engine/bundle/options.ts";
import { statusOf } from "#engine/errors.ts";
import { bundleOf, faultsOf, sourceFiles } from "../../support/source_files.ts";

const read = (content: string | readonly number[]) =>
  readOptions(sourceFiles({ "bundle.json": content })[0], "facilities");

const SCHEMA = new URL("../../../docs/bundle.schema.json", import.meta.url);
const schema = JSON.parse(readFileSync(SCHEMA, "utf8"));
const validate = new Ajv2020().compile(schema);

test("no file is needed", () => {
  expect(readOptions(undefined, "facilities")).toEqual({
    options: {
      name: "facilities",
      version: null,
      ignore: [],
      out_of_order: "refuse",
      allow: [],
      session: "isolated",
      schemas: null,
      layout: "plain",
      placeholders: null,
    },
    faults: [],
  });
});

test("every key", () => {
  const { options, faults } = read(
    `\uFEFF{
      "$schema": "../docs/bundle.schema.json",
      "name": "paws360",
      "version": "1.0.0+build.7",
      "ignore": ["setup.sql", "tools/**"],
      "out_of_order": "allow",
      "allow": ["dblink", "copy-program"],
      "session": "shared",
      "schemas": ["app", "Audit log"],
      "layout": "story",
      "placeholders": {
        "app": { "kind": "identifier" },
        "key": { "kind": "literal", "secret": true },
        "part": { "kind": "raw", "default": "", "in_dollar_quotes": true }
      }
    }`,
  );
  expect(faults).toEqual([]);
  expect(options).toEqual({
    name: "paws360",
    version: "1.0.0+build.7",
    ignore: ["setup.sql", "tools/**"],
    out_of_order: "allow",
    allow: ["dblink", "copy-program"],
    session: "shared",
    schemas: ["app", "Audit log"],
    layout: "story",
    placeholders: new Map([
      ["app", { kind: "identifier", default: null, secret: false, in_dollar_quotes: false }],
      ["key", { kind: "literal", default: null, secret: true, in_dollar_quotes: false }],
      ["part", { kind: "raw", default: "", secret: false, in_dollar_quotes: true }],
    ]),
  });
});

describe("refused, with its place:", () => {
  test.each<readonly [what: string, text: string, line: number, column: number, says: string]>([
    ["an unknown key", '{\n  "name": "x",\n  "nmae": "y"\n}', 3, 3, 'unknown key "nmae"; known are name'],
    ["a key twice", '{"name": "x",\n"name": "y"}', 2, 1, 'the key "name" is there twice'],
    ["a name of another kind", '{"name": 5}', 1, 2, '"name" has to be 1 to 100 letters'],
    ["a name that is a path", '{"name": "a/b"}', 1, 2, '"name" has to be'],
    ["an empty version", '{"version": ""}', 1, 2, '"version" has to be'],
    ["an absolute path", '{"ignore": ["/x.sql"]}', 1, 2, "from the bundle's root"],
    ["a single pattern", '{"ignore": "x.sql"}', 1, 2, '"ignore" has to be a list'],
    ["another order", '{"out_of_order": true}', 1, 2, '"refuse" or "allow"'],
    ["an unknown permission", '{"allow": ["all"]}', 1, 2, '"dblink" and "copy-program"'],
    ["a session of another kind", '{"session": "mixed"}', 1, 2, '"isolated" or "shared"'],
    ["a schema of the server's", '{"schemas": ["pg_temp"]}', 1, 2, "names of schemas"],
    ["placeholders in a list", '{"placeholders": ["a"]}', 1, 2, '"placeholders" has to be an object'],
    ...(
      [
        ["a placeholder without a kind", "{}", 1, '"a" needs a "kind": "identifier", "literal" or "raw"'],
        ["one of another kind", '{"kind": "sql"}', 7, '"a" needs "kind": "identifier"'],
        ["one that is a value", '"raw"', 1, '"a" has to be an object with a "kind"'],
        ["one with a key more", '{"kind": "raw", "x": 1}', 22, '"a" has the unknown key "x"; known are kind'],
        ["a default of another kind", '{"kind": "raw", "default": 5}', 22, '"a" needs "default" in quotes'],
        ["a flag of another kind", '{"kind": "raw", "secret": 1}', 22, '"a" needs "secret": true or false'],
        ["a key twice in one", '{"kind": "raw", "kind": "raw"}', 22, 'the key "kind" is there twice'],
        [
          "a secret with a default",
          '{"kind": "raw", "default": "x", "secret": true}',
          22,
          '"a" is secret: a default would be none',
        ],
      ] as const
    ).map(
      ([what, said, column, says]) =>
        [what, `{"placeholders": {"b": {"kind": "raw"},\n"a": ${said}}}`, 2, column, says] as const,
    ),
    [
      "one whose name is none",
      '{"placeholders": {"a-b": {"kind": "raw"}}}',
      1,
      19,
      '"a-b": its name has to be of letters',
    ],
    ["a comma too many", '{\n  "name": "x",\n}', 3, 1, "expected a key in double quotes"],
    ["a list", "[]", 1, 1, "expected an object"],
    ["an empty file", "", 1, 1, "expected a value, found the end"],
    ["a prototype", '{"__proto__": {}}', 1, 2, 'unknown key "__proto__"'],
  ])("%s", (_, text, line, column, says) => {
    const { faults } = read(text);
    expect(faults).toMatchObject([
      { code: "bundle-options-invalid", file: "bundle.json", line, column, excerpt: expect.any(String) },
    ]);
    expect(faults[0]?.message).toContain(says);
    expect(faults.map(statusOf)).toEqual(["bad_input"]);
  });

  test("bytes that are no text", () => {
    expect(read([0x7b, 0xff, 0x7d]).faults).toMatchObject([
      { code: "invalid-utf8", file: "bundle.json", line: 1, column: 2 },
    ]);
  });

  test("a file that is far too large", () => {
    expect(read(`{${" ".repeat(1 << 20)}}`).faults).toMatchObject([
      { code: "bundle-options-invalid", message: "bundle.json: larger than 1 MiB." },
    ]);
  });
});

test("all its faults are named, and alone, since the rest is read by it", () => {
  const found = faultsOf(() =>
    bundleOf({ "bundle.json": '{"ignore": 1,\n"x": 2,\n"allow": 3}', "setup.sql": "SELECT 1;" }),
  );
  expect(found.map(({ line }) => line)).toEqual([1, 2, 3]);
  expect(new Set(found.map(({ code }) => code))).toEqual(new Set(["bundle-options-invalid"]));
});

describe("schema and reader", () => {
  const values: Readonly<Record<string, readonly unknown[]>> = {
    $schema: ["x", "", 1, null],
    name: [
      "a",
      "A.b-c_9",
      "x".repeat(100),
      "x".repeat(101),
      "",
      " a",
      "-a",
      "a b",
      "ä",
      "a/b",
      "a\n",
      1,
      null,
    ],
    version: ["1.0.0", "1.0.0+build", "2025-01-02", "x".repeat(101), "", "v 1", "+1", "1\n", 1, null],
    ignore: [[], ["a.sql", "**/b?.sql"], [""], ["/a"], ["a\\b"], ["a", 1], [["a"]], "a", {}, null],
    out_of_order: ["refuse", "allow", "Allow", "", "refuse|allow", true, ["allow"], null],
    allow: [[], ["dblink"], ["dblink", "copy-program"], ["dblink", "dblink"], ["x"], [1], "dblink", null],
    other: ["x"],
    constructor: ["x"],
  };
  const samples = [
    ...Object.entries(values).flatMap(([key, list]) => list.map((value) => ({ [key]: value }))),
    {},
    { name: "a", version: "1", ignore: ["x.sql"], out_of_order: "allow", allow: [] },
    { name: "a", nmae: "a" },
    [],
    "name",
    1,
    null,
  ];

  test.each(samples.map((sample) => [JSON.stringify(sample)]))("agree on %s", (text) => {
    expect(read(text).faults.length === 0).toBe(validate(JSON.parse(text)));
  });

  test("both take and both refuse some of the samples", () => {
    const verdicts = samples.map((sample) => validate(sample));
    expect(verdicts.filter(Boolean).length).toBeGreaterThan(10);
    expect(verdicts.filter((valid) => !valid).length).toBeGreaterThan(20);
  });

  test("know the same keys, each described, with the same defaults", () => {
    const { options } = readOptions(undefined, "x");
    const keys = Object.keys(options).toSorted();
    expect(Object.keys(schema.properties).toSorted()).toEqual(["$schema", ...keys]);
    for (const [key, property] of Object.entries<Record<string, unknown>>(schema.properties)) {
      expect(property.description, key).toMatch(/\w/);
      if ("default" in property) expect(property.default).toEqual(options[key as keyof typeof options]);
    }
  });
});
