import type { Bundle } from "#engine/bundle/bundle.ts";
import { checkBundle } from "#engine/bundle/check.ts";
import { endingStatus, MigrationFault } from "#engine/errors.ts";
import type { FilesReport } from "#engine/report_files.ts";
import { offlineOptions } from "#engine/run/prepare.ts";
import { bundleReport, emptyHead } from "#engine/run/report_head.ts";
import type { Call, Verb } from "./call.ts";
import { withNameHint } from "./name_hint.ts";
import { refuseUndeclared } from "./named_placeholders.ts";
import { readRunOptions } from "./run_options.ts";
import { bundleFolder, openSource, withFolder } from "./source.ts";

export const run: Verb = async (call) => {
  const { run: options } = readRunOptions(call.options, call.terminal.env);
  const bundle = await bundleOf(call);
  refuseUndeclared(bundle, options.placeholders);
  const checked = await checkBundle(bundle, offlineOptions(bundle, options));
  const faults = options.strict ? [...checked.faults, ...checked.warnings] : checked.faults;
  const [first = null] = faults;
  const report: FilesReport = {
    ...emptyHead(new Date()),
    command: "check",
    status: first === null ? "ok" : endingStatus(first),
    bundle: bundleReport(bundle),
    files: checked.files,
    refusals: faults,
    warnings: options.strict ? [] : checked.warnings,
    error: first,
  };
  return report;
};

async function bundleOf(call: Call): Promise<Bundle> {
  const there = withFolder(call);
  try {
    const source = await openSource(there);
    return await source.read(null);
  } catch (error) {
    // An archive is no folder to look through.
    if (!(error instanceof MigrationFault) || call.options.bundle !== undefined) throw error;
    throw withNameHint(error, call.words[0] ?? call.options.dir ?? bundleFolder(there));
  }
}
