import { writeArchive } from "#io/bundles/write_archive.ts";
import {
  answer,
  type EdgeAnswer,
  type EdgeStub,
  jsonAnswer,
  jsonError,
  s3Error,
  startEdge,
} from "../../support/edge_stub.ts";
import type { Login } from "./local_database.ts";

/** S3 with bundles and Secrets Manager with logins, as much of both as a function asks for. */
export interface CloudEdge extends EdgeStub {
  /** Puts `bundles/<name>/<version>.zip` into every bucket. */
  publish(name: string, version: string, files: Readonly<Record<string, string>>): Promise<void>;
  /** By the secret's ARN. */
  readonly secrets: Map<string, Login>;
}

export async function startCloudEdge(): Promise<CloudEdge> {
  const objects = new Map<string, Buffer>();
  const secrets = new Map<string, Login>();
  const edge = await startEdge(({ method, url, headers, body }) => {
    if (headers["x-amz-target"] === "secretsmanager.GetSecretValue")
      return secretAnswer(secrets, Object(JSON.parse(body.toString("utf8"))).SecretId);
    const { pathname, searchParams } = new URL(url, "http://edge");
    if (method !== "GET") return s3Error(405, "MethodNotAllowed");
    if (searchParams.has("list-type")) return listAnswer(objects, searchParams.get("prefix") ?? "");
    return objectAnswer(objects, pathname.split("/").slice(2).join("/"));
  });
  return {
    ...edge,
    secrets,
    publish: async (name, version, files) => {
      const sources = Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
      const { bytes } = await writeArchive(sources, { name, version, path: name });
      objects.set(`bundles/${name}/${version}.zip`, bytes);
    },
  };
}

function secretAnswer(secrets: ReadonlyMap<string, Login>, arn: string): EdgeAnswer {
  const login = secrets.get(arn);
  if (login === undefined) return jsonError(400, "ResourceNotFoundException", "there is no such secret");
  const stages = { VersionId: "11111111-1111-1111-1111-111111111111", VersionStages: ["AWSCURRENT"] };
  return jsonAnswer({ ARN: arn, Name: "login", ...stages, SecretString: JSON.stringify(login) });
}

function objectAnswer(objects: ReadonlyMap<string, Buffer>, key: string): EdgeAnswer {
  const bytes = objects.get(decodeURIComponent(key));
  if (bytes === undefined) return s3Error(404, "NoSuchKey");
  return answer(200, bytes, { "content-type": "application/zip", "x-amz-version-id": "v1" });
}

function listAnswer(objects: ReadonlyMap<string, Buffer>, prefix: string): EdgeAnswer {
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
  const contents = keys.map(
    (key) => `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`,
  );
  const body = `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join("")}</ListBucketResult>`;
  return answer(200, body, { "content-type": "application/xml" });
}
