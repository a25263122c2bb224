import { expect, test } from "vitest";
import type { RunsReport } from "#engine/report.ts";
import { rendered } from "../../support/rendered.ts";
import {
  sampleBlocker,
  sampleEvent,
  sampleFault,
  sampleHead,
  sampleRun,
} from "../../support/sample_reports.ts";

const report = (runs: RunsReport["runs"]): RunsReport => ({
  command: "runs",
  runs,
  ...sampleHead({ run_id: null, bundle: null }),
});

const error = sampleFault("sql-error", 'relation "cours" does not exist', {
  file: "003_x.sql",
  line: 40,
  column: 8,
  excerpt: "SELECT x\n       ^",
  sqlstate: "42P01",
});

test("one line a run, and the error of a failed one below it", () => {
  const runs = [
    sampleRun({ run_id: "0193", status: "running", alive: true, finished_at: null, duration_ms: null }),
    sampleRun({ run_id: "0192", status: "failed", error }),
    sampleRun({ run_id: "0191", command: "verify", status: "bad_input", requested_by: null }),
  ];
  expect(rendered(report(runs))).toMatchInlineSnapshot(`
    "paws360@localhost:5432 (PostgreSQL 18.1)
      0193   up       running     2025-07-13 12:00:00 UTC            alice
      0192   up       failed      2025-07-13 12:00:00 UTC   210 ms   alice
        relation "cours" does not exist
      0191   verify   bad input   2025-07-13 12:00:00 UTC   210 ms
    "
  `);
});

test("no runs", () => {
  expect(rendered(report([]))).toMatchInlineSnapshot(`
    "paws360@localhost:5432 (PostgreSQL 18.1)
    No runs recorded
    "
  `);
});

test("one run: its facts, its steps, their statements' timings, its error once", () => {
  const events = [
    sampleEvent({
      rows: 12,
      checks: [{ name: "a", status: "pass", details: null }],
      timings: [{ first: 1, last: 4, ms: 12.25 }],
    }),
    sampleEvent({
      version: "3",
      name: "performance_indexes",
      success: false,
      tries: 2,
      error,
      checks: [{ name: "rows", status: "fail", details: "3 left over" }],
      timings: [
        { first: 1, last: 20, ms: 31.4 },
        { first: 21, last: 21, ms: 3_140, progress: { phase: "building index\u001b[2J", percent: 41.26 } },
      ],
      blockers: [sampleBlocker({ application: "a report" }), { pid: "no blocker" }],
    }),
  ];
  const run = { ...sampleRun({ status: "failed", reason: "the new term", error }), events };
  expect(rendered(report([run]))).toMatchInlineSnapshot(`
    "paws360@localhost:5432 (PostgreSQL 18.1)

    run:      0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11
    command:  up
    status:   failed
    started:  2025-07-13 12:00:00 UTC
    finished: 2025-07-13 12:00:00 UTC
    took:     210 ms
    asked by: alice
    reason:   the new term
    bundle:   paws360 1.0.0 (sha256 3f9c0b7a...)

      001  initial_schema        apply   done     41 ms   4 statements, 12 rows, 1 check
           statements 1 to 4   12 ms
      001  performance_indexes   apply   FAILED   41 ms   4 statements, 1 check, 2 tries
           fail  rows: 3 left over
           error: relation "cours" does not exist
             003_x.sql:40:8
               SELECT x
                      ^
             sqlstate: 42P01
             remedy: Correct the SQL at the place shown; nothing of this step was kept.  [sql-error]
           in the way: process 4711 (a report, user alice, active, transaction open for 5.1 s)
           statements 1 to 20   31 ms
           statement 21         3.1 s   building index\\x1b[2J, 41.3 %
    "
  `);
});

test("one run that failed without a step", () => {
  const run = {
    ...sampleRun({ status: "refused", error, bundle_version: null, finished_at: null }),
    events: [],
  };
  expect(rendered(report([run]))).toMatchInlineSnapshot(`
    "paws360@localhost:5432 (PostgreSQL 18.1)

    run:      0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11
    command:  up
    status:   refused
    started:  2025-07-13 12:00:00 UTC
    took:     210 ms
    asked by: alice
    bundle:   paws360 (sha256 3f9c0b7a...)

    error: relation "cours" does not exist
      003_x.sql:40:8
        SELECT x
               ^
      sqlstate: 42P01
      remedy: Correct the SQL at the place shown; nothing of this step was kept.  [sql-error]
    "
  `);
});

test("records that another release wrote are shown as far as they are understood", () => {
  const events = [
    sampleEvent({
      error: { code: "of-the-future", message: "odd" },
      checks: { no: "list" },
      timings: [{ lines: "1" }, null],
    }),
    sampleEvent({
      version: "2",
      error: "a text",
      checks: [
        { name: 1, status: "pass" },
        { name: "x", status: "PASS" },
      ],
      timings: "none",
    }),
    sampleEvent({ version: "3", error: { unheard: 1 } }),
  ];
  expect(rendered(report([{ ...sampleRun(), events }]))).toMatchInlineSnapshot(`
    "paws360@localhost:5432 (PostgreSQL 18.1)

    run:      0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11
    command:  up
    status:   ok
    started:  2025-07-13 12:00:00 UTC
    finished: 2025-07-13 12:00:00 UTC
    took:     210 ms
    asked by: alice
    bundle:   paws360 1.0.0 (sha256 3f9c0b7a...)

      001  initial_schema   apply   done   41 ms   4 statements
           error: odd
      001  initial_schema   apply   done   41 ms   4 statements
           error: a text
      001  initial_schema   apply   done   41 ms   4 statements
           error: {"unheard":1}
    "
  `);
});
