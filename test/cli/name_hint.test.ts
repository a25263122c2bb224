import { expect, test } from "vitest";
import type { FilesReport } from "#engine/report_files.ts";
import { run } from "../../cli/run.ts";
import { fakeInterrupt, fakeTerminal } from "../support/fake_terminal.ts";
import { sqlFolder } from "../support/sql_folder.ts";

async function hints(files: Readonly<Record<string, string>>): Promise<readonly (string | null)[]> {
  const folder = sqlFolder(files);
  const terminal = fakeTerminal(["check", folder, "--json"]);
  expect(await run(terminal, fakeInterrupt())).toBe(2);
  const { refusals, error } = JSON.parse(terminal.out()) as FilesReport;
  const faults = refusals.length > 0 ? refusals : [error];
  return faults.map((fault) => fault?.hint?.replace(folder, "FOLDER") ?? null);
}

const HINT = "`paws-migrate audit FOLDER` shows what each file should be called.";

test.each([
  [{ "rooms.sql": "SELECT 1;" }, [HINT]],
  [{ "20250230_x.sql": "SELECT 1;", "rooms.sql": "SELECT 1;" }, [HINT, null]],
  [{ "1_x.sql": "SELECT 1;", "01_y.sql": "SELECT 1;" }, [HINT]],
  [{ "1_x.sql": "SELEC 1;" }, [null]],
])("check of %j", async (files, wanted) => {
  expect(await hints(files)).toEqual(wanted);
});
