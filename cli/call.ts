import type { Fault } from "#engine/errors.ts";
import type { Report } from "#engine/report.ts";
import type { Arguments } from "./arguments.ts";
import type { Output } from "./output.ts";
import type { Redactor } from "./redact.ts";
import type { Terminal } from "./terminal.ts";

/** What a verb is handed. */
export interface Call extends Arguments {
  readonly terminal: Terminal;
  readonly output: Output;
  readonly redactor: Redactor;
  /** Aborted by Ctrl-C and SIGTERM; `reason` is the signal's name. */
  readonly interrupt: AbortSignal;
  /** Adds warnings to the report. */
  warn(warnings: readonly Fault[]): void;
}

/** A verb: arguments to report. It throws a MigrationFault for what is wrong before a run begins. */
export type Verb = (call: Call) => Promise<Report>;
