import { join } from "node:path";
import pg from "pg";
import { vi } from "vitest";
import { writeArchive } from "#io/bundles/write_archive.ts";
import { readFolder } from "#io/folder.ts";
import { handler as apply } from "../../functions/apply.ts";
import { handler as rollback } from "../../functions/rollback.ts";
import { handler as status } from "../../functions/status.ts";
import { handler as verify } from "../../functions/verify.ts";
import { type EdgeAnswer, type EdgeRequest, type EdgeScript, s3Error, startEdge } from "./edge_stub.ts";
import { startFunctionServer } from "./function_server.ts";
import { awsEnvironment, s3Listing, s3Object } from "./s3_edge.ts";
import { SECRET_ARN, secretAnswer } from "./secret_edge.ts";

const HANDLERS = { apply, rollback, verify, status };

/** A bundle in the bucket. */
export interface Kept {
  readonly key: string;
  readonly version_id: string;
  readonly archive_sha256: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

/** The functions with everything around them: a server with TLS, a secret, a bucket with PAWS360 in it. */
export interface Deployed {
  readonly kept: Kept;
  readonly password: string;
  /** An empty database, with the name that the functions are told from now on. */
  newDatabase(name: string): Promise<void>;
  /** The real handler; `remaining_ms` is what Lambda would say is left. */
  invoke(
    verb: keyof typeof HANDLERS,
    event: unknown,
    more?: { readonly remaining_ms?: number; readonly env?: Readonly<Record<string, string>> },
  ): Promise<Record<string, unknown>>;
  query(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** What answers instead of the bucket and the secret; null for those. */
  break(script: ((request: EdgeRequest) => EdgeAnswer | null) | null): void;
  readonly requests: readonly EdgeRequest[];
  stop(): Promise<void>;
}

const BUCKET = "bundles-of-a-test";
const PASSWORD = "planted'pass word/of%the=login";

export async function startDeployed(): Promise<Deployed> {
  const ours = await startFunctionServer();
  const kept = await paws360();
  let broken: ((request: EdgeRequest) => EdgeAnswer | null) | null = null;
  const login = secretAnswer("secret-v1", { username: "job", password: PASSWORD });
  const script: EdgeScript = (request) =>
    broken?.(request) ?? (isSecret(request) ? login : bucket(request, kept));
  const edge = await startEdge(script);
  const admin = new pg.Client(ours.server.connection);
  await admin.connect();
  await admin.query(`CREATE ROLE job LOGIN SUPERUSER PASSWORD ${pg.escapeLiteral(PASSWORD)}`);
  const env = {
    ...awsEnvironment(edge.endpoint),
    ...ours.environment(),
    BUNDLE_BUCKET: BUCKET,
    BUNDLE_NAME: "paws360",
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  let database = "postgres";
  let invocations = 0;
  return {
    kept,
    password: PASSWORD,
    newDatabase: async (name) => {
      await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
      database = name;
    },
    // Settings are read before anything is awaited, so calls with their own do not get into each other's way.
    invoke: (verb, event, { remaining_ms = 300_000, env: own = {} } = {}) => {
      for (const [name, value] of Object.entries({ DB_NAME: database, ...own })) vi.stubEnv(name, value);
      const until = performance.now() + remaining_ms;
      const context = {
        awsRequestId: `request-${++invocations}`,
        getRemainingTimeInMillis: () => Math.max(0, until - performance.now()),
      };
      const answered = HANDLERS[verb](event, context) as unknown as Promise<Record<string, unknown>>;
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      return answered;
    },
    query: async (sql) => {
      const client = new pg.Client({ ...ours.server.connection, database });
      await client.connect();
      try {
        return (await client.query({ text: sql, rowMode: "array" })).rows;
      } finally {
        await client.end();
      }
    },
    break: (next) => {
      broken = next;
    },
    requests: edge.requests,
    stop: async () => {
      await admin.end();
      await edge.close();
      await ours.stop();
      vi.unstubAllEnvs();
    },
  };
}

/** Of the two services behind the edge, Secrets Manager says itself in a header. */
export const isSecret = ({ headers }: EdgeRequest): boolean =>
  String(headers["x-amz-target"] ?? "").startsWith("secretsmanager.");

async function paws360(): Promise<Kept> {
  const { files, source } = readFolder(join(import.meta.dirname, "..", "..", "migrations", "paws360"));
  const written = await writeArchive(files, { ...source, version: null });
  const { bytes, archive_sha256, bundle } = written;
  const key = "bundles/paws360/1.0.0.zip";
  return { key, version_id: "object-v1", archive_sha256, digest: bundle.digest, bytes };
}

function bucket({ url }: EdgeRequest, kept: Kept): EdgeAnswer {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  if (searchParams.has("list-type")) return s3Listing([[kept.key, "2026-01-01T00:00:00.000Z"]]);
  if (decodeURIComponent(pathname) !== `/${BUCKET}/${kept.key}`) return s3Error(404, "NoSuchKey");
  const version = searchParams.get("versionId") ?? kept.version_id;
  return version === kept.version_id ? s3Object(kept.bytes, version) : s3Error(404, "NoSuchVersion");
}

export { SECRET_ARN };
