import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ErrorCode } from "#engine/error_codes.ts";
import { fault, statusOf } from "#engine/errors.ts";
import { errorName } from "#engine/status.ts";
import { hasOpenssl } from "../support/certificates.ts";
import { type Deployed, isSecret, startDeployed } from "../support/deployed.ts";
import {
  answer,
  type EdgeAnswer,
  type EdgeRequest,
  jsonAnswer,
  jsonError,
  s3Error,
} from "../support/edge_stub.ts";
import { quietly } from "../support/quietly.ts";
import { PLANTED, s3Object } from "../support/s3_edge.ts";
import { secretAnswer } from "../support/secret_edge.ts";

/** What an edge does to every request of one kind, what it leads to, and how often it is asked at most. */
type Case = readonly [does: (good: Buffer) => EdgeAnswer, code: ErrorCode, asked: number];

const html = "<html><body>Service Unavailable</body></html>";
const half = (ending: "reset" | "stall") => (good: Buffer) =>
  ({ kind: "half", status: 200, headers: { "x-amz-version-id": "v1" }, body: good, ending }) as const;

const BUCKET: Readonly<Record<string, Case>> = {
  "answers 503": [() => s3Error(503, "SlowDown"), "s3-failed", 3],
  "answers 500": [() => s3Error(500, "InternalError"), "s3-failed", 3],
  "is a gateway that answers 502": [() => answer(502, html), "s3-failed", 3],
  "never answers": [() => ({ kind: "never" }), "s3-timeout", 3],
  resets: [() => ({ kind: "reset" }), "s3-failed", 3],
  "sends half a body and resets": [half("reset"), "s3-failed", 9],
  "sends half a body and stalls": [half("stall"), "s3-timeout", 9],
  "sends other bytes than their check sum says": [
    (good) => s3Object(good, "v1", { "x-amz-checksum-sha256": `${"A".repeat(43)}=` }),
    "s3-checksum",
    9,
  ],
  "has its key disabled": [() => s3Error(400, "KMS.DisabledException", "is disabled"), "kms-key-unusable", 1],
  "denies access": [() => s3Error(403, "AccessDenied", "Access Denied"), "s3-access-denied", 1],
  "denies its key": [
    () => s3Error(403, "AccessDenied", "User: arn:x is not authorized to perform: kms:Decrypt on y"),
    "kms-key-unusable",
    1,
  ],
  "is another region's": [() => s3Error(301, "PermanentRedirect"), "s3-wrong-region", 1],
  "is absent": [() => s3Error(404, "NoSuchBucket"), "no-such-bucket", 1],
  "lacks the object": [() => s3Error(404, "NoSuchKey"), "bundle-absent", 1],
  "has expired credentials": [() => s3Error(400, "ExpiredToken"), "aws-credentials-expired", 1],
  "sends a web page for an archive": [() => s3Object(Buffer.from(html)), "not-an-archive", 1],
  "sends nothing for an archive": [() => s3Object(Buffer.alloc(0)), "not-an-archive", 1],
};

