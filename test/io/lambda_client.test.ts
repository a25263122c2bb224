import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type Invocation, openLambda } from "#io/lambda_client.ts";
import { toUnanswered } from "#io/lambda_fault.ts";
import { answer, type EdgeAnswer, jsonError } from "../support/edge_stub.ts";
import { functionError, lambdaEnvironment, scriptedLambda } from "../support/scripted_lambda.ts";
import { NO_HOST } from "../support/sockets.ts";

beforeAll(() => {
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"]) vi.stubEnv(name, undefined);
  // Nothing of whoever runs the tests.
  for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) vi.stubEnv(name, "/dev/null");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
});
afterAll(() => void vi.unstubAllEnvs());

const address = { name: "paws-apply", qualifier: "live", region: null };
const wanted: Invocation = { address, payload: '{"a":"ä"}', until: "answer", timeout_ms: 30_000 };
const never = new AbortController().signal;

function at(endpoint: string, more: Readonly<Record<string, string | undefined>> = {}): void {
  for (const [name, value] of Object.entries({ ...lambdaEnvironment(endpoint), ...more }))
    vi.stubEnv(name, value);
}

async function invoke(played: EdgeAnswer, more: Partial<Invocation> = {}) {
  const lambda = await scriptedLambda(() => played);
  at(lambda.endpoint);
  return { lambda, invoked: await openLambda().invoke({ ...wanted, ...more }, never) };
}

describe("an invocation", () => {
  it("goes to the alias, and brings what the function said", async () => {
    const { lambda, invoked } = await invoke(answer(200, '{"b":"ü"}'));
    expect(invoked).toEqual({ kind: "answered", function_error: null, payload: '{"b":"ü"}' });
    expect(lambda.invoked).toEqual([
      { name: "paws-apply", qualifier: "live", type: "RequestResponse", event: { a: "ä" } },
    ]);
  });

  it("of an event ends when Lambda has it", async () => {
    const { lambda, invoked } = await invoke(answer(202), { until: "taken" });
    expect(invoked).toEqual({ kind: "answered", function_error: null, payload: "" });
    expect(lambda.invoked[0]?.type).toBe("Event");
  });

  it("brings the mark of a failure", async () => {
    const { invoked } = await invoke(functionError("MigrationFailed", "run r: sql-error: x"));
    expect(invoked).toMatchObject({ kind: "answered", function_error: "Unhandled" });
  });
});

const TURNED_AWAY: readonly (readonly [EdgeAnswer, string, RegExp])[] = [
  [
    jsonError(404, "ResourceNotFoundException", "Function not found: x"),
    "function-absent",
    /Function not found/,
  ],
  [jsonError(403, "AccessDeniedException", "not authorized"), "invoke-denied", /not authorized/],
  [jsonError(429, "TooManyRequestsException", "Rate exceeded"), "invoke-throttled", /Rate exceeded/],
  [jsonError(413, "RequestTooLargeException", "too large"), "payload-too-large", /too large/],
  [jsonError(403, "UnrecognizedClientException", "x"), "aws-credentials-refused", /UnrecognizedClient/],
  [jsonError(403, "ExpiredTokenException", "x"), "aws-credentials-expired", /ExpiredToken/],
  [jsonError(403, "InvalidSignatureException", "x"), "aws-credentials-refused", /InvalidSignature/],
  [jsonError(502, "KMSDisabledException", "key disabled"), "function-unavailable", /key disabled/],
  [jsonError(502, "ENILimitReachedException", "no address"), "function-unavailable", /no address/],
  [jsonError(409, "ResourceConflictException", "pending"), "function-unavailable", /pending/],
  [jsonError(400, "InvalidParameterValueException", "odd"), "function-unavailable", /400.*odd/],
];

describe("is told to be turned away, after one try", () => {
  it.each(TURNED_AWAY.map(([played, code, message]) => [code, message, played] as const))(
    "%s, %s",
    async (code, message, played) => {
      const { lambda, invoked } = await invoke(played);
      expect(invoked).toMatchObject({
        kind: "refused",
        fault: { code, message: expect.stringMatching(message) },
      });
      if (code !== "aws-credentials")
        expect(invoked).toMatchObject({ fault: { message: expect.stringContaining("paws-apply:live") } });
      expect(lambda.invoked).toHaveLength(1);
    },
  );
});

