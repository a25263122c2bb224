import {
  answer,
  type EdgeAnswer,
  type EdgeRequest,
  type EdgeStub,
  jsonAnswer,
  s3Error,
  startEdge,
} from "./edge_stub.ts";
import { secretAnswer } from "./secret_edge.ts";

/** The services that a function asks, behind one endpoint: S3, Secrets Manager and EventBridge, all well. */
export interface FunctionEdge extends EdgeStub {
  /** The secret's value from now on. */
  secret(value: unknown): void;
  /** Writes an object; the answer is its version's id. */
  put(key: string, bytes: Buffer): string;
  /** What the event bus was told, and what it answers from now on. */
  readonly events: readonly BusEntry[];
  bus(answer: EdgeAnswer | null): void;
}

export interface BusEntry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

/** It leads this process's SDK to itself. */
export async function startFunctionEdge(): Promise<FunctionEdge> {
  const objects = new Map<string, { readonly bytes: Buffer; readonly version: string }>();
  const events: BusEntry[] = [];
  let secret: unknown = null;
  let busAnswer: EdgeAnswer | null = null;
  const edge = await startEdge((request) => {
    const service = String(request.headers["x-amz-target"] ?? "");
    if (service === "secretsmanager.GetSecretValue") return secretAnswer("v1", secret);
    if (service !== "AWSEvents.PutEvents") return fromS3(request, objects);
    if (busAnswer !== null) return busAnswer;
    const { Entries } = JSON.parse(request.body.toString()) as { Entries: BusEntry[] };
    events.push(...Entries);
    return jsonAnswer({ FailedEntryCount: 0, Entries: Entries.map((_, i) => ({ EventId: String(i) })) });
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: edge.endpoint,
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "planted/key+of=AWS",
  });
  return {
    ...edge,
    events,
    secret: (value) => {
      secret = value;
    },
    put: (key, bytes) => {
      const version = `v${objects.size + 1}`;
      objects.set(key, { bytes, version });
      return version;
    },
    bus: (next) => {
      busAnswer = next;
    },
  };
}

type Objects = ReadonlyMap<string, { readonly bytes: Buffer; readonly version: string }>;

function fromS3({ url }: EdgeRequest, objects: Objects): EdgeAnswer {
  const { pathname, searchParams } = new URL(url, "http://edge");
  const key = decodeURIComponent(pathname).split("/").slice(2).join("/");
  if (searchParams.has("list-type")) return listed(searchParams.get("prefix") ?? "", objects);
  const found = objects.get(key);
  if (found === undefined) return s3Error(404, "NoSuchKey");
  return answer(200, found.bytes, { "x-amz-version-id": found.version, etag: '"e"' });
}

function listed(prefix: string, objects: Objects): EdgeAnswer {
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
  const contents = keys.map(
    (key, i) =>
      `<Contents><Key>${key}</Key><LastModified>2025-07-13T12:00:0${i}.000Z</LastModified><Size>1</Size></Contents>`,
  );
  const xml = `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${contents.join("")}</ListBucketResult>`;
  return answer(200, xml, { "content-type": "application/xml" });
}
