import { expect, test } from "vitest";
import type { StatusReport } from "#engine/report.ts";
import { rendered } from "../../support/rendered.ts";
import { sampleFault, sampleHead, sampleMigration, sampleRun } from "../../support/sample_reports.ts";

const status = (more: Partial<StatusReport>): StatusReport => ({
  command: "status",
  applied: [],
  pending: [],
  changed: [],
  missing: [],
  unverified: [],
  partial: [],
  repeatables: [],
  running: null,
  failed_runs: [],
  ...sampleHead({ run_id: null }),
  ...more,
});

const initial = sampleMigration("001", "initial_schema", "2025-07-13T12:00:00.123Z", 41.3);

test("all sections", () => {
  const report = status({
    current_version: "9",
    applied: [
      initial,
      sampleMigration("008", "performance_indexes", "2025-07-14T08:30:00.000Z", 3_210),
      sampleMigration("009", "from_another_tool"),
    ],
    pending: [sampleMigration("010", "waitlist")],
    changed: [initial],
    missing: [sampleMigration("009", "from_another_tool")],
    running: sampleRun({
      run_id: "0193",
      status: "running",
      alive: true,
      finished_at: null,
      duration_ms: null,
    }),
    failed_runs: [
      sampleRun({ run_id: "0192", status: "failed", error: { message: "check failed\nrows" } }),
      sampleRun({
        run_id: "0191",
        command: "rollback",
        status: "running",
        alive: false,
        requested_by: null,
        duration_ms: null,
      }),
    ],
    warnings: [
      sampleFault("changed-migration", "001_initial_schema.sql was changed.", {
        file: "001_initial_schema.sql",
      }),
    ],
  });
  expect(rendered(report)).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
    Current Version: 9

    Applied Migrations:
      001  initial_schema        2025-07-13 12:00:00 UTC   41 ms
      008  performance_indexes   2025-07-14 08:30:00 UTC   3.2 s
      009  from_another_tool

    Pending Migrations:
      010  waitlist

    Changed Since They Were Applied:
      001  initial_schema   2025-07-13 12:00:00 UTC   41 ms

    Applied, Missing From the Bundle:
      009  from_another_tool

    Running:
      0193   up, since 2025-07-13 12:00:00 UTC, asked for by alice

    Failed Runs:
      0192   up         failed           2025-07-13 12:00:00 UTC   210 ms   alice
        check failed
      0191   rollback   running (gone)   2025-07-13 12:00:00 UTC

    warning: 001_initial_schema.sql was changed.
      remedy: Restore the file as it was applied, and put the change in a new migration. Where it still does the same: \`paws-migrate repair V --reason TEXT\`.  [changed-migration]
    "
  `);
});

test("an empty database and an empty plan", () => {
  expect(rendered(status({ pending: [sampleMigration("001", "initial_schema")] }))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
    Current Version: 0

    No migrations applied yet

    Pending Migrations:
      001  initial_schema
    "
  `);
  expect(rendered(status({ current_version: "1", applied: [initial] }))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
    Current Version: 1

    Applied Migrations:
      001  initial_schema   2025-07-13 12:00:00 UTC   41 ms

    No migrations pending
    "
  `);
});

test("the seed's own line to read the version finds a plain number, once", () => {
  const version = (report: StatusReport) =>
    rendered(report)
      .split("\n")
      .filter((line) => line.includes("Current Version"))
      .map((line) => line.split(":")[1]?.replaceAll(" ", ""));
  expect(version(status({ current_version: "8", applied: [initial] }))).toEqual(["8"]);
  expect(version(status({}))).toEqual(["0"]);
});

test("where the database could not be read, nothing is said of it", () => {
  const error = sampleFault("foreign-history", "The history looks like Rails's.");
  const text = rendered(status({ status: "refused", error, refusals: [error] }));
  expect(text).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)

    refused: The history looks like Rails's.
      remedy: Keep the histories apart with --history-schema.  [foreign-history]
    "
  `);
});

test("what no run applied says where it comes from", () => {
  const adopted = { ...sampleMigration("001", "a", null, null, "adopted"), applied_by: "Ann\u001b <a@b>" };
  const text = rendered(
    status({ applied: [adopted, sampleMigration("002", "b", null, null, "baseline"), initial] }),
  );
  expect(text).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
    Current Version: 0

    Applied Migrations:
      001  a                                                  adopted, by Ann\\x1b <a@b>
      002  b                                                  baseline
      001  initial_schema   2025-07-13 12:00:00 UTC   41 ms

    No migrations pending
    "
  `);
});