describe("may have begun something, and is not sent again", () => {
  it.each<[string, EdgeAnswer, string]>([
    ["a reset", { kind: "reset" }, "lambda-unreachable"],
    ["silence", { kind: "never" }, "lambda-unreachable"],
    [
      "half an answer",
      { kind: "half", status: 200, body: '{"status":"ok"}', ending: "reset" },
      "lambda-unreachable",
    ],
    [
      "half an answer and silence",
      { kind: "half", status: 200, body: "0123", ending: "stall" },
      "lambda-unreachable",
    ],
    ["a fault of Lambda's", jsonError(500, "ServiceException", "internal"), "function-unavailable"],
    ["a gateway's page", answer(503, "<html>Service Unavailable</html>"), "function-unavailable"],
  ])("%s", async (_what, played, code) => {
    const silent = played.kind === "never" || (played.kind === "half" && played.ending === "stall");
    // A busy machine must not be taken for a silent one.
    const { lambda, invoked } = await invoke(played, silent ? { timeout_ms: 2_000 } : {});
    expect(invoked).toMatchObject({ kind: "lost", fault: { code } });
    expect(lambda.invoked).toHaveLength(1);
  });
});

describe("cannot be sent", () => {
  it("where nothing listens", async () => {
    at("http://127.0.0.1:1");
    expect(await openLambda().invoke(wanted, never)).toMatchObject({
      kind: "refused",
      fault: { code: "lambda-unreachable", message: expect.stringContaining("ECONNREFUSED") },
    });
  });

  it("to a host that is not known", async () => {
    at(`http://${NO_HOST}`);
    expect(await openLambda().invoke(wanted, never)).toMatchObject({
      kind: "refused",
      fault: { code: "lambda-unreachable", message: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) },
    });
  });

  it("to what speaks no TLS", async () => {
    const plain = createServer((socket) => void socket.on("error", () => {}).end("no TLS here\r\n"));
    await once(plain.listen(0, "127.0.0.1"), "listening");
    at(`https://127.0.0.1:${(plain.address() as AddressInfo).port}`);
    expect(await openLambda().invoke(wanted, never)).toMatchObject({
      kind: "refused",
      fault: { code: "lambda-unreachable", message: expect.stringMatching(/EPROTO|SSL/) },
    });
    plain.close();
  });

  it("to a region that is none", async () => {
    at("http://127.0.0.1:1", { AWS_REGION: "eu west 1", AWS_ENDPOINT_URL_LAMBDA: undefined });
    expect(await openLambda().invoke(wanted, never)).toMatchObject({
      kind: "refused",
      fault: { code: "aws-region-missing", message: "What is configured as the AWS region is none." },
    });
  });

  it("without credentials", async () => {
    at("http://127.0.0.1:1", { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
    expect(await openLambda().invoke(wanted, never)).toMatchObject({
      kind: "refused",
      fault: { code: "aws-credentials-missing" },
    });
  });

  it("without a region, unless the function's ARN tells it", async () => {
    const lambda = await scriptedLambda(() => answer(200, "{}"));
    at(lambda.endpoint, { AWS_REGION: undefined });
    expect(await openLambda().invoke(wanted, never)).toMatchObject({
      kind: "refused",
      fault: { code: "aws-region-missing" },
    });
    const arn = { ...address, name: "arn:aws:lambda:eu-west-1:123456789012:function:f", region: "eu-west-1" };
    expect(await openLambda().invoke({ ...wanted, address: arn }, never)).toMatchObject({ kind: "answered" });
    expect(lambda.invoked[0]?.name).toBe(arn.name);
  });
});

it("ends at once when it is interrupted", async () => {
  const lambda = await scriptedLambda(() => ({ kind: "never" }));
  at(lambda.endpoint);
  const controller = new AbortController();
  const invoked = openLambda().invoke({ ...wanted, timeout_ms: 60_000 }, controller.signal);
  setTimeout(() => controller.abort("SIGINT"), 50);
  expect(await invoked).toEqual({ kind: "interrupted" });
  onTestFinished(() => controller.abort());
});

it("a connection that is never made is no call", () => {
  const text = "the request socket did not establish a connection with the server within 5000 ms";
  const late = Object.assign(new Error(text), { name: "TimeoutError" });
  expect(toUnanswered(late, "f:live")).toMatchObject({
    kind: "refused",
    fault: { code: "lambda-unreachable" },
  });
});
