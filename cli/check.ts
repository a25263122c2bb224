import { checkBundle } from "#engine/bundle/check.ts";
import { statusOf } from "#engine/errors.ts";
import type { FilesReport } from "#engine/report.ts";
import { bundleReport, emptyHead } from "#engine/run/report_head.ts";
import type { Verb } from "./call.ts";
import { readRunOptions } from "./run_options.ts";
import { openSource, withFolder } from "./source.ts";

export const run: Verb = async (call) => {
  const { run: options } = readRunOptions(call.options);
  const source = await openSource(withFolder(call));
  const bundle = await source.read(null);
  const checked = await checkBundle(bundle, {
    allow: bundle.options.allow,
    history_schema: options.history_schema,
    under_role: options.role !== null,
  });
  const faults = options.strict ? [...checked.faults, ...checked.warnings] : checked.faults;
  const [first = null] = faults;
  const report: FilesReport = {
    ...emptyHead(new Date()),
    command: "check",
    // A warning that --strict made an error is one of the files too.
    status: first === null ? "ok" : statusOf(first) === "ok" ? "bad_input" : statusOf(first),
    bundle: bundleReport(bundle),
    files: checked.files,
    refusals: faults,
    warnings: options.strict ? [] : checked.warnings,
    error: first,
  };
  return report;
};
