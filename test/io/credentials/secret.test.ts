import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toAwsError } from "#io/aws_client.ts";
import { secretReader } from "#io/credentials/secret.ts";
import { toSecretFault } from "#io/credentials/secret_fault.ts";
import { answer, type EdgeAnswer, inTurn, jsonAnswer, jsonError } from "../../support/edge_stub.ts";
import { SECRET_ARN, type SecretEdge, secretAnswer, startSecretEdge } from "../../support/secret_edge.ts";

const PLANTED = 'pl4nted "secret" \\ \u2603 &<>%';

let edge: SecretEdge;
beforeAll(async () => {
  edge = await startSecretEdge();
});
afterAll(() => edge.close());

async function faultOf(given: EdgeAnswer | readonly [EdgeAnswer, ...EdgeAnswer[]], left_ms = 12_000) {
  edge.answer(Array.isArray(given) ? inTurn(...(given as [EdgeAnswer])) : (given as EdgeAnswer));
  const error: unknown = await secretReader(SECRET_ARN, () => left_ms)().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "MigrationFault" });
  const text = JSON.stringify(error) + String((error as Error).message) + String((error as Error).stack);
  for (const secret of [PLANTED, "pl4nted", String(process.env.AWS_SECRET_ACCESS_KEY)]) {
    expect(text.includes(secret), secret).toBe(false);
  }
  const [fault] = (
    error as { faults: readonly { code: string; message: string; remedy: string; detail: string | null }[] }
  ).faults;
  return fault as NonNullable<typeof fault>;
}

const MARKED = "You can't perform this operation on the secret because it was marked for deletion.";
const NO_VERSION = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";

