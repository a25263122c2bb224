import type { OfFiles } from "./registry/repaired.ts";
import type { ReportHead } from "./report.ts";

export interface MarkReport extends ReportHead {
  readonly command: "mark";
  readonly version: string;
  readonly to: "applied" | "pending";
  /** False where it was so already. */
  readonly marked: boolean;
}

/** One thing to be looked after. `ask`: no program can know, a person ticks it. */
export interface ChecklistItem {
  readonly code: string;
  readonly asks: string;
  readonly status: "pass" | "warning" | "fail" | "ask";
  readonly details: string | null;
}

export interface ChecklistReport extends ReportHead {
  readonly command: "checklist";
  readonly phase: "pre" | "during" | "post";
  /** The run it was gone through for; null for none. */
  readonly run: string | null;
  readonly items: readonly ChecklistItem[];
  /** Whether it was written down with the run. */
  readonly recorded: boolean;
}

/** A migration as another tool's history has it. */
export interface AdoptedRow {
  readonly version: string;
  readonly label: string;
  readonly name: string;
  /** What the other tool calls it, or the one by which it is implied. */
  readonly id: string;
  readonly applied_at: string | null;
  readonly applied_by: string | null;
}

export interface AdoptReport extends ReportHead {
  readonly command: "adopt";
  /** The other tool; null where none was found. */
  readonly from: string | null;
  /** Its table. */
  readonly table: string | null;
  /** What its table is called from now on; null where it keeps its name. */
  readonly renamed_to: string | null;
  /** In the order in which they were applied; also where they were only planned. */
  readonly adopted: readonly AdoptedRow[];
  /** Names of repeatable migrations, of which nothing is recorded. */
  readonly repeatables: readonly string[];
  /** False where nothing was done: a dry run, or a refusal. */
  readonly written: boolean;
}

/** A migration that is taken for applied. */
export type BaselineRow = Pick<AdoptedRow, "version" | "label" | "name">;

export interface BaselineReport extends ReportHead {
  readonly command: "baseline";
  readonly version: string;
  readonly baselined: readonly BaselineRow[];
  readonly written: boolean;
}

/** What is recorded of a migration's files, before and after. */
export interface RepairedRow {
  readonly version: string;
  readonly label: string;
  readonly name: string;
  readonly before: OfFiles;
  readonly after: OfFiles;
}

export interface RepairReport extends ReportHead {
  readonly command: "repair";
  /** Also where they were only planned. */
  readonly repaired: readonly RepairedRow[];
  readonly written: boolean;
}

/** One migration in the place of others. */
export interface ConsolidatedMigration {
  readonly version: string;
  readonly label: string;
  readonly name: string;
  readonly replaces: readonly { readonly version: string; readonly label: string; readonly name: string }[];
}

export interface ConsolidateReport extends ReportHead {
  readonly command: "consolidate";
  /** What was made of the files, or recorded in the database; empty where there was nothing to record. */
  readonly consolidated: readonly ConsolidatedMigration[];
  /** Whether files were written and moved, or the history changed: false after a dry run, and where nothing was to be recorded. */
  readonly done: boolean;
  /** Paths from the bundle's root; empty of `--record`. */
  readonly files_written: readonly string[];
  readonly files_moved: readonly { readonly from: string; readonly to: string }[];
  /** How many objects of the schema were compared and are equal; null of `--record`. */
  readonly objects_compared: number | null;
}
