import type { ReportHead } from "./report.ts";

/** A file as `create` wrote it, or as `check` found it. */
export interface ListedFile {
  readonly path: string;
  readonly role: "up" | "repeatable" | "rollback" | "verify";
  readonly statements: number | null;
}

export interface FilesReport extends ReportHead {
  readonly command: "create" | "check";
  readonly files: readonly ListedFile[];
}

/** A file that `import` writes. */
export interface ImportedFile {
  /** From the new bundle's root. */
  readonly path: string;
  readonly role: "up" | "rollback" | "verify" | "repeatable" | "map";
  /** The other tool's file; null of what it does not have. */
  readonly from: string | null;
}

/** Which of another tool's migrations became which. */
export interface MappedMigration {
  /** null of a repeatable one. */
  readonly version: string | null;
  readonly name: string;
  /** What the other tool's history calls it. */
  readonly id: string;
  readonly path: string;
}

export interface ImportReport extends ReportHead {
  readonly command: "import";
  /** Whose layout the files have. */
  readonly tool: string;
  /** The folders as they were named. */
  readonly from: string;
  readonly to: string;
  readonly files: readonly ImportedFile[];
  readonly map: readonly MappedMigration[];
  /** What holds SQL or a migration and is not taken over, and why. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
  /** False of a dry run, and where something was refused. */
  readonly written: boolean;
}

/** An archive that was written to a file. */
export interface ArchiveReport extends ReportHead {
  readonly command: "bundle";
  /** As it was named. */
  readonly file: string;
  /** In bytes. */
  readonly size: number;
  /** Of the file's bytes, in hexadecimal digits. */
  readonly archive_sha256: string;
  /** False where the same bytes were there already. */
  readonly written: boolean;
}

/** A bundle in S3: what an event's `bundle` takes to mean this one and no other. */
export interface PublishedBundle {
  readonly name: string;
  readonly version: string;
  readonly key: string;
  readonly version_id: string;
  readonly archive_sha256: string;
  readonly digest: string;
}

export interface PublishReport extends ReportHead {
  readonly command: "publish";
  readonly bucket: string;
  readonly published: PublishedBundle;
  /** False where the same bytes were there already. */
  readonly written: boolean;
}
