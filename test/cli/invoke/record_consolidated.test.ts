import { expect, it } from "vitest";
import type { Order } from "../../../cli/invoke/order.ts";
import { recordConsolidated } from "../../../cli/invoke/record_consolidated.ts";
import { died, playedEdge, returned, threw } from "../../support/played_edge.ts";
import { expectValidReport } from "../../support/report_schema.ts";
import { sampleFault, sampleHead } from "../../support/sample_reports.ts";

const address = { name: "p-apply", qualifier: "live", region: null };
const ORDER: Order = {
  verb: "apply",
  address,
  status: { ...address, name: "p-status" },
  event: { record_consolidated: true, reason: "why" },
  run_id: "r1",
  chosen_id: false,
  dry_run_id: "dry-1",
  how_to_look: "`look`",
  agree: null,
};
const REPORT = {
  command: "consolidate",
  consolidated: [{ version: "2", label: "2", name: "both", replaces: [] }],
  done: true,
  files_written: [],
  files_moved: [],
  objects_compared: null,
  ...sampleHead({ run_id: "r1" }),
};
const LOST = { kind: "lost", fault: sampleFault("lambda-unreachable", "no answer") } as const;

it("is one invocation, whose report is the answer", async () => {
  const edge = playedEdge(() => returned(REPORT));
  expect(await recordConsolidated(edge, ORDER)).toEqual(REPORT);
  expect(edge.asked).toMatchObject([
    { until: "answer", address, event: { record_consolidated: true, reason: "why", run_id: "r1" } },
  ]);
});

it("is asked again where no answer came: twice is as good as once", async () => {
  const edge = playedEdge(() => (edge.asked.length < 2 ? LOST : returned(REPORT)));
  expect(await recordConsolidated(edge, ORDER)).toEqual(REPORT);
  expect(edge.asked).toHaveLength(2);
});

it.each([
  ["refused", threw("refused", "run r1: partly-consolidated: only some"), "partly-consolidated"],
  ["unknown", died("Sandbox.Timedout", "Task timed out"), "function-died"],
  ["unreachable", LOST, "lambda-unreachable"],
  // What a function of an older release makes of it.
  ["bad_input", threw("bad_input", "run r1: bad-event: record_consolidated is no field"), "bad-event"],
  ["unknown", returned({ command: "up", ...sampleHead() }), "answer-unreadable"],
])("what does not end well is told as %s", async (status, invoked, code) => {
  const report = await recordConsolidated(
    playedEdge(() => invoked),
    ORDER,
  );
  expect(report).toMatchObject({ command: "consolidate", run_id: "r1", status, error: { code } });
  expectValidReport(report);
});

it("interrupted, it says that it may be recorded", async () => {
  const edge = playedEdge(() => returned(REPORT));
  edge.stop();
  const report = await recordConsolidated(edge, ORDER);
  expect(report).toMatchObject({ status: "interrupted", error: { code: "interrupted" } });
  expect(report.error?.message).toContain("may be recorded");
});
