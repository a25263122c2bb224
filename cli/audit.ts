import { audit } from "#engine/audit/audit.ts";
import type { AuditReport } from "#engine/audit/audit_report.ts";
import type { Tool } from "#engine/layouts/pile.ts";
import { readPile } from "#engine/layouts/read_pile.ts";
import { emptyHead } from "#engine/run/report_head.ts";
import { surveyPileFolder } from "#io/pile_folder.ts";
import type { Verb } from "./call.ts";
import { finished } from "./finished.ts";
import { bundleFolder, withFolder } from "./source.ts";

export const run: Verb = async (call) => {
  const started = new Date();
  const [word] = call.words;
  const path = bundleFolder(withFolder(call));
  const folder = surveyPileFolder(path);
  const pile = readPile(folder.files, (call.options.from as Tool | undefined) ?? null, folder.path);
  const shown = word ?? call.options.dir ?? path;
  const found = await audit(pile, folder, shown);
  const report: AuditReport = {
    ...emptyHead(started),
    command: "audit",
    folder: shown,
    ...found,
    ...finished(started),
  };
  return report;
};
