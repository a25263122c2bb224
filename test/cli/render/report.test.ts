import { expect, test } from "vitest";
import type { Report } from "#engine/report.ts";
import { rendered } from "../../support/rendered.ts";
import {
  passes,
  sampleFault,
  sampleHead,
  sampleMigration,
  sampleRepeat,
  sampleRun,
  sampleStep,
} from "../../support/sample_reports.ts";

const error = sampleFault("sql-error", "column \u001b[31mred\u001b[0m\r\nis\u0007 gone", {
  file: "001_\u202eslq.sql",
  line: 1,
  column: 8,
  excerpt: "SELECT \u001b[2J1;\n       ^",
  sqlstate: "\u001b[0m",
  detail: "a\tb\u0000",
  hint: "\u009b31m",
  where: "line 1\u2028line 2",
});
const nasty = "\u001b]0;title\u0007x";

const REPORTS: Readonly<Record<string, Report>> = {
  up: {
    command: "up",
    ...sampleHead({
      run_id: nasty,
      status: "failed",
      error,
      warnings: [sampleFault("not-recorded", nasty, { remedy: nasty })],
      bundle: { name: nasty, version: nasty, digest: nasty, source: nasty, migrations: 1 },
      target: { host: nasty, port: 1, database: nasty, server_version: nasty },
      steps: [
        sampleStep(nasty, nasty, {
          status: "failed",
          error,
          checks: [{ name: nasty, status: "fail", details: nasty }],
          results: [{ columns: [nasty], rows: [[nasty]], row_count: 1 }],
        }),
      ],
    }),
  },
  status: {
    command: "status",
    applied: [{ ...sampleMigration("001", nasty, nasty), label: nasty }],
    pending: [],
    changed: [],
    missing: [],
    unverified: [{ ...sampleMigration("002", nasty, nasty), label: nasty }],
    partial: [{ version: "3", label: nasty, name: nasty, direction: "up", done: 1, started: 2 }],
    repeatables: [{ name: nasty, state: "changed", applied_at: nasty }],
    running: sampleRun({ run_id: nasty, command: nasty, started_at: nasty, requested_by: nasty }),
    failed_runs: [sampleRun({ run_id: nasty, status: nasty, started_at: nasty, error: { message: nasty } })],
    ...sampleHead({ current_version: nasty }),
  },
  runs: {
    command: "runs",
    runs: [
      { ...sampleRun({ reason: nasty, bundle: nasty, bundle_version: nasty, error: nasty }), events: [] },
    ],
    ...sampleHead(),
  },
  check: { command: "check", files: [{ path: nasty, role: "up", statements: 1 }], ...sampleHead() },
  create: { command: "create", files: [{ path: nasty, role: "up", statements: 1 }], ...sampleHead() },
  plan: {
    command: "plan",
    of: "up",
    plan_digest: nasty,
    details: [],
    ...sampleHead({ steps: [sampleStep(nasty, nasty), sampleRepeat(nasty)] }),
  },
};

test.each(Object.entries(REPORTS))("nothing in a report of %s can steer a terminal", (_, report) => {
  for (const verbose of [false, true]) {
    const text = rendered(report, { verbose });
    expect(text).toContain("\\x1b]0;title\\x07");
    // Line feeds are ours.
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u);
  }
});

test("escape sequences in a name, a message and an excerpt are made visible, the caret still in its place", () => {
  const step = sampleStep("001", "x\u001b[1A", { status: "failed", error });
  expect(
    rendered({ command: "up", ...sampleHead({ status: "failed", steps: [step], error }) }),
  ).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  x\\x1b[1A   FAILED   41 ms
           error: column \\x1b[31mred\\x1b[0m
             is\\x07 gone
             001_\\u202eslq.sql:1:8
               SELECT \\x1b[2J1;
                      ^
             sqlstate: \\x1b[0m
             detail: a\\tb\\x00
             hint: \\x9b31m
             where: line 1\\u2028line 2
             remedy: Correct the SQL at the place shown; nothing of this step was kept.  [sql-error]
    1 failed (001 x\\x1b[1A), 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
});

const colourful: Report = {
  command: "up",
  ...sampleHead({
    status: "failed",
    steps: [
      sampleStep("001", "a", { checks: passes(1) }),
      sampleStep("002", "b", { status: "failed", error }),
    ],
    warnings: [sampleFault("setting-left", "work_mem was left behind.")],
    error,
  }),
};

test("colour only where it is asked for, and it changes nothing but colour", () => {
  const plain = rendered(colourful);
  const coloured = rendered(colourful, { color: true });
  expect(plain).not.toContain("\u001b");
  expect(coloured).toContain("\u001b[32mdone\u001b[0m");
  expect(coloured).toContain("\u001b[31mFAILED\u001b[0m");
  expect(coloured).toContain("\u001b[33mwarning:\u001b[0m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(plain);
});

test("on a narrow terminal the head takes two lines, and long names are cut", () => {
  const steps = [
    sampleStep("001", "initial_schema", { checks: passes(12) }),
    sampleStep("20250102_120000", "a_name_that_would_not_fit_into_any_terminal_of_this_width", {
      checks: passes(4),
    }),
  ];
  const text = rendered({ command: "up", ...sampleHead({ steps }) }, { width: 80 });
  expect(text).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)
      ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001              initial_schema                       done   41 ms   12 checks
      20250102_120000  a_name_that_would_not_fit_into_...   done   41 ms    4 checks
    2 applied, 16 checks passed, 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
  const table = text.split("\n").filter((line) => /^ {2}\d/.test(line));
  expect(table.map((line) => line.length <= 80)).toEqual([true, true]);
});

test("wide characters count two columns", () => {
  const steps = [sampleStep("001", "学生テーブル"), sampleStep("002", "students_tab")];
  expect(rendered({ command: "up", ...sampleHead({ steps }) })).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  学生テーブル   done   41 ms   no checks
      002  students_tab   done   41 ms   no checks
    2 applied, 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
});

test("an address with colons stands in brackets, and a server that is not known yet is left out", () => {
  const target = { host: "::1", port: 5433, database: "paws360", server_version: null };
  expect(rendered({ command: "demo", ...sampleHead({ bundle: null, target }) })).toBe("paws360@[::1]:5433\n");
});
