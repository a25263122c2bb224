import type { Bundle } from "#engine/bundle/bundle.ts";
import { importedText } from "#engine/bundle/imported.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { AdoptReport } from "#engine/report_settled.ts";
import type { AdoptRequest, RunOptions } from "#engine/request.ts";
import { runAdopt } from "#engine/run/adopt.ts";
import type { TestDatabase } from "./database.ts";
import { bundleOf, runOptions, worldFor } from "./engine.ts";
import type { MadeHistory } from "./tool_histories.ts";

/** Two that the other tool has applied, and a third that nobody has. */
export const VERSIONS = ["20240101000001", "20240101000002", "20240101000003"] as const;
const [ONE, TWO, THREE] = VERSIONS;

export const FILES = {
  [`${ONE}_one.sql`]: "CREATE TABLE one (id int);",
  [`verify/${ONE}_verify.sql`]: "SELECT 'one' AS check_name, to_regclass('one') IS NOT NULL AS status;",
  [`${TWO}_two.sql`]: "CREATE TABLE two (id int);",
  [`rollback/${TWO}_rollback.sql`]: "DROP TABLE two;",
  [`verify/${TWO}_verify.sql`]: "SELECT 'two' AS check_name, to_regclass('two') IS NOT NULL AS status;",
  [`${THREE}_three.sql`]: "CREATE TABLE three (id int);",
  [`rollback/${THREE}_rollback.sql`]: "DROP TABLE three;",
};

/** What the other tool made of the first two. */
export const EFFECT = "CREATE TABLE one (id int); CREATE TABLE two (id int)";

/** The bundle as `import` would have made it of the tool's own files. */
export function bundleFor({ imported, ids }: Pick<MadeHistory, "imported" | "ids">): Bundle {
  if (imported === null) return bundleOf(FILES);
  const migrations = ids.map((id, i) => ({
    version: BigInt(VERSIONS[i] ?? 0),
    name: `m${i}`,
    id,
    path: `files/${i}.sql`,
  }));
  return bundleOf({ ...FILES, "imported.json": importedText({ tool: imported, migrations }) });
}

export const ADOPT: AdoptRequest = { command: "adopt", from: null, table: null, chain: null, dry_run: false };

export const adopt = (
  db: TestDatabase,
  bundle: Bundle,
  request: Partial<AdoptRequest> = {},
  options: Partial<RunOptions> = {},
): Promise<AdoptReport> =>
  runAdopt({ ...ADOPT, ...request }, loadedSource(bundle), runOptions(options), worldFor(db));
