import { expect, test } from "vitest";
import { readHeader } from "#engine/bundle/header.ts";
import type { PlanReport } from "#engine/report.ts";
import { rendered } from "../../support/rendered.ts";
import { sampleFault, sampleHead, stepNotRun } from "../../support/sample_reports.ts";

const plan = (more: Partial<PlanReport>): PlanReport => ({
  command: "plan",
  of: "up",
  plan_digest: "ab".repeat(32),
  details: [],
  ...sampleHead({ run_id: null, current_version: "4" }),
  ...more,
});

test("the steps in order", () => {
  const steps = [
    stepNotRun("005", "add_course_prerequisites"),
    { ...stepNotRun("006", "gpa"), statements: 12 },
    { ...stepNotRun("007", "waitlist"), statements: 1 },
  ];
  expect(rendered(plan({ steps }))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      005  add_course_prerequisites   apply    4 statements
      006  gpa                        apply   12 statements
      007  waitlist                   apply     1 statement
    3 to apply, in this order. Nothing was changed.
    "
  `);
  expect(rendered(plan({ steps }), { verbose: true })).toContain(`\nPlan digest ${"ab".repeat(32)}.\n`);
});

test("of a rollback, with a warning", () => {
  const steps = [{ ...stepNotRun("007", "waitlist"), direction: "down" as const }];
  const warnings = [sampleFault("later-stays", "006_gpa was applied after 007_waitlist, and stays.")];
  expect(rendered(plan({ of: "rollback", steps, warnings }))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      007  waitlist   roll back   4 statements

    warning: 006_gpa was applied after 007_waitlist, and stays.
      remedy: Check that what stays does not depend on what goes.  [later-stays]

    1 to roll back, in this order. Nothing was changed.
    "
  `);
});

test("refused: the steps, every reason, and that nothing would happen", () => {
  const refusals = [
    sampleFault("transaction-control", "COMMIT stands in a migration.", {
      file: "007_waitlist.sql",
      line: 3,
      column: 1,
      excerpt: "COMMIT;\n^",
    }),
    sampleFault("out-of-order", "003_x.sql is not applied, and 4 above it is.", { file: "003_x.sql" }),
  ];
  const [error = null] = refusals;
  const steps = [stepNotRun("003", "x"), stepNotRun("007", "waitlist")];
  expect(rendered(plan({ status: "bad_input", steps, refusals, error }))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      003  x          apply   4 statements
      007  waitlist   apply   4 statements

    error: COMMIT stands in a migration.
      007_waitlist.sql:3:1
        COMMIT;
        ^
      remedy: Remove it: the job commits each migration with its verification and its history row.  [transaction-control]

    refused: 003_x.sql is not applied, and 4 above it is.
      remedy: Give it a version above the newest applied one, or pass --allow-out-of-order.  [out-of-order]

    up would be refused and change nothing: 2 reasons.
    "
  `);
});

test("nothing to do", () => {
  expect(rendered(plan({}))).toMatch(/\nnothing to apply: version 4 is the current\.\n$/);
  const none = plan({ of: "rollback", current_version: null });
  expect(rendered(none)).toMatch(/\nnothing to roll back: no migration is applied\.\n$/);
});

test("what the files say of themselves, below their lines", () => {
  const header = {
    description: "Waitlists",
    author: null,
    date: null,
    epic: "EPIC-001",
    story: null,
    dependencies: null,
    breaking_changes: "No",
    data_migration: null,
    estimated_duration: null,
  };
  const detail = {
    label: "007",
    header,
    lock_timeout_ms: 5_000,
    statement_timeout_ms: null,
    known_duration_ms: 90_000,
    irreversible: "drops",
    no_transaction: false,
    run_again: [],
  };
  expect(
    rendered(plan({ steps: [stepNotRun("007", "waitlist")], details: [detail] })),
  ).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      007  waitlist   apply   4 statements
          Description: Waitlists
          Epic: EPIC-001
          Breaking Changes: No
          Takes: 1 min 30 s
          Lock timeout: 5.0 s
          Irreversible: drops
    1 to apply, in this order. Nothing was changed.
    "
  `);
});

test("what runs outside of a transaction says so, and what may run twice", () => {
  const steps = [
    { ...stepNotRun("003", "late"), direction: "verify" as const },
    { ...stepNotRun("004", "indexes"), statements: 3 },
  ];
  const detail = (label: string) => ({
    label,
    header: readHeader(""),
    lock_timeout_ms: null,
    statement_timeout_ms: null,
    known_duration_ms: 40,
    irreversible: null,
  });
  const details = [
    { ...detail("003"), no_transaction: false, run_again: [] },
    { ...detail("004"), no_transaction: true, run_again: ["VACUUM in line 3", "DO in line 5"] },
  ];
  expect(rendered(plan({ steps, details }))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      003  late      verify   4 statements
      004  indexes   apply    3 statements
          Runs: statement by statement, outside a transaction
          Runs again where a run ends within it: VACUUM in line 3, DO in line 5
    2 to apply, in this order. Nothing was changed.
    "
  `);
});
