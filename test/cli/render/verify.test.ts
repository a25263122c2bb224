import { expect, test } from "vitest";
import type { VerifyReport } from "#engine/report.ts";
import { rendered } from "../../support/rendered.ts";
import { passes, SAMPLE_ATTEMPT, sampleFault, sampleHead, sampleStep } from "../../support/sample_reports.ts";

const report = (more: Partial<VerifyReport>): VerifyReport => ({
  command: "verify",
  recorded: true,
  pending: 0,
  stuck_runs: [],
  integrity: null,
  ...sampleHead(),
  ...SAMPLE_ATTEMPT,
  ...more,
});
const step = (label: string, name: string, more: Parameters<typeof sampleStep>[2] = {}) =>
  sampleStep(label, name, { direction: "verify", lock_held_ms: null, ...more });

test("every step has its line, also one that fails and one without a script", () => {
  const error = sampleFault("check-failed", "1 of the checks failed: rows.", {
    file: "verify/002_verify.sql",
    remedy: "See the failed check.",
  });
  const steps = [
    step("001", "initial_schema", { checks: passes(12) }),
    step("002", "audit", {
      status: "failed",
      error,
      checks: [...passes(1), { name: "rows", status: "fail", details: "3" }],
    }),
    step("003", "indexes", { status: "skipped", duration_ms: null, tries: 0 }),
  ];
  expect(rendered(report({ status: "failed", steps, error }))).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  initial_schema   done      41 ms   12 checks
      002  audit            FAILED    41 ms    2 checks
           error: 1 of 2 checks failed.
             verify/002_verify.sql
             fail  rows: 3
             remedy: See the failed check.  [check-failed]
      003  indexes          skipped
           no verification script
    1 failed (002 audit), 1 verified, 1 skipped, 12 checks passed, 0.21 s. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
});

test("what was found of the schema stands below the steps", () => {
  const integrity = [
    ...passes(2),
    { name: "invalid indexes", status: "warning" as const, details: "a.broken\u001b[0m" },
  ];
  const steps = [step("001", "initial_schema", { checks: passes(1) })];
  expect(rendered(report({ steps, integrity }))).toContain(
    "\n  schema: 3 checks, 1 found something\n       warning  invalid indexes: a.broken",
  );
  expect(rendered(report({ steps, integrity }))).not.toContain("\u001b[0m");
  expect(rendered(report({ steps, integrity: passes(2) }))).toContain(
    "\n  schema: 2 checks, nothing found\n1 verified",
  );
  expect(rendered(report({ integrity: passes(2) }))).toContain(
    "\n  schema: 2 checks, nothing found\nnothing to verify",
  );
  expect(rendered(report({ steps }))).not.toContain("schema:");
});

test("says when it could not be recorded, and when there was nothing to verify", () => {
  const steps = [step("001", "initial_schema", { checks: passes(1) })];
  expect(rendered(report({ recorded: false, steps }))).toMatch(
    /\n1 verified, 1 check passed, not recorded, 0\.21 s\./,
  );
  expect(rendered(report({}))).toContain("\nnothing to verify: no migration is applied. Run ");
});
