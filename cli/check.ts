import { checkBundle } from "#engine/bundle/check.ts";
import { endingStatus } from "#engine/errors.ts";
import type { FilesReport } from "#engine/report.ts";
import { offlineOptions } from "#engine/run/prepare.ts";
import { bundleReport, emptyHead } from "#engine/run/report_head.ts";
import type { Verb } from "./call.ts";
import { readRunOptions } from "./run_options.ts";
import { openSource, withFolder } from "./source.ts";

export const run: Verb = async (call) => {
  const { run: options } = readRunOptions(call.options, call.terminal.env);
  const source = await openSource(withFolder(call));
  const bundle = await source.read(null);
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
