import { resolve } from "node:path";
import { endingStatus } from "#engine/errors.ts";
import { planImport } from "#engine/layouts/import.ts";
import type { Tool } from "#engine/layouts/pile.ts";
import { readPile } from "#engine/layouts/read_pile.ts";
import type { ImportReport } from "#engine/report_files.ts";
import { emptyHead } from "#engine/run/report_head.ts";
import { loadParser } from "#engine/script/script.ts";
import { expectNewFolder } from "#io/new_folder.ts";
import { readPileFolder } from "#io/pile_folder.ts";
import { writeFiles } from "#io/write_files.ts";
import type { Verb } from "./call.ts";
import { finished } from "./finished.ts";

export const run: Verb = async ({ words, options, terminal }) => {
  const started = new Date();
  const [from = ""] = words;
  const to = String(options.to);
  const target = resolve(terminal.cwd, to);
  expectNewFolder(target, to);
  const folder = readPileFolder(resolve(terminal.cwd, from));
  await loadParser();
  const pile = readPile(folder.files, (options.from as Tool | undefined) ?? null, folder.path);
  const { bundle, refusals, warnings } = planImport(pile, options.skip === true);
  const [first = null] = refusals;
  const writes = first === null && options.dryRun !== true;
  if (writes) writeFiles(target, bundle.files);
  const report: ImportReport = {
    ...emptyHead(started),
    command: "import",
    status: first === null ? "ok" : endingStatus(first),
    tool: pile.tool,
    from,
    to,
    files: bundle.files.map(({ path, role, from: source }) => ({ path, role, from: source })),
    map: bundle.migrations.map((one) => ({
      ...one,
      version: one.version === null ? null : String(one.version),
    })),
    left: pile.left,
    refusals,
    warnings,
    error: first,
    written: writes,
    ...finished(started),
  };
  return report;
};
