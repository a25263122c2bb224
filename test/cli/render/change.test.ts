import { expect, test } from "vitest";
import type { ChangeReport, StepReport } from "#engine/report.ts";
import { rendered } from "../../support/rendered.ts";
import {
  passes,
  SAMPLE_ATTEMPT,
  sampleBlocker,
  sampleFault,
  sampleHead,
  sampleStep,
  stepNotRun,
} from "../../support/sample_reports.ts";

const up = (more: Partial<ChangeReport>): ChangeReport => ({
  command: "up",
  ...sampleHead(),
  ...SAMPLE_ATTEMPT,
  ...more,
});

const first = sampleStep("001", "initial_schema", { checks: passes(12) });
const second = sampleStep("002", "add_audit_triggers", { checks: passes(4), duration_ms: 12.4 });

const sqlError = sampleFault("sql-error", 'relation "cours" does not exist', {
  file: "003_performance_indexes.sql",
  line: 40,
  column: 17,
  excerpt: "CREATE INDEX ON cours (id);\n                ^",
  sqlstate: "42P01",
});

const failing = (error: StepReport["error"], more: Partial<StepReport> = {}): StepReport =>
  sampleStep("003", "performance_indexes", { status: "failed", duration_ms: 3.2, error, ...more });

test("a run that was done: one line a step, and what came of it", () => {
  expect(rendered(up({ current_version: "2", steps: [first, second] }))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  initial_schema       done   41 ms   12 checks
      002  add_audit_triggers   done   12 ms    4 checks
    2 applied, 16 checks passed, 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
});

test("a run that failed says what, where, and what to do, at the step, and lists what was not run", () => {
  const steps = [
    first,
    second,
    failing(sqlError),
    stepNotRun("004", "seed_data"),
    stepNotRun("005", "prerequisites"),
  ];
  expect(
    rendered(up({ status: "failed", current_version: "2", steps, error: sqlError })),
  ).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  initial_schema        done      41 ms   12 checks
      002  add_audit_triggers    done      12 ms    4 checks
      003  performance_indexes   FAILED     3 ms
           error: relation "cours" does not exist
             003_performance_indexes.sql:40:17
               CREATE INDEX ON cours (id);
                               ^
             sqlstate: 42P01
             remedy: Correct the SQL at the place shown; nothing of this step was kept.  [sql-error]
      004  seed_data             not run
      005  prerequisites         not run
    1 failed (003 performance_indexes), 2 applied, 2 not run, 16 checks passed, 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
});

test("who stood in the way is named under a step that was done, and in the message of one that was not", () => {
  const blockers = [sampleBlocker(), sampleBlocker({ pid: 12, application: "a\nreport", hidden: true })];
  const named = failing(sampleFault("lock-timeout", "it was locked; in the way: process 4711"), { blockers });
  const lines = rendered(up({ status: "failed", steps: [{ ...first, tries: 3, blockers }, named] }));
  expect(lines.match(/in the way: .*/g)).toMatchInlineSnapshot(`
    [
      "in the way: process 4711 (user alice, active, transaction open for 5.1 s); process 12 (a\\nreport, user alice, active, transaction open for 5.1 s, what else it is, is hidden from this login)",
      "in the way: process 4711",
    ]
  `);
});

test("all that the server says is shown, its lines as lines; a long context is cut", () => {
  const error = sampleFault("sql-error", "first line\nsecond line", {
    ...sqlError,
    message: "first line\nsecond line",
    detail: "Key (id)=(1) already exists.",
    hint: "Try another.",
    where: Array.from({ length: 10 }, (_, i) => `PL/pgSQL function f${i}() line ${i}`).join("\n"),
  });
  const report = up({ status: "failed", steps: [failing(error)], error });
  expect(rendered(report)).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      003  performance_indexes   FAILED   3 ms
           error: first line
             second line
             003_performance_indexes.sql:40:17
               CREATE INDEX ON cours (id);
                               ^
             sqlstate: 42P01
             detail: Key (id)=(1) already exists.
             hint: Try another.
             where: PL/pgSQL function f0() line 0
               PL/pgSQL function f1() line 1
               PL/pgSQL function f2() line 2
               PL/pgSQL function f3() line 3
               PL/pgSQL function f4() line 4
               PL/pgSQL function f5() line 5
               PL/pgSQL function f6() line 6
               PL/pgSQL function f7() line 7
               (2 more lines: --verbose)
             remedy: Correct the SQL at the place shown; nothing of this step was kept.  [sql-error]
    1 failed (003 performance_indexes), 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
  expect(rendered(report, { verbose: true })).toContain("f9() line 9");
});

test("checks that failed are listed by name and details, and the message does not repeat them", () => {
  const error = sampleFault("check-failed", "2 of the checks failed: rows: 3 left over; unnamed.", {
    file: "verify/003_performance_indexes_verify.sql",
  });
  const checks: StepReport["checks"] = [
    ...passes(3),
    { name: "rows", status: "fail", details: "3 left over" },
    { name: "sizes", status: "warning", details: "large" },
    { name: "unnamed", status: "fail", details: null },
  ];
  expect(
    rendered(up({ status: "failed", steps: [failing(error, { checks })], error })),
  ).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      003  performance_indexes   FAILED   3 ms   6 checks
           warning  sizes: large
           error: 2 of 6 checks failed.
             verify/003_performance_indexes_verify.sql
             fail  rows: 3 left over
             fail  unnamed
             remedy: See the failed check; nothing of this step was kept.  [check-failed]
    1 failed (003 performance_indexes), 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
});

test("a message stays where the checks are not at hand", () => {
  const error = sampleFault("check-failed", "1 of the checks failed: rows.");
  expect(rendered(up({ status: "failed", steps: [failing(error)], error }))).toContain(
    "error: 1 of the checks failed: rows.",
  );
});

test("nothing to do", () => {
  expect(rendered(up({ current_version: "7" }))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
    nothing to do: version 7 is the current. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
  expect(rendered(up({ run_id: null }))).toMatch(/\nnothing to do: no migration is applied\.\n$/);
  expect(rendered({ ...up({ current_version: "7" }), command: "rollback" })).toContain(
    "nothing to roll back: version 7",
  );
});

test("a rollback, with a step that was tried again and one without checks", () => {
  const steps = [
    sampleStep("007", "waitlist", { direction: "down", checks: passes(2), tries: 3, lock_wait_ms: 812 }),
    sampleStep("006", "gpa", { direction: "down", duration_ms: 125_400 }),
  ];
  expect(rendered({ ...up({ steps, duration_ms: 126_000 }), command: "rollback" })).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      007  waitlist   done       41 ms    2 checks
           3 tries, waited 812 ms for locks
      006  gpa        done   2 min 5 s   no checks
    2 rolled back, 2 checks passed, 2 min 6 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
});

test("--verbose shows passed checks, statements, locks, digest, and result sets that were not judged", () => {
  const results = [
    {
      columns: ["table", "rows"],
      rows: [
        ["users", "12"],
        ["students", null],
      ],
      row_count: 25,
    },
    { columns: ["now"], rows: [], row_count: 0 },
  ];
  const steps = [sampleStep("001", "initial_schema", { checks: passes(2), results, lock_held_ms: 40 })];
  expect(rendered(up({ steps }), { verbose: true })).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      from migrations/paws360, sha256 3f9c0b7a5d1e2f4c8b6a90d7e1c3f5a2b4d6e8f0a1c3e5d7f9b0a2c4e6d8f1b3
      001  initial_schema   done   41 ms   2 checks
           4 statements, held strong locks 40 ms
           pass  check 1
           pass  check 2
           shown, not judged (the first 2 of 25 rows):
             table      rows
             users      12
             students   null
           shown, not judged (0 rows):
             now
    1 applied, 2 checks passed, 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
  expect(rendered(up({ steps }))).not.toContain("shown, not judged");
});

test("a refused run: every reason, each with its remedy", () => {
  const refusals = [
    sampleFault("changed-migration", "003_x.sql was changed after it was applied.", { file: "003_x.sql" }),
    sampleFault("missing-migration", "004_y is applied, and the bundle paws360 has no such file."),
  ];
  const [error = null] = refusals;
  const steps = [stepNotRun("008", "next")];
  expect(rendered(up({ status: "refused", steps, refusals, error }))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      008  next   not run

    refused: 003_x.sql was changed after it was applied.
      remedy: Restore the file as it was applied, and put the change in a new migration. Where it still does the same: \`paws-migrate repair V --reason TEXT\`.  [changed-migration]

    refused: 004_y is applied, and the bundle paws360 has no such file.
      remedy: Use a bundle that holds every applied migration.  [missing-migration]

    Nothing was changed. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
});

test("another run, a host that is away: two lines, without a table", () => {
  const busy = sampleFault(
    "other-run",
    "Another run holds the lock: run 0192, since 12:00:00, its backend 77 lives.",
  );
  expect(rendered(up({ status: "busy", error: busy }))).toMatchInlineSnapshot(`
    "busy: Another run holds the lock: run 0192, since 12:00:00, its backend 77 lives.
      remedy: Wait for the other run, or pass a longer --lock-wait.  [other-run]
    "
  `);
  const away = sampleFault("unreachable", "No answer from db:5432: nothing listens on that port.");
  expect(rendered(up({ status: "unreachable", error: away }))).toMatchInlineSnapshot(`
    "unreachable: No answer from db:5432: nothing listens on that port.
      remedy: Check host, port and network, and that the server is running.  [unreachable]
    "
  `);
});

test("a commit of which nothing is known is not called failed", () => {
  const error = sampleFault(
    "unknown-commit",
    "The connection was lost while 003_x was committed; it may or may not be applied.",
  );
  const steps = [first, failing(error), stepNotRun("004", "seed_data")];
  expect(rendered(up({ status: "unknown", steps, error }))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  initial_schema        done      41 ms   12 checks
      003  performance_indexes   UNKNOWN    3 ms
           unknown: The connection was lost while 003_x was committed; it may or may not be applied.
             remedy: Run \`paws-migrate status\` when the database answers: what it lists as applied is applied. Then run again.  [unknown-commit]
      004  seed_data             not run
    1 unknown (003 performance_indexes), 1 applied, 1 not run, 12 checks passed, 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
});

test("a run that was stopped", () => {
  const error = sampleFault("interrupted", "The run was interrupted; the step in flight was rolled back.");
  expect(
    rendered(up({ status: "interrupted", steps: [first, failing(error)], error })),
  ).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  initial_schema        done      41 ms   12 checks
      003  performance_indexes   stopped    3 ms
           stopped: The run was interrupted; the step in flight was rolled back.
             remedy: Run again: the next run goes on with what is left.  [interrupted]
    1 stopped (003 performance_indexes), 1 applied, 12 checks passed, 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
  const late = sampleFault("deadline", "The run's time is over.");
  const report = up({ status: "incomplete", steps: [first, stepNotRun("002", "x")], error: late });
  expect(rendered(report)).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  initial_schema   done      41 ms   12 checks
      002  x                not run

    stopped: The run's time is over.
      remedy: Run again: the next run goes on with what is left.  [deadline]

    1 applied, 1 not run, 12 checks passed, 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
});

test("what ended before there was anything: the error alone", () => {
  const error = sampleFault("bad-argument", "Unknown option '--tp'.", { remedy: "Did you mean --to?" });
  const head = sampleHead({ run_id: null, status: "bad_input", bundle: null, target: null, error });
  expect(rendered({ command: "help", ...head })).toMatchInlineSnapshot(`
    "error: Unknown option '--tp'.
      remedy: Did you mean --to?  [bad-argument]
    "
  `);
});

test("a fault of ours says so, and the run to report", () => {
  const error = sampleFault("internal", "Cannot read properties of undefined");
  expect(rendered(up({ status: "internal", bundle: null, target: null, error }))).toMatchInlineSnapshot(`
    "internal error: Cannot read properties of undefined
      remedy: Report this, with the message and the run id.  [internal]

    Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
});

test("a code that refuses elsewhere is a warning among the warnings, and an error among the errors", () => {
  const late = sampleFault("changed-migration", "003_x.sql was changed.");
  expect(rendered(up({ warnings: [late] }))).toContain("\nwarning: 003_x.sql was changed.\n");
  const empty = sampleFault("empty-migration", "005_y.sql has no statement.");
  expect(rendered(up({ status: "bad_input", refusals: [empty], error: empty }))).toContain(
    "\nerror: 005_y.sql has",
  );
});

test("a run id that came again says how it came to be told", () => {
  const last = (more: Partial<ChangeReport>): string | undefined =>
    rendered(up({ run_id: "r-1", steps: [first], ...more }))
      .trimEnd()
      .split("\n")
      .at(-1);
  expect(last({ replayed: true, attempt: 2 })).toBe(
    "1 applied, 12 checks passed, 0.21 s. Run r-1, which had ended before: nothing was done now.",
  );
  expect(last({ recovered: true })).toBe(
    "1 applied, 12 checks passed, 0.21 s. Run r-1: an attempt that died had done it all.",
  );
  expect(last({ attempt: 2 })).toBe("1 applied, 12 checks passed, 0.21 s. Run r-1, attempt 2.");
  const superseded = sampleFault("superseded", "no");
  const left = { status: "refused", refusals: [superseded], error: superseded } as const;
  expect(last({ ...left, steps: [first, stepNotRun("002", "x")] })).toMatch(/^1 applied, 1 not run/);
});

test("an answer that was too large says how many steps it does not show, and where they are", () => {
  const cut = { steps_left_out: 1400, bytes: 331_695, see: "paws-migrate runs --run r" };
  const lines = (more: Partial<ChangeReport>) =>
    rendered(up({ ...more }))
      .split("\n")
      .slice(-3, -1);
  const last = "1400 steps not shown: the answer was too large. All of it: `paws-migrate runs --run r`";
  expect(lines({ cut, steps: [first] })[1]).toBe(last);
  expect(lines({ cut, steps: [] })).toEqual([expect.not.stringContaining("nothing to do"), last]);
  expect(lines({ cut: { ...cut, steps_left_out: 0 }, steps: [first] })[1]).toMatch(/^Not all is shown: /);
});
