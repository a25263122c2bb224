import { createInterface } from "node:readline";
import type { Call } from "./call.ts";

/** Asks on stderr and waits for a line; anything but y or yes is a no, and so is the end of the input. */
export function ask(
  { terminal, output, interrupt }: Call,
  question: string,
): Promise<"yes" | "no" | "interrupted"> {
  return new Promise((resolve) => {
    // Without raw mode Ctrl-C stays a signal, as everywhere else.
    const lines = createInterface({ input: terminal.stdin, terminal: false });
    const end = (answer: "yes" | "no" | "interrupted"): void => {
      interrupt.removeEventListener("abort", stop);
      lines.removeAllListeners("close");
      lines.close();
      resolve(answer);
    };
    const unanswered = (outcome: "no" | "interrupted"): void => {
      output.ask("\n");
      end(outcome);
    };
    const stop = (): void => unanswered("interrupted");
    interrupt.addEventListener("abort", stop);
    lines.once("line", (line) => end(/^\s*y(es)?\s*$/i.test(line) ? "yes" : "no"));
    lines.once("close", () => unanswered("no"));
    output.ask(question);
    if (interrupt.aborted) stop();
  });
}
