import type { Fault } from "#engine/errors.ts";
import type { Report } from "#engine/report.ts";
import type { RunEvent } from "#engine/seam.ts";
import { ENVIRONMENT } from "#io/contract.ts";
import { type LogFile, openLog } from "./log_file.ts";
import type { CommonOptions } from "./options.ts";
import type { Redactor } from "./redact.ts";
import { printableLines } from "./render/printable.ts";
import { makeProgress } from "./render/progress.ts";
import { renderReport } from "./render/report.ts";
import { type Terminal, written } from "./terminal.ts";

/** Everything that is written goes through here, and nothing that is written holds a password. */
export interface Output {
  /** Progress: on stderr, and in the log. */
  event(event: RunEvent): void;
  /** Text beside the result: on stderr, without a live line. */
  tell(text: string): void;
  /** A question, where it is seen: on stderr, unless that is no terminal and stdout is. */
  ask(text: string): void;
  /** With --verbose, on stderr. */
  note(text: string): void;
  /** A part of the result in words; nothing with --json. */
  say(text: string): void;
  /** A report as text for this terminal. */
  render(report: Report): string;
  /** The result: on stdout, and in the log. */
  result(report: Report): Promise<void>;
  /** A log that cannot be written. */
  readonly warnings: readonly Fault[];
}

/** What decides how things are written. */
export interface OutputOptions extends Pick<CommonOptions, "json" | "quiet" | "verbose" | "color" | "log"> {
  /** The report is what was asked for, and not the account of what was done. */
  readonly answers?: boolean;
  /** `markdown`, of verbs that take it. */
  readonly format?: unknown;
}

/** Where there is no terminal, no line has to be broken. */
const NO_TERMINAL_WIDTH = 120;
export function openOutput(terminal: Terminal, options: OutputOptions, redactor: Redactor): Output {
  const { stdout, stderr, env } = terminal;
  const path = options.log ?? (env[ENVIRONMENT.log] || null);
  const opened = path === null ? null : openLog(path);
  const log: LogFile | null = opened !== null && "write" in opened ? opened : null;

  const wantsColor = options.color && !env[ENVIRONMENT.no_color] && env.TERM !== "dumb";
  const styleOf = (stream: NodeJS.WriteStream) => ({
    color: wantsColor && stream.isTTY === true,
    verbose: options.verbose === true,
    width: stream.columns || NO_TERMINAL_WIDTH,
    markdown: options.format === "markdown",
  });
  const live = stderr.isTTY === true && env.TERM !== "dumb";
  const quiet = options.quiet === true;
  const answers = options.answers === true;
  const progress = makeProgress(stderr, {
    ...styleOf(stderr),
    live,
    quiet: quiet || (answers && !live),
  });
  // It only writes, and asks for no width where nothing is live.
  const logged = log && makeProgress(log as unknown as NodeJS.WriteStream, LOG_STYLE);

  const tell = (text: string): void => {
    progress.done();
    stderr.write(`${printableLines(redactor.clean(text)).join("\n")}\n`);
  };
  return {
    event(event) {
      const clean = redactor.clean(
        event.type === "notice" ? { ...event, message: redactor.said(event.message) } : event,
      );
      progress.event(clean);
      logged?.event(clean);
    },
    tell,
    ask(text) {
      progress.done();
      const stream = stderr.isTTY === true || options.json === true ? stderr : stdout;
      stream.write(redactor.clean(text));
    },
    note(text) {
      if (options.verbose === true) tell(text);
    },
    say(text) {
      progress.done();
      if (options.json !== true && !quiet) stdout.write(redactor.clean(text));
    },
    render: (report) => renderReport(redactor.clean(report), styleOf(stdout)),
    async result(report) {
      progress.done();
      const clean = redactor.clean(report);
      if (log !== null) log.write(renderReport(clean, { ...LOG_STYLE, width: NO_TERMINAL_WIDTH }));
      log?.close();
      if (options.json === true) await written(stdout, `${JSON.stringify(clean)}\n`);
      else if (!quiet || report.status !== "ok" || answers) {
        const stream = isBrief(report) ? stderr : stdout;
        await written(stream, renderReport(clean, styleOf(stream)));
      }
      // Progress too has to be out before the process ends.
      await written(stderr, "");
    },
    warnings: opened !== null && "code" in opened ? [opened] : [],
  };
}

const LOG_STYLE = { live: false, color: false, quiet: false, verbose: true } as const;

/** Nothing to show but why nothing began: an error, and not what a script reads from stdout. */
const isBrief = (report: Report): boolean =>
  report.error !== null && report.target?.server_version == null && !("files" in report);
