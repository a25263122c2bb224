import type { RecordedEvent } from "#engine/registry/read.ts";
import { recordedChecks } from "../render/recorded.ts";
import type { Edge } from "./edge.ts";
import type { SeenRun } from "./look.ts";

const DIRECTIONS: Readonly<Record<string, string>> = { apply: "up", rollback: "down", verify: "verify" };

/** Tells the steps of a run that is looked at again and again, each once. */
export function progressTeller(edge: Edge): (run: SeenRun) => void {
  let said = "";
  let told = 0;
  return (run) => {
    const events = run.events ?? [];
    for (const event of events.slice(told)) edge.emit(stepFinished(event));
    told = Math.max(told, events.length);
    const { done, planned } = run.progress ?? { done: 0, planned: 0 };
    const text = `run ${run.run_id}: ${done} of ${planned} steps done`;
    if (planned === 0 || text === said) return;
    said = text;
    edge.tell(text);
  };
}

const stepFinished = (event: RecordedEvent) =>
  ({
    type: "step-finished",
    label: event.label,
    name: event.name,
    direction: DIRECTIONS[event.action] ?? event.action,
    status: event.success ? "done" : "failed",
    duration_ms: event.duration_ms ?? 0,
    checks: recordedChecks(event.checks).length,
  }) as const;
