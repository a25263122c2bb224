import { relative } from "node:path";
import { createMigration } from "#engine/bundle/create.ts";
import { createRepeatable } from "#engine/bundle/create_repeatable.ts";
import { OPTIONS_FILE } from "#engine/bundle/layout.ts";
import { readOptions } from "#engine/bundle/options.ts";
import type { Template } from "#engine/bundle/templates.ts";
import { MigrationFault, throwAny } from "#engine/errors.ts";
import type { FilesReport } from "#engine/report_files.ts";
import { emptyHead } from "#engine/run/report_head.ts";
import { listFolder, readFolderFile } from "#io/folder.ts";
import { writeFiles } from "#io/write_files.ts";
import type { Verb } from "./call.ts";
import { bundleFolder } from "./source.ts";

export const run: Verb = async (call) => {
  const now = new Date();
  const folder = bundleFolder(call);
  const name = call.words.join(" ");
  const paths = pathsIn(folder);
  const template = (call.options.template as Template | undefined) ?? templateOf(folder, paths);
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

/** As the bundle's own options have it. */
function templateOf(folder: string, paths: readonly string[]): Template {
  if (!paths.includes(OPTIONS_FILE)) return "plain";
  const { options, faults } = readOptions(readFolderFile(folder, OPTIONS_FILE), "");
  throwAny(faults);
  return options.layout;
}

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
