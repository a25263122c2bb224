import type { RunEvent } from "#engine/seam.ts";
import type { Invocation, Invoked, Lambda } from "#io/lambda_client.ts";

/** What an invocation is done with: Lambda, time, and the terminal. */
export interface Edge {
  readonly lambda: Lambda;
  /** Milliseconds that only go forward. */
  monotonic_ms(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  readonly interrupt: AbortSignal;
  /** Beside the result. */
  tell(text: string): void;
  /** Progress. */
  emit(event: RunEvent): void;
}

const TRIES = 3;
const FIRST_PAUSE_MS = 500;

/** Invokes what only reads: asked again where Lambda did not answer, for nothing can happen twice. */
export async function ask(edge: Edge, invocation: Omit<Invocation, "until">): Promise<Invoked> {
  for (let tries = 1, pause = FIRST_PAUSE_MS; ; tries++, pause *= 2) {
    const invoked = await edge.lambda.invoke({ ...invocation, until: "answer" }, edge.interrupt);
    if (tries === TRIES || !mayPass(invoked)) return invoked;
    await edge.sleep(pause, edge.interrupt);
  }
}

/** Whether another try a moment later may go better. */
const mayPass = (invoked: Invoked): boolean =>
  invoked.kind === "lost" || (invoked.kind === "refused" && invoked.fault.code === "invoke-throttled");
