import { createHash } from "node:crypto";
import { onTestFinished, vi } from "vitest";
import { type BundleStore, openStore } from "#io/bundles/s3.ts";
import { S3_LIMITS, type S3Limits } from "#io/bundles/s3_client.ts";
import { answer, type EdgeAnswer, type EdgeScript, type EdgeStub, s3Error, startEdge } from "./edge_stub.ts";

/** Told apart from everything else in what is written: a test looks for them. */
export const PLANTED = { id: "AKIAPLANTEDKEYID", key: "planted/secret+key", token: "planted-session-token" };

/** How long S3 may keep silent: short where it does, and the job's own where it answers, lest a busy machine be taken for it. */
export const patienceWith = (what: EdgeAnswer): Partial<S3Limits> =>
  what.kind === "never" || (what.kind === "half" && what.ending === "stall") ? { silence_ms: 500 } : {};

/** A store before an edge of a test's own, with credentials that open nothing; both closed after the test. */
export async function s3Edge(
  script: EdgeScript | EdgeAnswer,
  limits: Partial<S3Limits> = {},
): Promise<{ readonly stub: EdgeStub; readonly store: BundleStore }> {
  const stub = await startEdge(script);
  onTestFinished(() => stub.close());
  return { stub, store: storeAt(stub.endpoint, limits) };
}

/** A store that asks whatever is at `endpoint`. */
export function storeAt(endpoint: string, limits: Partial<S3Limits> = {}): BundleStore {
  const env = awsEnvironment(endpoint);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const store = openStore(process.env, { ...S3_LIMITS, ...limits });
  onTestFinished(() => {
    store.close();
    vi.unstubAllEnvs();
  });
  return store;
}

/** What makes the SDK ask at `endpoint`, and nowhere else. */
export const awsEnvironment = (endpoint: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: PLANTED.id,
  AWS_SECRET_ACCESS_KEY: PLANTED.key,
  AWS_SESSION_TOKEN: PLANTED.token,
  AWS_EC2_METADATA_DISABLED: "true",
});

/** An object as S3 answers it, with its version and its check sum. */
export const s3Object = (
  bytes: Uint8Array,
  version_id: string | null = "v1",
  more: Readonly<Record<string, string>> = {},
): EdgeAnswer =>
  answer(200, bytes, {
    "content-type": "application/zip",
    "x-amz-checksum-sha256": createHash("sha256").update(bytes).digest("base64"),
    ...(version_id !== null && { "x-amz-version-id": version_id }),
    ...more,
  });

/** A page of a listing: keys, each with when it was written. */
export const s3Listing = (
  entries: readonly (readonly [key: string, at: string])[],
  next?: string,
): EdgeAnswer => {
  const contents = entries
    .map(
      ([key, at]) => `<Contents><Key>${key}</Key><LastModified>${at}</LastModified><Size>1</Size></Contents>`,
    )
    .join("");
  const more = next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`;
  const truncated = `<IsTruncated>${next !== undefined}</IsTruncated>`;
  return answer(200, `<ListBucketResult>${truncated}${more}${contents}</ListBucketResult>`, {
    "content-type": "application/xml",
  });
};

/** A bucket `bundles-here` that keeps what is put into it, each object once; the environment that leads to it. */
export async function s3Bucket(): Promise<Readonly<Record<string, string>>> {
  const objects = new Map<string, { readonly bytes: Buffer; readonly at: string }>();
  const script: EdgeScript = ({ method, url, body }) => {
    const { pathname, searchParams } = new URL(url, "http://s3");
    const key = decodeURIComponent(pathname.slice("/bundles-here/".length));
    if (searchParams.has("list-type")) return s3Listing([...objects].map(([name, { at }]) => [name, at]));
    const found = objects.get(key);
    if (method === "GET")
      return found === undefined ? s3Error(404, "NoSuchKey") : s3Object(found.bytes, "v1");
    if (found !== undefined) return s3Error(412, "PreconditionFailed");
    objects.set(key, { bytes: body, at: new Date(Date.UTC(2026, 0, 1) + objects.size * 1000).toISOString() });
    return answer(200, "", { "x-amz-version-id": "v1" });
  };
  const stub = await startEdge(script);
  onTestFinished(() => stub.close());
  return awsEnvironment(stub.endpoint);
}
