import { exitStatus } from "#engine/status.ts";

/** Ctrl-C and SIGTERM, the first of which asks for a clean end. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** The signal that came, for the exit status. */
  readonly came: () => "SIGINT" | "SIGTERM";
}

/** Listens to the process's signals: the first one aborts, the second one ends the process at once. */
export function listenForInterrupts(): Interrupt {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitStatus("interrupted", name));
      controller.abort(name);
    });
  }
  return {
    signal: controller.signal,
    came: () => (controller.signal.reason === "SIGTERM" ? "SIGTERM" : "SIGINT"),
  };
}
