import { Logger } from "@aws-lambda-powertools/logger";
import { milliseconds } from "#engine/report.ts";
import type { RunSummary } from "#engine/run_summary.ts";
import type { RunEvent } from "#engine/seam.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One JSON object a line on stdout; its keys are stable. */
export interface RunLog {
  started(fields: Fields): void;
  event(event: RunEvent): void;
  finished(summary: RunSummary): void;
  /** A run that ended without a report, or what went wrong beside it. */
  trouble(level: "warn" | "error", message: string, fields: Fields): void;
}

/** `always`: what every line carries, beside its time and its level. */
export function openRunLog(always: Fields): RunLog {
  const logger = new Logger({ serviceName: "paws-migrate", persistentKeys: { ...always } });
  return {
    started: (fields) => logger.info("run started", { ...fields }),
    event: (event) => {
      const line = lineOf(event);
      if (line !== null) logger.info(line.message, { ...line.fields });
    },
    finished: (summary) => logger[summary.status === "ok" ? "info" : "error"]("run finished", { ...summary }),
    trouble: (level, message, fields) => logger[level](message, { ...fields }),
  };
}

/**
 * What of an event is logged. Notices and reasons are the server's words, a holder's name is another session's: none
 * of them is. Progress comes too often.
 */
function lineOf(event: RunEvent): { readonly message: string; readonly fields: Fields } | null {
  switch (event.type) {
    case "connected":
      return { message: "connected", fields: { server_version: event.server_version } };
    case "planned":
      return { message: "planned", fields: { steps: event.steps.length } };
    case "waiting-for-lock":
      return { message: "waiting for another run", fields: { waited_ms: milliseconds(event.waited_ms) } };
    case "waiting-for-transactions": {
      const { label, holders, waited_ms } = event;
      const pids = holders.map(({ pid }) => pid);
      return {
        message: "waiting for transactions",
        fields: { label, pids, waited_ms: milliseconds(waited_ms) },
      };
    }
    case "reconnecting":
      return { message: "connecting again", fields: {} };
    case "step-started": {
      const { label, name, direction } = event;
      return { message: "step started", fields: { label, name, direction } };
    }
    case "step-retried": {
      const { label, name, sqlstate, tries, again_in_ms, blockers } = event;
      const pids = blockers.map(({ pid }) => pid);
      return {
        message: "step tried again",
        fields: { label, name, sqlstate, tries, again_in_ms: milliseconds(again_in_ms), pids },
      };
    }
    case "step-finished": {
      const { label, name, direction, status, duration_ms, checks } = event;
      return {
        message: "step finished",
        fields: { label, name, direction, status, duration_ms: milliseconds(duration_ms), checks },
      };
    }
    case "progress":
    case "notice":
      return null;
  }
}
