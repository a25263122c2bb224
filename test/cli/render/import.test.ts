import { expect, test } from "vitest";
import type { ImportReport } from "#engine/report_files.ts";
import { rendered } from "../../support/rendered.ts";
import { sampleFault, sampleHead } from "../../support/sample_reports.ts";

const done: ImportReport = {
  command: "import",
  tool: "flyway",
  from: "old/sql",
  to: "migrations/stock",
  files: [
    { path: "0001_create_items.sql", role: "up", from: "V1__create_items.sql" },
    { path: "rollback/0001_create_items_rollback.sql", role: "rollback", from: "U1__create_items.sql" },
    { path: "repeatable/stock.sql", role: "repeatable", from: "R__stock.sql" },
    { path: "imported.json", role: "map", from: null },
  ],
  map: [
    { version: "1", name: "create_items", id: "1", path: "V1__create_items.sql" },
    { version: null, name: "stock", id: "stock", path: "R__stock.sql" },
  ],
  left: [{ path: "B1__\u001b[2J.sql", why: "a baseline" }],
  written: true,
  ...sampleHead({ run_id: null, bundle: null, target: null }),
};

test("import shows what became what, what is left, and what comes next", () => {
  expect(rendered(done)).toMatchInlineSnapshot(`
    "old/sql (flyway)  ->  migrations/stock
      V1__create_items.sql   migration    0001_create_items.sql
      U1__create_items.sql   rollback     rollback/0001_create_items_rollback.sql
      R__stock.sql           repeatable   repeatable/stock.sql
                             map          imported.json

    Not taken over:
      B1__\\x1b[2J.sql: a baseline

    2 migrations, 4 files. Next: paws-migrate check migrations/stock
    "
  `);
});

test("import says that nothing was written, and why", () => {
  const error = sampleFault("untranslated-psql", "`\\i` is a command of psql, no SQL.", {
    file: "V1__a.sql",
    line: 3,
  });
  const refused = {
    ...done,
    status: "failed",
    written: false,
    left: [],
    refusals: [error, error],
    error,
  } as const;
  expect(rendered(refused).split("\n").slice(-2)).toEqual(["2 errors; nothing was written.", ""]);
  expect(rendered(refused)).toContain("V1__a.sql:3");
});

test("import says what would be written", () => {
  const warnings = [sampleFault("import-empty-down", "x")];
  expect(rendered({ ...done, written: false, warnings })).toMatch(
    /\n2 migrations, 4 files, 1 warning would be written\.\n$/,
  );
});
