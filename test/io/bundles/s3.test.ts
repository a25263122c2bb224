import { describe, expect, test, vi } from "vitest";
import { type Fault, statusOf } from "#engine/errors.ts";
import type { S3Limits } from "#io/bundles/s3_client.ts";
import { answer, type EdgeAnswer, type EdgeScript, inTurn, s3Error } from "../../support/edge_stub.ts";
import { PLANTED, patienceWith, s3Edge, s3Listing, s3Object, storeAt } from "../../support/s3_edge.ts";
import { closedPort, NO_HOST } from "../../support/sockets.ts";
import { faultsOfPromise } from "../../support/source_files.ts";

const BYTES = Buffer.from("the bytes of an archive");
const PLACE = { bucket: "bundles-here", key: "bundles/paws360/1.0.0.zip", version_id: null };
const never = () => new AbortController().signal;

/** The one fault that reading leads to, and how often S3 was asked. */
async function reading(
  script: EdgeScript | EdgeAnswer,
  {
    place = PLACE,
    signal = never(),
    ...limits
  }: Partial<S3Limits> & { place?: typeof PLACE; signal?: AbortSignal } = {},
): Promise<{ readonly fault: Fault | null; readonly asked: number }> {
  const { stub, store } = await s3Edge(script, limits);
  const [fault = null] = await faultsOfPromise(() => store.read(place, signal));
  for (const secret of Object.values(PLANTED)) expect(JSON.stringify(fault)).not.toContain(secret);
  return { fault, asked: stub.requests.length };
}

/** A deadline that comes a little after the first request, whenever that comes. */
function overWhenAsked(what: EdgeAnswer): { readonly signal: AbortSignal; readonly script: EdgeScript } {
  const controller = new AbortController();
  const script = (): EdgeAnswer => {
    AbortSignal.timeout(100).addEventListener("abort", (event) => {
      controller.abort((event.target as AbortSignal).reason);
    });
    return what;
  };
  return { signal: controller.signal, script };
}

