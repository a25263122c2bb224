import { readFileSync } from "node:fs";
import type pg from "pg";
import { runChild } from "./child.ts";
import type { TestDatabase } from "./database.ts";
import { runOptions, settingsFor } from "./engine.ts";

/** What one run in a process of its own came to. */
export interface Volume {
  readonly status: string;
  readonly error: string | null;
  readonly steps: number;
  readonly statements: number;
  readonly seconds: number;
  /** The most memory that the process had, in MiB. */
  readonly client_mib: number;
  /** The most private memory that its server process had, in MiB; 0 where the system does not tell. */
  readonly backend_mib: number;
}

/** V8 gives itself such a heap in a container of 256 MB; where there is more memory it collects later. */
const FLAGS = ["--max-old-space-size=96"];

/** Reads a folder and applies it, or looks at its status, in a process of its own that is watched. */
export async function runFolder(db: TestDatabase, folder: string, verb: "up" | "status"): Promise<Volume> {
  const { password: _, ...settings } = settingsFor(db);
  const child = runChild(program(folder, verb, settings, String(db.config.password)), { flags: FLAGS });
  const client = await db.connect();
  const watch = new AbortController();
  const watched = mostPrivateMemory(client, watch.signal);
  const line = await child.line();
  watch.abort();
  return { ...(JSON.parse(line) as Omit<Volume, "backend_mib">), backend_mib: await watched };
}

const program = (folder: string, verb: string, settings: object, password: string): string => `
  import { readFolder } from "#io/folder.ts";
  import { connect } from "#io/connect.ts";
  import { systemWorld } from "#io/system.ts";
  import { readBundle } from "#engine/bundle/bundle.ts";
  import { loadedSource } from "#engine/bundle/loaded_source.ts";
  import { runChange } from "#engine/run/change.ts";
  import { readStatus } from "#engine/run/status.ts";
  const settings = { ...${JSON.stringify(settings)}, password: async () => ${JSON.stringify(password)} };
  const options = ${JSON.stringify(runOptions())};
  const world = {
    ...systemWorld,
    target: settings,
    connect: (run_id) => connect(settings, run_id, () => {}),
    emit: () => {},
    interrupt: new AbortController().signal,
  };
  const began = performance.now();
  const bundleOf = ({ files, source }) => readBundle(files, source);
  const bundle = bundleOf(readFolder(${JSON.stringify(folder)}));
  const up = { command: "up", target: { to: "latest" }, allow_out_of_order: false };
  const report = ${JSON.stringify(verb)} === "up"
    ? await runChange(up, loadedSource(bundle), options, world)
    : await readStatus(loadedSource(bundle), options, world);
  console.log(JSON.stringify({
    status: report.status,
    error: report.error?.message ?? null,
    steps: report.steps.length,
    statements: report.steps.reduce((sum, step) => sum + (step.statements ?? 0), 0),
    seconds: (performance.now() - began) / 1000,
    client_mib: process.resourceUsage().maxRSS / 1024,
  }));`;

const JOBS =
  "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'paws-migrate/%' AND datname = current_database()";

async function mostPrivateMemory(client: pg.Client, until: AbortSignal): Promise<number> {
  let most = 0;
  while (!until.aborted) {
    const { rows } = await client.query<{ pid: number }>(JOBS);
    for (const { pid } of rows) most = Math.max(most, privateMib(pid));
    await client.query("SELECT pg_sleep(0.05)");
  }
  return most;
}

function privateMib(pid: number): number {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  } catch {
    // It ended meanwhile, or there is no such file on this system.
    return 0;
  }
  const sizes = Array.from(text.matchAll(/^Private_\w+:\s+(\d+) kB/gm), ([, kb]) => Number(kb));
  return sizes.reduce((sum, kb) => sum + kb, 0) / 1024;
}
