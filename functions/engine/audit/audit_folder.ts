import type { SourceFile } from "../bundle/bundle.ts";
import type { Fault } from "../errors.ts";

/** What the disk says of a file. */
export interface FileStats {
  readonly size: number;
  /** ISO 8601. */
  readonly modified: string;
}

/** A folder of SQL as it was read. */
export interface AuditedFolder {
  readonly files: readonly SourceFile[];
  readonly stats: ReadonlyMap<string, FileStats>;
  /** What could not be read: the audit goes on without it. */
  readonly faults: readonly Fault[];
}
