import type { ObjectChange } from "./object_kinds.ts";

/** What a file is to its pile. */
export type FileRole = "migration" | "repeatable" | "rollback" | "verify" | "other";

/** A file as the audit found it. */
export interface AuditedFile {
  /** From the folder, with `/`. */
  readonly path: string;
  readonly role: FileRole;
  /** What its tool calls the migrations in it; of a script of a migration, that one. */
  readonly migrations: readonly string[];
  /** The name it should have by the convention, without folder and ending; null where it has it, or needs none. */
  readonly proposed_name: string | null;
  /** In bytes. */
  readonly size: number;
  /** ISO 8601; null where neither name nor disk tell. */
  readonly date: string | null;
  readonly date_from: "name" | "file" | null;
  /** null where the file is no text. */
  readonly statements: number | null;
  readonly objects: readonly AuditedObject[];
  /** The file that undoes it, which may be itself; null where there is none, or it is no migration. */
  readonly rollback: string | null;
  readonly verification: string | null;
}

/** As `objects` lists it: names as SQL spells them, with the schema where one is written. */
export interface AuditedObject extends Pick<ObjectChange, "kind" | "change"> {
  readonly name: string;
  /** The table that an index, a policy, a trigger or a rule belongs to. */
  readonly on: string | null;
}
