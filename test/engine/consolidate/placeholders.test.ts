import { expect, it } from "vitest";
import { consolidate } from "#engine/consolidate/consolidation.ts";
import { faultsOfPromise, sourceFiles } from "../../support/source_files.ts";

const SCRIPT = { allow: [], history_schema: "public", under_role: false, placeholders: null } as const;
const FILES = {
  "bundle.json": JSON.stringify({ placeholders: { owner: { kind: "identifier" }, part: { kind: "raw" } } }),
  "1_a.sql": "CREATE TABLE a (); -- for ${owner}",
  "2_b.sql": "CREATE TABLE b ();",
  "3_c.sql": "CREATE TABLE c ();\nGRANT SELECT ON c TO ${owner};",
  "4_d.sql": "CREATE TABLE d (${part});",
};

const asked = (versions: string) =>
  consolidate(
    sourceFiles(FILES),
    { name: "b", path: "/b" },
    { versions, name: "all", leave_out: [] },
    SCRIPT,
    new Map([["part", { value: "x int", by: "argument" }]]),
  );

it("others of the bundle may have placeholders", async () => {
  expect((await asked("1..2")).after.migrations.map(({ name }) => name)).toEqual(["all", "c", "d"]);
});

it("what is joined may not: the fault says so, at its place", async () => {
  expect(await faultsOfPromise(() => asked("2..4"))).toMatchObject([
    { code: "cannot-consolidate", file: "3_c.sql", line: 2, column: 22 },
    { code: "cannot-consolidate", file: "4_d.sql", line: 1, column: 17 },
  ]);
});