describe("an object", () => {
  test("is read whole, with the version that it is", async () => {
    // Whatever else this machine is set to.
    vi.stubEnv("AWS_RESPONSE_CHECKSUM_VALIDATION", "WHEN_REQUIRED");
    const { stub, store } = await s3Edge(s3Object(BYTES, "v7"));
    expect(await store.read(PLACE, never())).toEqual({ bytes: BYTES, version_id: "v7" });
    const [request] = stub.requests;
    expect(request?.url).toBe("/bundles-here/bundles/paws360/1.0.0.zip?x-id=GetObject");
    expect(request?.headers["x-amz-checksum-mode"]).toBe("ENABLED");
  });

  test("is read by its version's id where one is named", async () => {
    const { stub, store } = await s3Edge(s3Object(BYTES, "v7"));
    await store.read({ ...PLACE, version_id: "v7" }, never());
    expect(stub.requests[0]?.url).toContain("versionId=v7");
  });

  test("has no version in a bucket without versions, or from before it had them", async () => {
    for (const none of [null, "null"]) {
      const { store } = await s3Edge(s3Object(BYTES, none));
      expect(await store.read(PLACE, never())).toEqual({ bytes: BYTES, version_id: null });
    }
  });

  const half: EdgeAnswer = {
    kind: "half",
    status: 200,
    headers: { "x-amz-version-id": "v7" },
    body: BYTES,
    ending: "reset",
  };

  test("of which half came is asked for again, by the id of the version that was begun", async () => {
    const { stub, store } = await s3Edge(inTurn(half, s3Object(BYTES, "v7")));
    expect((await store.read(PLACE, never())).bytes).toEqual(BYTES);
    expect(stub.requests.map(({ url }) => /versionId=(\w+)/.exec(url)?.[1])).toEqual([undefined, "v7"]);
  });

  test.each([
    ["503", s3Error(503, "SlowDown")],
    ["500", s3Error(500, "InternalError")],
    ["a reset", { kind: "reset" }],
    ["silence", { kind: "never" }],
    ["a body that stalls", { ...half, ending: "stall" }],
    ["a wrong check sum", s3Object(BYTES, "v7", { "x-amz-checksum-sha256": `${"A".repeat(43)}=` })],
  ] as const)("is read in spite of %s once", async (_, once) => {
    const { store } = await s3Edge(inTurn(once, s3Object(BYTES, "v7")), patienceWith(once));
    expect((await store.read(PLACE, never())).bytes).toEqual(BYTES);
  });

  const PERSISTENT: Readonly<Record<string, readonly [EdgeAnswer, code: string, says: RegExp]>> = {
    "503": [s3Error(503, "SlowDown"), "s3-failed", /SlowDown, 503/],
    "500": [s3Error(500, "InternalError"), "s3-failed", /InternalError, 500/],
    "a gateway's page": [{ kind: "answer", status: 502, body: "<html>" }, "s3-failed", /502/],
    resets: [{ kind: "reset" }, "s3-failed", /broke off/],
    silence: [{ kind: "never" }, "s3-timeout", /did not answer in time/],
    "half of the body": [half, "s3-failed", /broke off/],
    "bodies that stall": [{ ...half, ending: "stall" }, "s3-timeout", /did not answer in time/],
    "wrong check sums": [
      s3Object(BYTES, "v7", { "x-amz-checksum-sha256": `${"A".repeat(43)}=` }),
      "s3-checksum",
      /do not have its check sum/,
    ],
  };
  test.each(Object.entries(PERSISTENT))(
    "fails by name after three times %s",
    async (_, [what, code, says]) => {
      const { fault, asked } = await reading(what, patienceWith(what));
      expect(fault).toMatchObject({ code, message: expect.stringMatching(says) });
      expect(fault && statusOf(fault)).toBe("unreachable");
      expect(asked).toBe(3);
    },
  );

  const REFUSED: Readonly<Record<string, readonly [EdgeAnswer, code: string, says: RegExp]>> = {
    "a key that is not there": [s3Error(404, "NoSuchKey"), "bundle-absent", /there is no such object/],
    "a key that may not be there": [
      s3Error(
        403,
        "AccessDenied",
        `User: arn:aws:sts::1:x/${PLANTED.id} is not authorized to perform: s3:ListBucket on`,
      ),
      "bundle-absent",
      /absent, or not permitted/,
    ],
    "a version that is not there": [s3Error(404, "NoSuchVersion"), "bundle-version-absent", /no version/],
    "what is no version's id": [
      s3Error(400, "InvalidArgument", "Invalid version id specified"),
      "bundle-version-absent",
      /no version/,
    ],
    "a delete marker": [s3Error(405, "MethodNotAllowed"), "bundle-version-absent", /delete marker/],
    "no such bucket": [s3Error(404, "NoSuchBucket"), "no-such-bucket", /no such bucket/],
    "another region": [
      s3Error(301, "PermanentRedirect", "m", { Endpoint: "x" }),
      "s3-wrong-region",
      /another region/,
    ],
    "another region's signature": [
      s3Error(400, "AuthorizationHeaderMalformed"),
      "s3-wrong-region",
      /another region/,
    ],
    "a disabled key": [s3Error(400, "KMS.DisabledException"), "kms-key-unusable", /KMS.DisabledException/],
    "a key to be deleted": [
      s3Error(400, "KMS.KMSInvalidStateException"),
      "kms-key-unusable",
      /KMSInvalidState/,
    ],
    "a key that is gone": [s3Error(400, "KMS.NotFoundException"), "kms-key-unusable", /KMS.NotFound/],
    "a key of somebody else's": [
      s3Error(403, "AccessDenied", "User: x is not authorized to perform: kms:Decrypt on the resource"),
      "kms-key-unusable",
      /kms:Decrypt is denied/,
    ],
    "no leave": [
      s3Error(403, "AccessDenied", "User: x is not authorized to perform: s3:GetObject on resource: y"),
      "s3-access-denied",
      /s3:GetObject is denied/,
    ],
    "no leave, without a word": [
      s3Error(403, "AccessDenied", "Access Denied"),
      "s3-access-denied",
      /or absent/,
    ],
    "an object in an archive": [s3Error(403, "InvalidObjectState"), "s3-failed", /archive class of storage/],
    "a refusal for another reason": [
      s3Error(403, "AccountProblem"),
      "s3-access-denied",
      /access is denied \(AccountProblem\)/,
    ],
    "a gateway's refusal": [answer(403, "<html>"), "s3-access-denied", /or absent/],
    "expired credentials": [s3Error(400, "ExpiredToken"), "aws-credentials-expired", /expired/],
    "an unknown key id": [
      s3Error(403, "InvalidAccessKeyId", PLANTED.id),
      "aws-credentials-refused",
      /InvalidAccess/,
    ],
    "a wrong secret key": [
      s3Error(403, "SignatureDoesNotMatch", PLANTED.key, { StringToSign: PLANTED.token }),
      "aws-credentials-refused",
      /SignatureDoesNotMatch/,
    ],
  };
  test.each(Object.entries(REFUSED))("is refused once, by name: %s", async (_, [what, code, says]) => {
    const { fault, asked } = await reading(what);
    expect(fault).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(fault?.message).toContain("s3://bundles-here/bundles/paws360/1.0.0.zip cannot be read");
    const named = ["bundle-absent", "bundle-version-absent"].includes(code);
    expect(fault && statusOf(fault)).toBe(named ? "bad_input" : "unreachable");
    expect(asked).toBe(1);
  });

  test("over the limit is refused by its length, or where it passes it", async () => {
    const large = {
      kind: "half",
      status: 200,
      headers: { "content-length": "999999" },
      body: BYTES,
      ending: "stall",
    } as const;
    expect(await reading(large, { object_bytes: 1000 })).toMatchObject({
      fault: { code: "archive-too-large" },
      asked: 1,
    });
    const { fault } = await reading(s3Object(BYTES), { object_bytes: BYTES.length - 1 });
    expect(fault?.code).toBe("archive-too-large");
  });

  test("is given up at the deadline, however often S3 may still be asked", async () => {
    for (const what of [{ kind: "never" }, { ...half, ending: "stall" }] as const) {
      const { signal, script } = overWhenAsked(what);
      const { fault, asked } = await reading(script, { silence_ms: 60_000, signal });
      expect({ code: fault?.code, asked }).toEqual({ code: "s3-timeout", asked: 1 });
    }
  });

  test("is not waited for after Ctrl-C", async () => {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort("SIGINT"), 50);
    const { fault } = await reading({ kind: "never" }, { silence_ms: 60_000, signal: interrupt.signal });
    expect(fault).toMatchObject({ code: "interrupted", message: expect.stringContaining("SIGINT came") });
  });
});

