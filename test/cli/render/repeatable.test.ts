import { expect, test } from "vitest";
import type { Report } from "#engine/report.ts";
import { progressText } from "../../../cli/render/progress_text.ts";
import { rendered } from "../../support/rendered.ts";
import {
  passes,
  SAMPLE_ATTEMPT,
  sampleEvent,
  sampleFault,
  sampleHead,
  sampleRepeat,
  sampleRun,
  sampleStep,
} from "../../support/sample_reports.ts";

/** A repeatable migration has no version to stand before its name. */
const steps = [sampleStep("007", "waitlist"), sampleRepeat("010_views", { checks: passes(2) })];
const at = "2025-07-13T12:00:00.123Z";

test.each<[string, Report, readonly string[]]>([
  [
    "up",
    { command: "up", ...sampleHead({ steps }), ...SAMPLE_ATTEMPT },
    ["  007  waitlist    done   41 ms   no checks", "  R    010_views   done   41 ms    2 checks"],
  ],
  [
    "up that failed",
    {
      command: "up",
      ...sampleHead({
        status: "failed",
        steps: [sampleRepeat("v", { status: "failed", error: sampleFault("sql-error", "no") })],
      }),
      ...SAMPLE_ATTEMPT,
    },
    ["1 failed (R v)"],
  ],
  [
    "plan",
    { command: "plan", of: "up", plan_digest: "", details: [], ...sampleHead({ run_id: null, steps }) },
    ["  007  waitlist    apply    4 statements", "  R    010_views   repeat   4 statements"],
  ],
  [
    "status",
    {
      command: "status",
      applied: [],
      pending: [],
      changed: [],
      missing: [],
      unverified: [],
      partial: [],
      repeatables: [
        { name: "010_views", state: "applied", applied_at: at },
        { name: "020_grants", state: "pending", applied_at: null },
        { name: "old", state: "missing", applied_at: at },
      ],
      running: null,
      failed_runs: [],
      ...sampleHead({ run_id: null }),
    },
    [
      "Repeatable Migrations:",
      "  010_views    applied                   2025-07-13 12:00:00 UTC",
      "  020_grants   pending",
      "  old          missing from the bundle   2025-07-13 12:00:00 UTC",
    ],
  ],
  [
    "runs --run",
    {
      command: "runs",
      runs: [
        {
          ...sampleRun({}),
          events: [sampleEvent({ version: null, label: "", name: "010_views", action: "repeat" })],
        },
      ],
      ...sampleHead({ run_id: null }),
    },
    ["  R  010_views   repeat   done"],
  ],
])("%s", (_, report, lines) => {
  const shown = rendered(report);
  for (const line of lines) expect(shown).toContain(line);
});

test("while it is at work", () => {
  const step = { label: "", name: "010_views" };
  expect(progressText({ type: "step-started", ...step, direction: "repeat" })).toBe("R 010_views: applying");
  const retried = {
    type: "step-retried",
    ...step,
    sqlstate: "55P03",
    tries: 1,
    again_in_ms: 100,
    blockers: [],
  } as const;
  expect(progressText(retried)).toContain("R 010_views: what it needs is locked");
});