const arn = (name: string) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-AbCdEf`;

const SECRET: Readonly<Record<string, Case>> = {
  "answers 503": [() => jsonError(503, "ServiceUnavailable"), "secret-unreachable", 3],
  "answers 500": [() => jsonError(500, "InternalServiceError"), "secret-unreachable", 3],
  "is a gateway that answers 502": [() => answer(502, html), "secret-unreachable", 3],
  "never answers": [() => ({ kind: "never" }), "secret-unreachable", 3],
  resets: [() => ({ kind: "reset" }), "secret-unreachable", 3],
  "sends half a body and resets": [half("reset"), "secret-unreachable", 3],
  "sends half a body and stalls": [half("stall"), "secret-unreachable", 3],
  "has its key disabled": [() => jsonError(400, "DecryptionFailure", "KMS key is disabled"), "secret-key", 1],
  "denies access": [() => jsonError(400, "AccessDeniedException", "denied"), "secret-not-permitted", 1],
  throttles: [() => jsonError(400, "ThrottlingException", "Rate exceeded"), "secret-throttled", 3],
  "is absent": [() => jsonError(400, "ResourceNotFoundException", "can't find it"), "secret-absent", 1],
  "is deleted": [() => jsonError(400, "InvalidRequestException", "marked for deletion"), "secret-deleted", 1],
  "has expired credentials": [() => jsonError(400, "ExpiredTokenException"), "aws-credentials-expired", 1],
  "sends a web page": [() => answer(200, html), "secret-unreadable", 3],
  "holds no JSON": [() => secretAnswer("v1", "planted-plain-password"), "secret-malformed", 1],
  "holds no password": [() => secretAnswer("v1", { username: "job" }), "secret-malformed", 1],
  "holds nothing": [() => jsonAnswer({ ARN: arn("x"), VersionId: "v1" }), "secret-malformed", 1],
};

/** A case's name as a key, and as a secret's name, may hold it. */
const slug = (name: string): string => name.replaceAll(/[^a-z0-9]+/g, "-");
/** Lambda's own end. A bucket that keeps silent may take as long as there is time: little, so that it ends soon. */
const remaining = (kind: string, name: string): number =>
  kind === "bucket" && /never|stalls/.test(name) ? 20_000 : 120_000;

describe.skipIf(!(await hasOpenssl()))("at the edge of AWS", () => {
  let deployed: Deployed;
  let log = "";
  /** What each case came to. All at once: most of them wait. */
  const ended = new Map<
    string,
    { readonly error: unknown; readonly asked: number; readonly left_ms: number }
  >();

  beforeAll(async () => {
    deployed = await startDeployed();
    await deployed.newDatabase("chaos");
    const caseOf = (request: EdgeRequest): string => {
      const secret = /secret:([a-z0-9-]+)-AbCdEf/.exec(request.body.toString())?.[1];
      const object = /\/bundles\/([a-z0-9-]+)\/1\.zip/.exec(request.url)?.[1];
      return isSecret(request) ? `secret ${secret}` : `bucket ${object}`;
    };
    deployed.break((request) => {
      const [kind, name] = caseOf(request).split(" ");
      const cases = kind === "secret" ? SECRET : BUCKET;
      const found = Object.entries(cases).find(([one]) => slug(one) === name)?.[1];
      return found?.[0](deployed.kept.bytes) ?? null;
    });
    const play = async (kind: string, name: string): Promise<void> => {
      const remaining_ms = remaining(kind, name);
      const until = performance.now() + remaining_ms;
      const event = { run_id: `${kind}-${slug(name)}` };
      const invoked =
        kind === "secret"
          ? deployed.invoke("apply", event, {
              remaining_ms,
              env: { DB_SECRET_ARN: arn(slug(name)) },
            })
          : deployed.invoke(
              "apply",
              { ...event, bundle: { key: `bundles/${slug(name)}/1.zip` } },
              { remaining_ms },
            );
      const error = await invoked.then(
        () => null,
        (failure: unknown) => failure,
      );
      const asked = deployed.requests.filter((request) => caseOf(request) === `${kind} ${slug(name)}`).length;
      ended.set(`${kind} ${name}`, { error, asked, left_ms: until - performance.now() });
    };
    await quietly(
      () =>
        Promise.all([
          ...Object.keys(BUCKET).map((name) => play("bucket", name)),
          ...Object.keys(SECRET).map((name) => play("secret", name)),
        ]),
      (text) => {
        log += text;
      },
    );
    deployed.break(null);
  });
  afterAll(() => deployed?.stop());

  const judge = (kind: string, name: string, [, code, most]: Case): void => {
    const { error, asked, left_ms } = ended.get(`${kind} ${name}`) ?? { error: null, asked: 0, left_ms: 0 };
    const status = statusOf(fault(code, ""));
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: status === "ok" ? "" : errorName(status) });
    expect((error as Error).message).toMatch(new RegExp(`^run ${kind}-${slug(name)}: ${code}: .{20}`));
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(most);
    // It ended by itself, and not because Lambda ended it.
    expect(left_ms).toBeGreaterThan(0);
  };

  it.each(Object.entries(BUCKET))("a bucket that %s", (name, one) => judge("bucket", name, one));
  it.each(Object.entries(SECRET))("a secret that %s", (name, one) => judge("secret", name, one));

  it("the database is as it was: no table, no row, no run", async () => {
    const made = await deployed.query(`
      SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`);
    expect(made).toEqual([]);
  });

  it("nothing of a secret is told, neither to the caller nor in the log", () => {
    const told = [...ended.values()].map(({ error }) => `${error} ${(error as Error).stack}`).join("\n");
    expect(log).toContain("secret-malformed");
    for (const planted of [...Object.values(PLANTED), deployed.password, "planted-plain-password"]) {
      expect(told).not.toContain(planted);
      expect(log).not.toContain(planted);
    }
  });

  it("what fails once is asked again, and the run goes on", async () => {
    const failed = new Set<boolean>();
    deployed.break((request) => {
      if (failed.has(isSecret(request))) return null;
      failed.add(isSecret(request));
      return isSecret(request) ? jsonError(500, "InternalServiceError") : { kind: "reset" };
    });
    const report = await quietly(() => deployed.invoke("apply", { to: "1" }));
    expect(report).toMatchObject({ command: "up", status: "ok", current_version: "1" });
    expect(failed.size).toBe(2);
  });
});
