import { resolve } from "node:path";
import type { ArchiveReport } from "#engine/report_files.ts";
import { bundleReport, emptyHead } from "#engine/run/report_head.ts";
import { replaceArchive } from "#io/bundles/archive_file.ts";
import { archiveOf } from "./archive_of.ts";
import type { Verb } from "./call.ts";
import { finished } from "./finished.ts";

export const run: Verb = async (call) => {
  const started = new Date();
  const file = String(call.options.out);
  const { bytes, archive_sha256, bundle } = await archiveOf(call, "any");
  const written = replaceArchive(resolve(call.terminal.cwd, file), bytes);
  const report: ArchiveReport = {
    ...emptyHead(started),
    command: "bundle",
    bundle: bundleReport(bundle),
    file,
    size: bytes.length,
    archive_sha256,
    written,
    ...finished(started),
  };
  return report;
};
