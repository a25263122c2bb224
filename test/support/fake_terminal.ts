import { PassThrough } from "node:stream";
import type { Interrupt } from "../../cli/interrupt.ts";
import type { Terminal } from "../../cli/terminal.ts";

/** Streams that a test reads and writes, as a terminal or as pipes. */
export interface FakeTerminal extends Terminal {
  /** What was written so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Types on stdin. */
  type(text: string): void;
  /** Resolves when stderr has held this. */
  said(pattern: RegExp): Promise<void>;
}

/** `attended`: stdin, stdout and stderr are a terminal. */
export function fakeTerminal(
  argv: readonly string[],
  {
    env = {},
    cwd = process.cwd(),
    attended = false,
  }: { env?: Terminal["env"]; cwd?: string; attended?: boolean } = {},
): FakeTerminal {
  const [stdin, stdout, stderr] = [stream(attended), stream(attended), stream(attended)];
  return {
    argv,
    env: { TERM: "dumb", ...env },
    cwd,
    stdin: stdin.stream as unknown as NodeJS.ReadStream,
    stdout: stdout.stream as unknown as NodeJS.WriteStream,
    stderr: stderr.stream as unknown as NodeJS.WriteStream,
    out: stdout.text,
    err: stderr.text,
    type: (text) => stdin.stream.write(text),
    said: (pattern) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!pattern.test(stderr.text())) return;
          clearInterval(timer);
          resolve();
        };
        const timer = setInterval(look, 5);
      }),
  };
}

function stream(isTTY: boolean) {
  const through = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  let text = "";
  const write = through.write.bind(through);
  // Kept beside the stream: reading it would take from who reads stdin.
  through.write = ((chunk: string, done?: () => void) => {
    text += chunk;
    const more = write(chunk);
    done?.();
    return more;
  }) as typeof through.write;
  return { stream: through, text: () => text };
}

/** Signals that a test gives by calling `come`. */
export function fakeInterrupt(): Interrupt & { come(name: "SIGINT" | "SIGTERM"): void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    came: () => (controller.signal.reason === "SIGTERM" ? "SIGTERM" : "SIGINT"),
    come: (name) => controller.abort(name),
  };
}
