import type { ArchiveReport, PublishReport } from "#engine/report_files.ts";
import { wholeReport } from "./parts.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";

/** Of `bundle`: whole values, which are there to be copied. */
export function renderArchive(report: ArchiveReport, look: Look): readonly string[] {
  const { file, size, archive_sha256, bundle, written } = report;
  const facts = { file, bytes: String(size), archive_sha256, digest: bundle?.digest ?? "" };
  const last = written ? "Written." : "The same bytes were there already.";
  return wholeReport(report, look, { table: lines(facts), last: [last] });
}

/** Of `publish`. */
export function renderPublish(report: PublishReport, look: Look): readonly string[] {
  const { bucket, published, written } = report;
  const { key, version_id, archive_sha256, digest } = published;
  const last = written ? "Published." : "The same bytes were published before.";
  return wholeReport(report, look, {
    table: lines({ bucket, key, version_id, archive_sha256, digest }),
    last: [last],
  });
}

const lines = (facts: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(facts).map(([name, value]) => `  ${`${name}:`.padEnd(17)}${printable(value)}`);
