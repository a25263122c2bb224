import type { RunEvent } from "#engine/seam.ts";
import { cutTo } from "./display_width.ts";
import { palette } from "./paint.ts";
import { progressText } from "./progress_text.ts";

export interface ProgressStyle {
  /** One line that is written again and again; else a line for each event. */
  readonly live: boolean;
  readonly color: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Shows a run while it lasts. `done` takes the live line away, so that the report stands alone. */
export interface Progress {
  event(event: RunEvent): void;
  done(): void;
}

const TO_START_AND_CLEAR = "\r\u001b[K";
/** Who waits is told again, and how far a statement is, but not at every poll. */
const REMINDER_MS = 10_000;

/** Progress of a run on `stream`, which is stderr. */
export function makeProgress(stream: NodeJS.WriteStream, style: ProgressStyle): Progress {
  if (style.quiet) return { event: () => {}, done: () => {} };
  const { careful, faint } = palette(style.color);
  const place = stepPlace();
  const tell = reminder();
  let live = "";

  const line = (text: string): void => {
    stream.write(live === "" ? `${text}\n` : `${TO_START_AND_CLEAR}${text}\n${faint(live)}`);
  };
  const draw = (text: string): void => {
    // The last column stays free: a full line would break, and could not be taken back.
    live = cutTo(text, (stream.columns || 80) - 1);
    stream.write(`${TO_START_AND_CLEAR}${faint(live)}`);
  };

  return {
    event(event) {
      const at = place(event);
      const text = progressText(event);
      if (event.type === "notice") {
        const warning = event.severity === "WARNING";
        if (warning || style.verbose) line(warning ? careful(text) : text);
      } else if (event.type === "step-retried") line(text);
      else if (!style.live) {
        if (tell(event)) line(text);
      } else if (at !== null) draw(`${at}${text}`);
    },
    done() {
      if (live !== "") stream.write(TO_START_AND_CLEAR);
      live = "";
    },
  };
}

/**
 * `[3/7] ` of the step that is at work, or null where an event is not to be drawn: a step begins before the one
 * before has been told to be done (both travel together), and the line must not go back.
 */
function stepPlace(): (event: RunEvent) => string | null {
  let steps = 0;
  let started = 0;
  let finished = 0;
  return (event) => {
    if (event.type === "planned") steps = event.steps.length;
    if (event.type === "step-started") started++;
    if (event.type === "step-finished" && ++finished < started) return null;
    return steps === 0 || started === 0 ? "" : `[${started}/${steps}] `;
  };
}

/** Whether an event deserves a line of its own. */
function reminder(): (event: RunEvent) => boolean {
  let told: Extract<RunEvent, { type: "waiting-for-lock" }> | null = null;
  let shown: { readonly step: string; readonly at_ms: number } | null = null;
  return (event) => {
    if (event.type === "progress") {
      const at_ms = performance.now();
      const step = `${event.label} ${event.name}`;
      if (shown?.step === step && at_ms < shown.at_ms + REMINDER_MS) return false;
      shown = { step, at_ms };
      return true;
    }
    if (event.type !== "waiting-for-lock") return true;
    if (told?.holder === event.holder && event.waited_ms < told.waited_ms + REMINDER_MS) return false;
    told = event;
    return true;
  };
}
