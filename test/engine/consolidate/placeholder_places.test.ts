import { beforeAll, expect, it } from "vitest";
import { joinMigrations } from "#engine/consolidate/join.ts";
import type { Placeholder } from "#engine/placeholders/declared.ts";
import { loadParser } from "#engine/script/script.ts";
import { bundleOf } from "../../support/source_files.ts";

beforeAll(loadParser);

const declared = new Map<string, Placeholder>(
  ["identifier", "literal", "raw"].map((kind) => [
    kind,
    { kind: kind as Placeholder["kind"], default: null, secret: false, in_dollar_quotes: false },
  ]),
);
const filled = (text: string, raw: string) =>
  joinMigrations(bundleOf({ "1_a.sql": text, "2_b.sql": "SELECT 2;" }).migrations, {
    name: "all",
    script: {
      allow: [],
      history_schema: "public",
      under_role: false,
      placeholders: {
        declared,
        given: new Map([["raw", { value: raw, by: "argument" }]]),
        missing: "stand-in",
      },
    },
    shared: false,
    left_out: [],
  });

it.each([
  ["a name and a literal", "BEGIN;\nCREATE TABLE ${identifier} (t text DEFAULT ${literal});\nCOMMIT;"],
  ["a part of a quoted name", 'CREATE TABLE "x ${identifier}" ();'],
  ["one that is nothing", "CREATE TABLE t () ${raw};"],
  ["the value of a setting", "SET search_path = ${identifier}; SELECT 1;"],
  ["one that no value is put in", "COPY t FROM stdin;\n${identifier}\n\\."],
])("stay as they are spelled: %s", (_, text) => {
  const { up, faults } = filled(text, "");
  expect(faults).toEqual([]);
  expect(up).toContain(text.replace("BEGIN;\n", "").replace("\nCOMMIT;", ""));
});

it.each([
  ["several statements", "${raw}", "SELECT 1; SELECT 2;"],
  ["the end of one", "SELECT 1 ${raw}", "; SELECT 2"],
  ["nothing, of a whole file", "SELECT 1; ${raw}", ""],
  ["the name of what is put back", "SET app.${raw} = 1;", "x"],
  ["the same by a function", "SELECT set_config(${literal}, 'x', true);", ""],
  ["a limit", "SET lock_timeout = ${raw}; SELECT 1;", "'5s'"],
  [
    "a part of what is written otherwise",
    "SET lock_timeout = 0;\nSET row_security = off;\nSET xmloption = ${raw};\nSELECT 1;",
    "content",
  ],
  ["a mode of BEGIN", "BEGIN ${raw}; SELECT 1; COMMIT;", "READ WRITE"],
])("cannot stand for %s", (_, text, raw) => {
  const { faults } = filled(text, raw);
  expect(faults).toMatchObject([{ code: "cannot-consolidate", file: "1_a.sql" }]);
  expect(faults[0]?.excerpt).toContain("${");
});
