import type { Environment } from "#io/target_sources.ts";

/** The process's own streams and surroundings, so that a test can hand in others. */
export interface Terminal {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export const processTerminal = (): Terminal => ({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});

/** Whether somebody is there to be asked. */
export const isAttended = ({ stdin, stdout }: Terminal): boolean =>
  stdin.isTTY === true && stdout.isTTY === true;

/** Resolves when the text is out: a pipe may take its time, and the process must not end before. */
export function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}
