import { relative } from "node:path";
import { createMigration } from "#engine/bundle/create.ts";
import { createRepeatable } from "#engine/bundle/create_repeatable.ts";
import type { Template } from "#engine/bundle/templates.ts";
import { MigrationFault } from "#engine/errors.ts";
import type { FilesReport } from "#engine/report_files.ts";
import { emptyHead } from "#engine/run/report_head.ts";
import { listFolder } from "#io/folder.ts";
import { writeFiles } from "#io/write_files.ts";
import type { Verb } from "./call.ts";
import { bundleFolder } from "./source.ts";

export const run: Verb = async (call) => {
  const now = new Date();
  const folder = bundleFolder(call);
  const name = call.words.join(" ");
  const template = call.options.template as Template;
  const paths = pathsIn(folder);
  const repeatable = call.options.repeatable === true;
  const files = repeatable
    ? createRepeatable({ name, paths })
    : createMigration({ name, template, now, paths }).files;
  const roles = repeatable ? REPEATABLE_ROLES : ROLES;
  writeFiles(folder, files);
  const shown = relative(call.terminal.cwd, folder) || ".";
  const report: FilesReport = {
    ...emptyHead(now),
    command: "create",
    files: files.map(({ path }, i) => ({
      path: `${shown}/${path}`,
      role: roles[i] ?? "up",
      statements: null,
    })),
  };
  return report;
};

const ROLES = ["up", "rollback", "verify"] as const;
const REPEATABLE_ROLES = ["repeatable", "verify"] as const;

/** The first migration makes the folder. */
function pathsIn(folder: string): readonly string[] {
  try {
    return listFolder(folder);
  } catch (error) {
    if (error instanceof MigrationFault && error.faults[0].code === "no-such-folder") return [];
    throw error;
  }
}
