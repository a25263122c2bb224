import { expect, onTestFinished, test } from "vitest";
import {
  answer,
  type EdgeAnswer,
  type EdgeScript,
  type EdgeStub,
  inTurn,
  s3Error,
  startEdge,
} from "./edge_stub.ts";

async function edge(script: EdgeScript | EdgeAnswer): Promise<EdgeStub> {
  const stub = await startEdge(script);
  onTestFinished(() => stub.close());
  return stub;
}

test("answers in turn, and keeps what it was asked", async () => {
  const stub = await edge(inTurn(s3Error(503, "SlowDown", "<later>"), answer(200, "there")));
  const first = await fetch(`${stub.endpoint}/bucket/key?versionId=1`);
  expect(first.status).toBe(503);
  expect(await first.text()).toContain("<Code>SlowDown</Code><Message>&lt;later&gt;</Message>");
  const again = () => fetch(stub.endpoint, { method: "PUT", body: "what" }).then((said) => said.text());
  expect([await again(), await again()]).toEqual(["there", "there"]);
  expect(stub.requests.map(({ method, url, body }) => [method, url, body.toString()])).toEqual([
    ["GET", "/bucket/key?versionId=1", ""],
    ["PUT", "/", "what"],
    ["PUT", "/", "what"],
  ]);
});

test("breaks off as told", async () => {
  const stub = await edge({ kind: "reset" });
  const errorOf = (what: Promise<unknown>) =>
    what.then(
      () => "none",
      (error: Error) => (error.cause as { code?: string } | undefined)?.code ?? error.name,
    );
  expect(await errorOf(fetch(stub.endpoint))).toMatch(/ECONNRESET|UND_ERR_SOCKET/);

  stub.answer({ kind: "half", status: 200, body: "0123456789", ending: "reset" });
  const half = await fetch(stub.endpoint);
  expect(half.headers.get("content-length")).toBe("10");
  expect(await errorOf(half.text())).toMatch(/ECONNRESET|UND_ERR_SOCKET/);

  for (const silent of [
    { kind: "never" },
    { kind: "half", status: 200, body: "0123456789", ending: "stall" },
  ] as const) {
    stub.answer(silent);
    const waiting = fetch(stub.endpoint, { signal: AbortSignal.timeout(100) }).then((said) => said.text());
    expect(await errorOf(waiting), silent.kind).toBe("TimeoutError");
  }
});

test("answers late", async () => {
  const stub = await edge({ kind: "late", after_ms: 1, answer: answer(404, "late") });
  expect(await fetch(stub.endpoint).then((said) => said.text())).toBe("late");
});
