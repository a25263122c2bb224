/** What an archive may be at most; past any of these it is refused before anything of it is used. */
export interface ArchiveLimits {
  /** Of the archive itself. */
  readonly archive_bytes: number;
  /** Folders count too. */
  readonly entries: number;
  /** Of one file, inflated. */
  readonly file_bytes: number;
  /** Of all files together, inflated. */
  readonly total_bytes: number;
  /** How many times its compressed size a file may have; below `ratio_from_bytes` nobody is harmed. */
  readonly ratio: number;
  readonly ratio_from_bytes: number;
}

/** A function with 1 GB of memory holds such an archive and its files; PAWS360 has 0.1 MB. */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  archive_bytes: 256 * 2 ** 20,
  entries: 20_000,
  file_bytes: 128 * 2 ** 20,
  total_bytes: 256 * 2 ** 20,
  ratio: 200,
  ratio_from_bytes: 2 ** 20,
};
