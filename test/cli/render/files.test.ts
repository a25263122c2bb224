import { expect, test } from "vitest";
import type { FilesReport, ListedFile } from "#engine/report_files.ts";
import { rendered } from "../../support/rendered.ts";
import { sampleFault, sampleHead } from "../../support/sample_reports.ts";

const files: readonly ListedFile[] = [
  { path: "20250713120000_rooms.sql", role: "up", statements: 3 },
  { path: "rollback/20250713120000_rooms_rollback.sql", role: "rollback", statements: 12 },
  { path: "verify/20250713120000_rooms_verify.sql", role: "verify", statements: 1 },
];

const report = (more: Partial<FilesReport>): FilesReport => ({
  command: "check",
  files,
  ...sampleHead({ run_id: null, target: null }),
  ...more,
});

test("create names its files in the seed's words, whole on any terminal", () => {
  expect(rendered(report({ command: "create", bundle: null }), { width: 30 })).toMatchInlineSnapshot(`
    "Migration files created:
      Migration: 20250713120000_rooms.sql
      Rollback:  rollback/20250713120000_rooms_rollback.sql
      Verify:    verify/20250713120000_rooms_verify.sql
    "
  `);
});

test("check lists the files", () => {
  expect(rendered(report({}))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)
      20250713120000_rooms.sql                     migration    3 statements
      rollback/20250713120000_rooms_rollback.sql   rollback    12 statements
      verify/20250713120000_rooms_verify.sql       verify        1 statement
    3 files, no errors.
    "
  `);
});

test("check with errors and warnings", () => {
  const refusals = [
    sampleFault("syntax-error", 'syntax error at or near "TABEL"', {
      file: "20250713120000_rooms.sql",
      line: 2,
      column: 8,
      excerpt: "CREATE TABEL rooms ();\n       ^",
    }),
    sampleFault("orphan-script", "verify/9_verify.sql has no migration.", { file: "verify/9_verify.sql" }),
  ];
  const [error = null] = refusals;
  const warnings = [
    sampleFault("two-rollbacks", "It has a rollback inside.", { file: "20250713120000_rooms.sql" }),
  ];
  const unread = files.map((file) => ({ ...file, statements: null }));
  expect(
    rendered(report({ status: "bad_input", files: unread, refusals, error, warnings })),
  ).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)
      20250713120000_rooms.sql                     migration
      rollback/20250713120000_rooms_rollback.sql   rollback
      verify/20250713120000_rooms_verify.sql       verify

    warning: It has a rollback inside.
      20250713120000_rooms.sql
      remedy: Remove the inline block; the rollback file is used.  [two-rollbacks]

    error: syntax error at or near "TABEL"
      20250713120000_rooms.sql:2:8
        CREATE TABEL rooms ();
               ^
      remedy: Correct the SQL at the place shown.  [syntax-error]

    error: verify/9_verify.sql has no migration.
      remedy: Rename it after its migration, or remove it.  [orphan-script]

    3 files, 2 errors, 1 warning.
    "
  `);
});
