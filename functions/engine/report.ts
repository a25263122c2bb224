import type { AuditReport } from "./audit/audit_report.ts";
import type { Header } from "./bundle/bundle.ts";
import type { Fault } from "./errors.ts";
import type { RecordedEvent, RecordedRun, RunProgress } from "./registry/read.ts";
import type { ArchiveReport, FilesReport, ImportReport, PublishReport } from "./report_files.ts";
import type {
  AdoptReport,
  BaselineReport,
  ChecklistReport,
  ConsolidateReport,
  MarkReport,
  RepairReport,
} from "./report_settled.ts";
import type { Blocker } from "./seam.ts";
import type { Status } from "./status.ts";
import type { Check, ShownResult } from "./step/checks.ts";

export type StepStatus = "done" | "failed" | "not_run" | "skipped";

/** One planned step and what came of it. Versions are strings: JSON numbers end at 2^53. */
export interface StepReport {
  /** null of a repeatable migration, and its label is empty. */
  readonly version: string | null;
  readonly label: string;
  readonly name: string;
  readonly direction: "up" | "down" | "verify" | "repeat";
  readonly status: StepStatus;
  readonly duration_ms: number | null;
  readonly lock_wait_ms: number | null;
  readonly lock_held_ms: number | null;
  readonly statements: number | null;
  readonly tries: number;
  readonly checks: readonly Check[];
  readonly results: readonly ShownResult[];
  /** Who was seen in the way of its locks; empty also where nobody could be seen. */
  readonly blockers: readonly Blocker[];
  readonly error: Fault | null;
}

export interface BundleReport {
  readonly name: string;
  readonly version: string | null;
  readonly digest: string;
  readonly source: string;
  /** How many migrations it holds. */
  readonly migrations: number;
}

export interface TargetReport {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** null until connected. */
  readonly server_version: string | null;
}

/** What a report says of itself where it was too big for its way, and something was left out. */
export interface Cut {
  readonly steps_left_out: number;
  /** Of the whole report as JSON in UTF-8. */
  readonly bytes: number;
  /** The command line that shows the whole. */
  readonly see: string;
}

/** What every report begins with. */
export interface ReportHead {
  readonly run_id: string | null;
  readonly status: Status;
  readonly bundle: BundleReport | null;
  readonly target: TargetReport | null;
  readonly current_version: string | null;
  readonly steps: readonly StepReport[];
  readonly refusals: readonly Fault[];
  readonly warnings: readonly Fault[];
  readonly error: Fault | null;
  /** ISO 8601, UTC. */
  readonly started_at: string;
  readonly finished_at: string;
  readonly duration_ms: number;
  /** Only where something was left out. */
  readonly cut?: Cut;
}

/** How a report came to be, of what is recorded under a run id. */
export interface Attempted {
  /** It is the stored report of a run that had ended before; nothing was done now. */
  readonly replayed: boolean;
  /** All of the run had been done by an attempt that died before it could say so; nothing was left to do. */
  readonly recovered: boolean;
  /** Which attempt of the run this is, from 1; null where none is recorded. */
  readonly attempt: number | null;
}

/** Rows of a table, before and after a run; null where it was not there, or could not be counted. */
export interface RowCount {
  /** As SQL spells it, with its schema. */
  readonly relation: string;
  readonly before: number | null;
  readonly after: number | null;
}

/** Of `up` and `rollback`. */
export interface ChangeReport extends ReportHead, Attempted {
  readonly command: "up" | "rollback";
  /** Only where rows were to be counted. */
  readonly row_counts?: readonly RowCount[];
}

export interface VerifyReport extends ReportHead, Attempted {
  readonly command: "verify";
  /** Whether the run could be written down; false where the login may not. */
  readonly recorded: boolean;
  /** How many migrations of the bundle are not applied, with repeatable ones that are due; null where the history was not read. */
  readonly pending: number | null;
  /** Ids of runs whose row is open and whose backend is gone: the next run goes on with them. */
  readonly stuck_runs: readonly string[];
  /** What verify_schema_integrity() found; null where it was not asked, or could not be. */
  readonly integrity: readonly Check[] | null;
}

