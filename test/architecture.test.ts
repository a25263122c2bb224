import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { type SourceFile, violations } from "./support/architecture.ts";

const root = join(import.meta.dirname, "..");

async function sourceFiles(): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== "node_modules" && entry.name !== "dist" && !entry.name.startsWith("."))
          await visit(path);
      } else if (entry.name.endsWith(".ts")) {
        files.push({ path: relative(root, path).split(sep).join("/"), source: await readFile(path, "utf8") });
      }
    }
  };
  await visit(root);
  return files;
}

it("holds in this repository", async () => {
  const files = await sourceFiles();
  expect(files.length).toBeGreaterThan(50);
  expect(violations(files)).toEqual([]);
});

const engine = "functions/engine/plan.ts";
const broken: [path: string, source: string, fault: string][] = [
  // the engine knows nothing
  [engine, 'import pg from "pg";', "imports pg: engine does not know it"],
  [engine, 'import type { Client } from "pg";', "imports pg: engine does not know it"],
  [engine, 'import { readFile } from "node:fs";', "imports node:fs: engine does not know it"],
  [engine, 'import { parse } from "libpg-query";', "imports libpg-query: engine does not know it"],
  [engine, 'import { folder } from "#io/folder.ts";', "imports #io/folder.ts: engine does not import io"],
  [engine, 'import { folder } from "../io/folder.ts";', "imports ../io/folder.ts: engine does not import io"],
  [engine, 'export * from "#io/folder.ts";', "imports #io/folder.ts: engine does not import io"],
  [engine, 'export { folder } from "#io/folder.ts";', "imports #io/folder.ts: engine does not import io"],
  [engine, 'const io = await import("#io/folder.ts");', "imports #io/folder.ts: engine does not import io"],
  [engine, 'type Io = import("#io/folder.ts").Folder;', "imports #io/folder.ts: engine does not import io"],
  [
    engine,
    'import { table } from "../../cli/table.ts";',
    "imports ../../cli/table.ts: engine does not import cli",
  ],
  [engine, "const now = Date.now();", "uses Date.now"],
  [engine, "const now = new Date();", "uses Date()"],
  [engine, "const id = Math.random();", "uses Math.random"],
  [engine, "export const home = () => process.env.HOME;", "uses process"],
  [engine, "console.error(1);", "uses console"],
  [engine, "const t = performance.now();", "uses performance"],
  [engine, "setTimeout(() => {}, 1);", "uses setTimeout"],
  [engine, "const later = setTimeout;", "uses setTimeout"],
  [engine, "const id = crypto.randomUUID();", "uses crypto"],
  // one way
  [
    "functions/io/folder.ts",
    'import { table } from "../../cli/table.ts";',
    "imports ../../cli/table.ts: io does not import cli",
  ],
  [
    "functions/io/folder.ts",
    'import { Command } from "commander";',
    "imports commander: io does not know it",
  ],
  [
    "functions/io/folder.ts",
    'import { up } from "../apply.ts";',
    "imports ../apply.ts: io does not import functions",
  ],
  ["cli/up.ts", 'import pg from "pg";', "imports pg: cli does not know it"],
  [
    "cli/up.ts",
    'import { up } from "../functions/apply.ts";',
    "imports ../functions/apply.ts: cli does not import functions",
  ],
  [
    "cdk/app.ts",
    'import { fault } from "#engine/errors.ts";',
    "imports #engine/errors.ts: cdk does not import engine",
  ],
  [
    "cdk/app.ts",
    'import { pg } from "#io/postgres.ts";',
    "imports #io/postgres.ts: cdk imports functions/io/contract.ts only",
  ],
  [
    "cli/up.ts",
    'import sql from "../migrations/paws360/all.ts";',
    "imports ../migrations/paws360/all.ts: cli does not import migrations",
  ],
  [
    "test/up.test.ts",
    'import rows from "../seed/rows.ts";',
    "imports ../seed/rows.ts: test does not import seed",
  ],
  [
    "cli/up.ts",
    'import { db } from "../test/support/database.ts";',
    "imports ../test/support/database.ts: cli does not import test",
  ],
  // the import map across rooms, ./x.ts inside, extensions always
  [
    "cli/up.ts",
    'import { fault } from "../functions/engine/error_codes.ts";',
    "imports ../functions/engine/error_codes.ts: across rooms, #engine/x.ts",
  ],
  [engine, 'import { fault } from "#engine/errors.ts";', "imports #engine/errors.ts: inside a room, ./x.ts"],
  [engine, 'import { fault } from "./errors";', "imports ./errors: without its extension"],
  [engine, 'import { fault } from "#errors.ts";', "imports #errors.ts: no such place in the import map"],
  // names and words
  ["functions/io/utils.ts", "", "has a name that says nothing"],
  ["functions/helpers/sleep.ts", "", "has a name that says nothing"],
  ["test/support/index.ts", "", "has a name that says nothing"],
  ["cli/up.ts", "// for vitest", "speaks of vitest"],
  ["functions/io/folder.ts", "export const mockFolder = 1;", "speaks of mockFolder"],
];

describe("a violation", () => {
  it.each(broken)("%s: %s", (path, source, fault) => {
    expect(violations([{ path, source }])).toEqual([`${path}:1 ${fault}`]);
  });

  it("is told with its line", () => {
    const source = '/** Date.now() */\nimport { a } from "./a.ts";\n\nconst b = Date.now();\n';
    expect(violations([{ path: engine, source }])).toEqual([`${engine}:4 uses Date.now`]);
  });
});

const good: [path: string, source: string][] = [
  [engine, 'import { createHash } from "node:crypto";'],
  [engine, 'import { lex } from "./sql/lex.ts";'],
  ["functions/engine/sql/lex.ts", 'import { fault } from "../errors.ts";'],
  ["functions/engine/sql/parse.ts", 'import { parse } from "libpg-query";'],
  [
    engine,
    "// the process, console.log and Date.now() are not for the engine\nconst text = 'Math.random()';",
  ],
  [engine, "const at = new Date(0).toISOString(); const rules = { process: 1 }; rules.process;"],
  ["functions/io/postgres.ts", 'import pg from "pg"; import { fault } from "#engine/errors.ts"; Date.now();'],
  [
    "functions/apply.ts",
    'import { run } from "#engine/run/change.ts"; import { open } from "#io/connect.ts";',
  ],
  ["cdk/app.ts", 'import { NAMES } from "#io/contract.ts"; import { App } from "aws-cdk-lib";'],
  [
    "cli/main.ts",
    'import { Command } from "commander"; import { up } from "./up.ts"; import "#io/connect.ts";',
  ],
  ["cli/main.ts", 'import manifest from "../package.json" with { type: "json" };'],
  ["test/cli/up.test.ts", 'import { table } from "../../cli/table.ts"; import { it } from "vitest";'],
  ["bench/run.ts", 'import { startProxy } from "../test/support/proxy.ts";'],
];

it.each(good)("allows %s: %s", (path, source) => {
  expect(violations([{ path, source }])).toEqual([]);
});
