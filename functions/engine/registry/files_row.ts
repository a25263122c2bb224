import type { Migration } from "../bundle/bundle.ts";

/** What the history keeps of a migration's files. */
export interface FilesRow {
  readonly version: bigint;
  readonly label: string;
  readonly name: string;
  readonly checksum: string;
  readonly checksum_raw: string;
  /** null without a rollback script. */
  readonly rollback_checksum: string | null;
}

export const filesRow = ({ version, label, name, up, rollback }: Migration): FilesRow => ({
  version,
  label,
  name,
  checksum: up.checksum,
  checksum_raw: up.checksum_raw,
  rollback_checksum: rollback?.checksum ?? null,
});
