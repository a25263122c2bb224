import type { Holder, RunEvent } from "#engine/seam.ts";
import { blockersText } from "#engine/watch/blockers.ts";
import { labelText } from "./label_text.ts";
import { printable } from "./printable.ts";
import { counted, durationText } from "./time_text.ts";

const DOING: Readonly<Record<string, string>> = {
  up: "applying",
  down: "rolling back",
  verify: "verifying",
  repeat: "applying",
};

/** Why a step is tried again. */
const REASONS: Readonly<Record<string, string>> = {
  "55P03": "what it needs is locked",
  "40P01": "deadlock",
  "40001": "serialization failure",
};

/** One event as one printable line. */
export function progressText(event: RunEvent): string {
  switch (event.type) {
    case "connected":
      return `connected to ${printable(event.database)} (PostgreSQL ${printable(event.server_version)})`;
    case "waiting-for-lock": {
      const so_far = event.waited_ms < 1000 ? "" : ` (${durationText(event.waited_ms)} so far)`;
      return `waiting for another run${so_far}: ${printable(event.holder)}`;
    }
    case "reconnecting":
      return `the connection was lost; connecting again: ${printable(event.reason)}`;
    case "planned":
      return `run ${printable(event.run_id)}: ${counted(event.steps.length, "step")} planned`;
    case "step-started":
      return `${stepText(event)}: ${DOING[event.direction] ?? printable(event.direction)}`;
    case "step-retried": {
      const why = REASONS[event.sqlstate] ?? "it failed";
      const tries = counted(event.tries, "try", "tries");
      const by = event.blockers.length === 0 ? "" : `; in the way: ${blockersText(event.blockers)}`;
      return `${event.label === "" ? stepText(event) : printable(event.label)}: ${why} (${printable(event.sqlstate)}), ${tries} so far; again in ${durationText(event.again_in_ms)}${printable(by)}`;
    }
    case "progress": {
      const which = event.statement === null ? "" : ` (statement ${event.statement})`;
      const percent = event.percent === null ? "" : `, ${event.percent.toFixed(1)} %`;
      return `${stepText(event)}${which}: ${printable(event.phase)}${percent}`;
    }
    case "waiting-for-transactions": {
      const who = event.holders.map(holderText).join(", ");
      return `${printable(event.label)}: does not start behind ${who}`;
    }
    case "step-finished": {
      const checks = event.checks === 0 ? "" : `, ${counted(event.checks, "check")}`;
      return `${stepText(event)}: ${event.status}, ${durationText(event.duration_ms)}${checks}`;
    }
    case "notice":
      return `${printable(event.severity.toLowerCase())}: ${printable(event.message)}`;
  }
}

function holderText({ pid, application, age_ms, hidden }: Holder): string {
  const who = pid === null ? `prepared transaction ${printable(application ?? "")}` : `pid ${pid}`;
  const what = [
    ...(pid === null || !application ? [] : [printable(application)]),
    ...(age_ms === null ? [] : [durationText(age_ms)]),
    ...(hidden ? ["what it does is hidden from this role"] : []),
  ];
  return what.length === 0 ? who : `${who} (${what.join(", ")})`;
}

const stepText = (step: { readonly label: string; readonly name: string }): string =>
  `${labelText(step)} ${printable(step.name)}`;