/** What a migration's file says of itself: its header's keys and its directives. */
export interface StepDetail {
  readonly label: string;
  readonly header: Header;
  /** A directive's or the file's own; null for the limits by class of statement. */
  readonly lock_timeout_ms: number | null;
  readonly statement_timeout_ms: number | null;
  /** What it is known to take, as its header says or as it took before, whichever is longer; null where nothing is known. */
  readonly known_duration_ms: number | null;
  /** The reason why it cannot be rolled back, where the file gives one. */
  readonly irreversible: string | null;
  /** It runs statement by statement, outside of a transaction. */
  readonly no_transaction: boolean;
  /** Of these nothing shows whether they took effect: a run that ends within one runs it again. `VACUUM in line 3`. */
  readonly run_again: readonly string[];
}

export interface PlanReport extends ReportHead {
  readonly command: "plan";
  readonly of: "up" | "rollback";
  /** sha256 (hex) of the ordered steps: equal plans have equal digests. */
  readonly plan_digest: string;
  /** What the files say of the steps, in their order. */
  readonly details: readonly StepDetail[];
}

/** A migration as `status` lists it. */
export interface ListedMigration {
  readonly version: string;
  readonly label: string;
  readonly name: string;
  readonly applied_at: string | null;
  readonly duration_ms: number | null;
  /** How it came to be applied where no run applied it: `adopted`, `baseline`, ...; null where one did. */
  readonly origin: string | null;
  /** Who applied it, as the other tool says whose history was adopted. */
  readonly applied_by: string | null;
}

/** A migration without a version, as `status` lists it: the next `up` applies what is pending or changed. */
export interface ListedRepeatable {
  readonly name: string;
  /** `pending` also where a rollback came behind it; `missing` from the bundle. */
  readonly state: "applied" | "pending" | "changed" | "missing";
  /** When it was applied last. */
  readonly applied_at: string | null;
}

/** A migration of which statements were begun outside a transaction, and which is not finished. */
export interface PartialMigration {
  readonly version: string;
  readonly label: string;
  readonly name: string;
  readonly direction: "up" | "down";
  /** How many of its statements are done. */
  readonly done: number;
  /** How many were begun and are not known to be done. */
  readonly started: number;
}

export interface StatusReport extends ReportHead {
  readonly command: "status";
  readonly applied: readonly ListedMigration[];
  readonly pending: readonly ListedMigration[];
  readonly changed: readonly ListedMigration[];
  readonly missing: readonly ListedMigration[];
  /** Applied, and their verification has not passed. */
  readonly unverified: readonly ListedMigration[];
  readonly repeatables: readonly ListedRepeatable[];
  readonly partial: readonly PartialMigration[];
  readonly running: RecordedRun | null;
  readonly failed_runs: readonly RecordedRun[];
}

export interface RunsReport extends ReportHead {
  readonly command: "runs";
  readonly runs: readonly (RecordedRun &
    Partial<RunProgress> & { readonly events?: readonly RecordedEvent[] })[];
}

/** Of `demo`, and of whatever ended before a verb had begun (a bad argument, a bundle that cannot be read). */
export interface BareReport extends ReportHead {
  readonly command:
    | "demo"
    | "up"
    | "rollback"
    | "verify"
    | "plan"
    | "status"
    | "runs"
    | "mark"
    | "checklist"
    | "adopt"
    | "baseline"
    | "repair"
    | "consolidate"
    | "create"
    | "check"
    | "audit"
    | "bundle"
    | "import"
    | "publish"
    | "invoke"
    | "help";
}

export type Report =
  | ChangeReport
  | VerifyReport
  | PlanReport
  | StatusReport
  | RunsReport
  | MarkReport
  | ChecklistReport
  | AdoptReport
  | BaselineReport
  | RepairReport
  | ConsolidateReport
  | FilesReport
  | ImportReport
  | AuditReport
  | ArchiveReport
  | PublishReport
  | BareReport;

/** Milliseconds as reports and tables hold them: three decimals. */
export const milliseconds = (value: number): number => Math.round(value * 1000) / 1000;
