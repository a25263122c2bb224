import type { Command } from "commander";
import type { BareReport } from "#engine/report.ts";
import type { Verb } from "./call.ts";

/** A verb as the command line spells it, and the report it leads to. */
export interface VerbEntry {
  readonly report: BareReport["command"];
  /** Loaded only when it is called: what it needs takes longer to load than `--version` to answer. */
  readonly load: () => Promise<{ readonly run: Verb }>;
  readonly define: (command: Command) => void;
  /** Its report is what was asked for: no lines of progress come before it, and --quiet does not drop it. */
  readonly answers?: boolean;
  /** It reads no bundle: --bundle would say nothing. */
  readonly no_bundle?: true;
  /** A script of this repository, and no verb of the job. */
  readonly hidden?: true;
}
