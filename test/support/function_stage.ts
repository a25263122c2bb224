import { randomUUID } from "node:crypto";
import pg from "pg";
import type { Report } from "#engine/report.ts";
import { writeArchive } from "#io/bundles/write_archive.ts";
import type { Handler } from "#io/lambda/invocation.ts";
import type { Environment } from "#io/target_sources.ts";
import { captured } from "./captured.ts";
import { carriesMetrics, type ReadMetric, readMetrics } from "./emf.ts";
import { type FunctionEdge, startFunctionEdge } from "./function_edge.ts";
import { type FunctionServer, startFunctionServer } from "./function_server.ts";

/** What came of one invocation. */
export interface Invoked {
  readonly report: Report | null;
  readonly error: Error | null;
  /** Everything that was written to stdout and stderr. */
  readonly log: string;
  /** Its lines but for the metrics, as objects; errors stand last. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly metrics: readonly ReadMetric[];
}

/** A PostgreSQL with TLS and the services of AWS, as the functions meet them; handlers run in this process. */
export interface FunctionStage {
  readonly edge: FunctionEdge;
  readonly ours: FunctionServer;
  /** An empty database, and the functions' environment for it. */
  database(more?: Environment): Promise<{ readonly client: pg.Client; readonly environment: Environment }>;
  /** Publishes the files, by default as a version of the bundle `suite`, whose newest is the last; the answer is the key. */
  publish(version: string, files: Readonly<Record<string, string>>, name?: string): Promise<string>;
  invoke(handler: Handler, environment: Environment, event: unknown, more?: Invocation): Promise<Invoked>;
  stop(): Promise<void>;
}

export interface Invocation {
  /** What is left of the function's time; more than a busy machine needs by default. */
  readonly remaining_ms?: number;
  readonly request_id?: string;
}

export const BUNDLE_NAME = "suite";

export async function openFunctionStage(): Promise<FunctionStage> {
  const [ours, edge] = await Promise.all([startFunctionServer(), startFunctionEdge()]);
  const { connection } = ours.server;
  const before = { ...process.env };
  const clients: pg.Client[] = [];
  const connected = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client({ ...connection, database });
    client.on("error", () => {});
    await client.connect();
    clients.push(client);
    return client;
  };
  const admin = await connected(connection.database);
  edge.secret({ username: connection.user, password: connection.password });
  let databases = 0;
  return {
    edge,
    ours,
    database: async (more = {}) => {
      databases += 1;
      const name = `functions_${databases}`;
      await admin.query(`CREATE DATABASE ${name}`);
      const environment = ours.environment({ DB_NAME: name, BUNDLE_NAME, ...more });
      return { client: await connected(name), environment };
    },
    publish: async (version, files, name = BUNDLE_NAME) => {
      const sources = Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
      const { bytes } = await writeArchive(sources, { name, version, path: `/${name}` });
      const key = `bundles/${name}/${version}.zip`;
      edge.put(key, bytes);
      return key;
    },
    invoke: (handler, environment, event, more) => invoke(handler, environment, event, more),
    stop: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await Promise.all([ours.stop(), edge.close()]);
      const gone = Object.keys(process.env).map((name) => [name, undefined]);
      setEnvironment({ ...Object.fromEntries(gone), ...before });
    },
  };
}

async function invoke(
  handler: Handler,
  environment: Environment,
  event: unknown,
  { remaining_ms = 300_000, request_id = randomUUID() }: Invocation = {},
): Promise<Invoked> {
  const before = { ...process.env };
  setEnvironment(environment);
  const until = performance.now() + remaining_ms;
  const context = { awsRequestId: request_id, getRemainingTimeInMillis: () => until - performance.now() };
  // As JSON, as the runtime hands it over.
  const handed: unknown = event === undefined ? undefined : JSON.parse(JSON.stringify(event));
  const { lines, errors, result } = await captured(() => handler(handed, context));
  setEnvironment({
    ...Object.fromEntries(Object.keys(environment).map((name) => [name, undefined])),
    ...before,
  });
  // The SDK warns in plain text of the end of this machine's Node; Lambda's is newer.
  const log = [...lines, ...errors.filter((line) => line.startsWith("{"))];
  return {
    report: result.status === "fulfilled" ? result.value : null,
    error: result.status === "rejected" ? (result.reason as Error) : null,
    log: [...lines, ...errors].join("\n"),
    lines: log.filter((line) => !carriesMetrics(line)).map((line) => JSON.parse(line)),
    metrics: lines.filter(carriesMetrics).flatMap(readMetrics),
  };
}

function setEnvironment(variables: Environment): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