describe("each refusal of Secrets Manager has its own fault", () => {
  it.each<[string, EdgeAnswer, string, RegExp]>([
    [
      "absent",
      jsonError(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
      "secret-absent",
      /is not there in eu-west-1/,
    ],
    [
      "without a value",
      jsonError(400, "ResourceNotFoundException", NO_VERSION),
      "secret-absent",
      /no current version/,
    ],
    [
      "not permitted",
      jsonError(
        400,
        "AccessDeniedException",
        "User: x is not authorized to perform: secretsmanager:GetSecretValue",
      ),
      "secret-not-permitted",
      /must not be read by this role/,
    ],
    [
      "not permitted, though its name holds that of keys",
      jsonError(
        400,
        "AccessDeniedException",
        "User: x is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-1:1:secret:KMS-kms:app because no identity-based policy allows it",
      ),
      "secret-not-permitted",
      /must not be read by this role/,
    ],
    [
      "a key that is not permitted",
      jsonError(400, "AccessDeniedException", "User: x is not authorized to perform: kms:Decrypt on it"),
      "secret-key",
      /KMS key is disabled/,
    ],
    [
      "scheduled for deletion",
      jsonError(400, "InvalidRequestException", MARKED),
      "secret-deleted",
      /scheduled for deletion/,
    ],
    [
      "a key that may not be used",
      jsonError(400, "AccessDeniedException", "Access to KMS is not allowed"),
      "secret-key",
      /KMS key is disabled/,
    ],
    [
      "a key that is disabled",
      jsonError(400, "DecryptionFailure", "Secrets Manager can't decrypt the protected secret text"),
      "secret-key",
      /KMS key is disabled/,
    ],
    ["throttled", jsonError(400, "ThrottlingException", "Rate exceeded"), "secret-throttled", /throttles/],
    [
      "nobody",
      jsonError(400, "UnrecognizedClientException", "The security token included in the request is invalid."),
      "aws-credentials-refused",
      /AWS does not accept the credentials/,
    ],
    [
      "somebody of yesterday",
      jsonError(400, "ExpiredTokenException", "The security token included in the request is expired"),
      "aws-credentials-expired",
      /have expired/,
    ],
    [
      "something new",
      jsonError(400, "SomethingNewException", "no such thing"),
      "secret-unreadable",
      /SomethingNewException, HTTP 400/,
    ],
    ["behind a gateway", answer(403, "<html>"), "secret-unreadable", /HTTP 403/],
  ])("%s", async (_, given, code, says) => {
    const fault = await faultOf(given);
    expect(fault).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(fault.message).toContain(SECRET_ARN);
  });

  it("what the service said stands in the detail, and nowhere else", async () => {
    const said = "User: arn:aws:sts::1:assumed-role/x is not authorized";
    const fault = await faultOf(jsonError(400, "AccessDeniedException", said));
    expect(fault.detail).toBe(`AccessDeniedException: ${said}`);
    expect(fault.message).not.toContain("assumed-role");
  });
});

describe("Secrets Manager that cannot be reached names the endpoint to look at", () => {
  it.each<[string, EdgeAnswer]>([
    ["reset", { kind: "reset" }],
    [
      "half an answer",
      { kind: "half", status: 200, body: JSON.stringify({ SecretString: PLANTED }), ending: "reset" },
    ],
    ["503", answer(503, "busy")],
  ])("%s: tried three times", async (_, given) => {
    const before = edge.requests.length;
    const fault = await faultOf(given);
    expect(fault.code).toBe("secret-unreachable");
    expect(fault.remedy).toContain("com.amazonaws.eu-west-1.secretsmanager");
    expect(edge.requests.length - before).toBe(3);
  });

  it.each([
    ["http://127.0.0.1:9", "nothing listens there"],
    ["nonsense", "its address in AWS_ENDPOINT_URL is no URL"],
  ])("nothing at %s", async (endpoint, says) => {
    const { AWS_ENDPOINT_URL } = process.env;
    process.env.AWS_ENDPOINT_URL = endpoint;
    const fault = await faultOf(answer(200));
    process.env.AWS_ENDPOINT_URL = AWS_ENDPOINT_URL;
    expect(fault).toMatchObject({
      code: "secret-unreachable",
      message: expect.stringContaining(`from this subnet, ${says}`),
    });
  });

  it("something that speaks no TLS, or is not trusted", async () => {
    const plain = createServer((socket) => void socket.on("error", () => {}).end("no TLS here\r\n"));
    await once(plain.listen(0, "127.0.0.1"), "listening");
    const { AWS_ENDPOINT_URL } = process.env;
    process.env.AWS_ENDPOINT_URL = `https://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    const fault = await faultOf(answer(200));
    process.env.AWS_ENDPOINT_URL = AWS_ENDPOINT_URL;
    plain.close();
    const says = /from this subnet, no trusted connection \((EPROTO|ERR_SSL_\w+)\): see what/;
    expect(fault).toMatchObject({ code: "secret-unreachable", message: expect.stringMatching(says) });
    for (const code of ["SELF_SIGNED_CERT_IN_CHAIN", "ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED"]) {
      const error = toAwsError(Object.assign(new Error("x"), { code }));
      expect(toSecretFault(error, SECRET_ARN, "eu-west-1").message).toContain(`connection (${code})`);
    }
  });

  it("no answer: ended by the deadline of all tries together", async () => {
    const fault = await faultOf({ kind: "never" }, 300);
    expect(fault).toMatchObject({
      code: "secret-unreachable",
      message: expect.stringMatching(/no answer came in time.*DeadlineError/),
    });
  });
});

it("one that fails once is read by the next try", async () => {
  edge.answer(inTurn(answer(500), secretAnswer("v1", { username: "job", password: PLANTED })));
  expect(await secretReader(SECRET_ARN)()).toEqual({ user: "job", password: PLANTED, version: "v1" });
});

describe("a secret that holds no login says what is lacking, and nothing of what it holds", () => {
  it.each<[string, unknown, RegExp]>([
    ["not JSON", PLANTED, /is not JSON/],
    ["a password alone", JSON.stringify(PLANTED), /is not a JSON object/],
    ["a list", [PLANTED], /is not a JSON object/],
    ["null", "null", /is not a JSON object/],
    ["no username", { password: PLANTED }, /has no `username`/],
    ["no password", { username: "job", key: PLANTED }, /has no `password`/],
    ["of the prototype", '{"username":"job","__proto__":{"password":"pl4nted"}}', /has no `password`/],
    ["an empty password", { username: PLANTED, password: "" }, /an empty `password`/],
    ["a password that is a number", { username: PLANTED, password: 7 }, /`password` that is not text/],
    ["NUL", { username: "job", password: `${PLANTED}\0` }, /NUL character in its `password`/],
    ["too long", { username: "job", password: PLANTED.repeat(2_000) }, /more than 16384 bytes/],
  ])("%s", async (_, value, says) => {
    const fault = await faultOf(secretAnswer("v3", value));
    expect(fault).toMatchObject({ code: "secret-malformed", message: expect.stringMatching(says) });
    expect(fault.message).toContain("version v3");
    expect(fault.detail).toBeNull();
  });

  it("no text at all", async () => {
    const given = jsonAnswer({ ARN: SECRET_ARN, VersionId: "v3", SecretString: 7 });
    expect(await faultOf(given)).toMatchObject({ code: "secret-malformed" });
  });

  it("binary", async () => {
    const given = jsonAnswer({ ARN: SECRET_ARN, VersionId: "v4", SecretBinary: btoa("pl4nted") });
    expect(await faultOf(given)).toMatchObject({
      code: "secret-malformed",
      message: expect.stringMatching(/binary/),
    });
  });
});