test("an emulator is asked by the path, since it has no host names for buckets", async () => {
  const { stub } = await s3Edge(s3Object(BYTES));
  await storeAt(stub.endpoint.replace("127.0.0.1", "localhost")).read(PLACE, never());
  expect(stub.requests[0]?.headers.host).toMatch(/^localhost:/);
});

describe("without a way to S3", () => {
  const codeOf = async (endpoint: string, limits: Partial<S3Limits> = {}) =>
    (await faultsOfPromise(() => storeAt(endpoint, limits).read(PLACE, never())))[0];

  test("the message says so, and what to check", async () => {
    const closed = await codeOf(`http://127.0.0.1:${await closedPort()}`);
    expect(closed).toMatchObject({
      code: "s3-unreachable",
      remedy: expect.stringContaining("gateway endpoint"),
    });
    expect(closed?.remedy).toContain("prefix list");
    expect(await codeOf(`http://${NO_HOST}`)).toMatchObject({ code: "s3-unreachable" });
    // Of TEST-NET-1 nothing ever answers, which is what a subnet without an endpoint looks like.
    expect(await codeOf("http://192.0.2.1", { connect_ms: 300 })).toMatchObject({ code: "s3-unreachable" });
  });

  test("the search for credentials ends at the deadline, too", async () => {
    const { signal, script } = overWhenAsked({ kind: "never" });
    const { stub, store } = await s3Edge(script);
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
      vi.stubEnv(name, undefined);
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${stub.endpoint}/credentials`);
    const faults = await faultsOfPromise(() => store.read(PLACE, signal));
    expect(faults).toMatchObject([{ code: "s3-timeout" }]);
    expect(stub.requests.map(({ url }) => url)).toEqual(["/credentials"]);
  });

  test("or without credentials, or a region", async () => {
    const store = storeAt("http://127.0.0.1:9");
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
      vi.stubEnv(name, undefined);
    vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    expect(await faultsOfPromise(() => store.read(PLACE, never()))).toMatchObject([
      { code: "aws-credentials-missing" },
    ]);
    const regionless = storeAt("http://127.0.0.1:9");
    vi.stubEnv("AWS_REGION", undefined);
    expect(await faultsOfPromise(() => regionless.read(PLACE, never()))).toMatchObject([
      { code: "aws-region-missing" },
    ]);
  });

  test("or with a region or an address that is none", async () => {
    const nowhere = storeAt("http://127.0.0.1:9");
    vi.stubEnv("AWS_REGION", "eu west");
    expect(await faultsOfPromise(() => nowhere.read(PLACE, never()))).toMatchObject([
      { code: "aws-region-missing" },
    ]);
    vi.stubEnv("AWS_REGION", "eu-west-1");
    expect(await faultsOfPromise(() => storeAt("nowhere").read(PLACE, never()))).toMatchObject([
      { code: "s3-unreachable", remedy: "Correct AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL." },
    ]);
  });
});

describe("the newest version", () => {
  const newest = async (script: EdgeScript | EdgeAnswer) => {
    const { stub, store } = await s3Edge(script);
    return { key: await store.newest("bundles-here", "paws360", never()), stub };
  };

  test("is what was written last, on whichever page it stands", async () => {
    const { key, stub } = await newest(
      inTurn(
        s3Listing([["bundles/paws360/2.0.0.zip", "2026-01-02T00:00:00Z"]], "more"),
        s3Listing([
          ["bundles/paws360/1.9.1.zip", "2026-01-03T00:00:00Z"],
          ["bundles/paws360/1.9.0.zip", "2026-01-01T00:00:00Z"],
        ]),
      ),
    );
    expect(key).toBe("bundles/paws360/1.9.1.zip");
    expect(stub.requests.map(({ url }) => new URL(url, "http://x").searchParams.get("prefix"))).toEqual([
      "bundles/paws360/",
      "bundles/paws360/",
    ]);
    expect(stub.requests[1]?.url).toContain("continuation-token=more");
  });

  test("of those of one second is the highest by number", async () => {
    const at = "2026-01-02T00:00:00Z";
    const keys = ["1.9.0", "1.10.0", "1.2.0"].map(
      (version) => [`bundles/paws360/${version}.zip`, at] as const,
    );
    expect((await newest(s3Listing(keys))).key).toBe("bundles/paws360/1.10.0.zip");
  });

  test("is no file of another kind, or in a folder below", async () => {
    const { key } = await newest(
      s3Listing([
        ["bundles/paws360/1.zip", "2026-01-01T00:00:00Z"],
        ["bundles/paws360/old/2.zip", "2026-01-02T00:00:00Z"],
        ["bundles/paws360/notes.txt", "2026-01-02T00:00:00Z"],
        ["bundles/paws360/", "2026-01-02T00:00:00Z"],
      ]),
    );
    expect(key).toBe("bundles/paws360/1.zip");
  });

  test("may not be there, or not be told", async () => {
    for (const [script, code] of [
      [s3Listing([]), "bundle-absent"],
      [s3Error(403, "AccessDenied"), "s3-access-denied"],
      [s3Error(404, "NoSuchBucket"), "no-such-bucket"],
    ] as const) {
      const { store } = await s3Edge(script);
      expect(await faultsOfPromise(() => store.newest("bundles-here", "paws360", never()))).toMatchObject([
        { code },
      ]);
    }
  });
});
