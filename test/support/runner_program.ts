import { createInterface } from "node:readline";
import { readBundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeRequest, RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import type { RunEvent } from "#engine/seam.ts";
import { type ConnectionSettings, connect } from "#io/connect.ts";
import { systemWorld } from "#io/system.ts";
import { firstConnection } from "./first_connection.ts";

/** What the process is told on its stdin, in one line of JSON; the next job once it has reported on one. */
export interface RunnerJob {
  readonly files: Readonly<Record<string, string>>;
  readonly request: ChangeRequest;
  readonly options: RunOptions;
  readonly settings: Omit<ConnectionSettings, "password">;
  readonly password: string;
}

/** Lines of its stdout: `ready`, then the types of the run's events, then the report. */
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  say("ready");
  for await (const line of createInterface({ input: process.stdin }))
    await work(JSON.parse(line) as RunnerJob);
}

async function work(job: RunnerJob): Promise<void> {
  const sources = Object.entries(job.files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
  const bundle = readBundle(sources, { name: "suite", path: "/bundles/suite" });
  const settings: ConnectionSettings = { ...job.settings, password: async () => job.password };
  const emit = (event: RunEvent): void => {
    if (event.type !== "notice" && event.type !== "step-finished") say(event.type);
  };
  const { host, port, database } = settings;
  const report = await runChange(withVersion(job.request), loadedSource(bundle), job.options, {
    ...systemWorld,
    target: { host, port, database },
    connect: firstConnection((runId) => connect(settings, runId, emit)),
    emit,
    interrupt: new AbortController().signal,
  });
  say(JSON.stringify(report));
}

/** A version came as text: JSON has no bigint. */
function withVersion(request: ChangeRequest): ChangeRequest {
  const { target } = request;
  if (!("version" in target)) return request;
  return { ...request, target: { ...target, version: BigInt(target.version) } } as ChangeRequest;
}

await main();
