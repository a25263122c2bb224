import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { statusOf } from "#engine/errors.ts";
import { answer, type EdgeAnswer, type EdgeScript, s3Error } from "../../support/edge_stub.ts";
import { s3Edge, s3Object } from "../../support/s3_edge.ts";
import { faultsOfPromise } from "../../support/source_files.ts";

const BYTES = Buffer.from("the bytes of an archive");
const SHA256 = createHash("sha256").update(BYTES).digest("hex");
const PLACE = { bucket: "bundles-here", key: "bundles/paws360/1.0.0.zip" };
const WRITTEN = answer(200, "", { "x-amz-version-id": "v1" });
const THERE = s3Error(412, "PreconditionFailed");

const publishing = async (script: EdgeScript | EdgeAnswer) => {
  const { stub, store } = await s3Edge(script);
  const publish = () => store.publish(PLACE, BYTES, SHA256, new AbortController().signal);
  return { stub, publish, codes: async () => (await faultsOfPromise(publish)).map(({ code }) => code) };
};
/** Writes are answered by `put`, reads by `get`. */
const edge =
  (put: EdgeAnswer, get: EdgeAnswer): EdgeScript =>
  ({ method }) =>
    method === "PUT" ? put : get;

test("writes only where nothing is, and only the bytes that were meant", async () => {
  const { stub, publish } = await publishing(WRITTEN);
  expect(await publish()).toEqual({ version_id: "v1", created: true });
  const [request] = stub.requests;
  expect(request).toMatchObject({ method: "PUT", body: BYTES });
  expect(request?.headers).toMatchObject({
    "if-none-match": "*",
    "x-amz-checksum-sha256": Buffer.from(SHA256, "hex").toString("base64"),
    "content-type": "application/zip",
  });
});

test("takes the same bytes that are there already for published", async () => {
  const { publish } = await publishing(edge(THERE, s3Object(BYTES, "v1")));
  expect(await publish()).toEqual({ version_id: "v1", created: false });
});

test("an answer that was lost is no reason to fail", async () => {
  let written = false;
  const { publish, stub } = await publishing(({ method }) => {
    if (method === "GET") return s3Object(BYTES, "v1");
    if (written) return THERE;
    written = true;
    return { kind: "reset" };
  });
  expect(await publish()).toEqual({ version_id: "v1", created: false });
  expect(stub.requests.map(({ method }) => method)).toEqual(["PUT", "PUT", "GET"]);
});

test("never writes over other bytes, nor over what cannot be compared", async () => {
  const other = await publishing(edge(THERE, s3Object(Buffer.from("other"), "v1")));
  const [fault] = await faultsOfPromise(other.publish);
  expect(fault).toMatchObject({ code: "bundle-version-exists", message: expect.stringContaining(SHA256) });
  expect(fault && statusOf(fault)).toBe("bad_input");
  expect(await (await publishing(edge(THERE, s3Error(403, "AccessDenied")))).codes()).toEqual([
    "bundle-version-exists",
  ]);
});

test("tries again where somebody else is writing, for a while", async () => {
  const { stub, codes } = await publishing(s3Error(409, "ConditionalRequestConflict"));
  expect(await codes()).toEqual(["s3-failed"]);
  expect(stub.requests.length).toBe(3);
});

test("a bucket without versions is no place for bundles", async () => {
  expect(await (await publishing(answer(200))).codes()).toEqual(["bucket-not-versioned"]);
  expect(await (await publishing(edge(THERE, s3Object(BYTES, "null")))).codes()).toEqual([
    "bucket-not-versioned",
  ]);
});

test.each([
  [
    s3Error(403, "AccessDenied", "User: x is not authorized to perform: s3:PutObject on y"),
    "s3-access-denied",
  ],
  [
    s3Error(403, "AccessDenied", "x is not authorized to perform: kms:GenerateDataKey on y"),
    "kms-key-unusable",
  ],
  [s3Error(404, "NoSuchBucket"), "no-such-bucket"],
  [s3Error(400, "BadDigest"), "s3-checksum"],
  [s3Error(400, "KMS.DisabledException"), "kms-key-unusable"],
] as const)("says what stands in the way (%#)", async (what, code) => {
  expect(await (await publishing(what)).codes()).toEqual([code]);
});
