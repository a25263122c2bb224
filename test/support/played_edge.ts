import type { RunEvent } from "#engine/seam.ts";
import { errorName, type Status } from "#engine/status.ts";
import type { Invocation, Invoked } from "#io/lambda_client.ts";
import type { Edge } from "../../cli/invoke/edge.ts";

/** An invocation, with its event read. */
export interface Asked extends Invocation {
  readonly event: Readonly<Record<string, unknown>>;
  /** On the played clock, milliseconds. */
  readonly at_ms: number;
}

export interface PlayedEdge extends Edge {
  readonly asked: readonly Asked[];
  readonly told: readonly string[];
  readonly emitted: readonly RunEvent[];
  /** Ctrl-C. */
  stop(): void;
}

/** A Lambda that does as the test says, on a clock that only sleeping moves. */
export function playedEdge(play: (asked: Asked) => Invoked): PlayedEdge {
  let now = 0;
  const asked: Asked[] = [];
  const told: string[] = [];
  const emitted: RunEvent[] = [];
  const controller = new AbortController();
  return {
    asked,
    told,
    emitted,
    stop: () => controller.abort("SIGINT"),
    interrupt: controller.signal,
    lambda: {
      async invoke(invocation) {
        if (controller.signal.aborted) return { kind: "interrupted" };
        const one = { ...invocation, event: JSON.parse(invocation.payload), at_ms: now };
        asked.push(one);
        return play(one);
      },
    },
    monotonic_ms: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    tell: (text) => void told.push(text),
    emit: (event) => void emitted.push(event),
  };
}

export const returned = (value: unknown): Invoked => ({
  kind: "answered",
  function_error: null,
  payload: JSON.stringify(value),
});

/** A run that did not end ok, as a function says it. */
export const threw = (status: Exclude<Status, "ok">, message: string): Invoked => ({
  kind: "answered",
  function_error: "Unhandled",
  payload: JSON.stringify({ errorType: errorName(status), errorMessage: message }),
});

/** Lambda's own word. */
export const died = (errorType: string, errorMessage: string): Invoked => ({
  kind: "answered",
  function_error: "Unhandled",
  payload: JSON.stringify({ errorType, errorMessage }),
});
