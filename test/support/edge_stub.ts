import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";

/** A request as it came in, body and all. */
export interface EdgeRequest {
  readonly method: string;
  /** Path with query, as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a service at the cloud's edge does with one request. */
export type EdgeAnswer =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    }
  /** The connection is reset before a byte of the answer. */
  | { readonly kind: "reset" }
  /** Status, headers with the whole length, half of the body, then a reset; `stall` says nothing more instead. */
  | {
      readonly kind: "half";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
      readonly ending: "reset" | "stall";
    }
  /** Takes the request, and says nothing until the stub is closed. */
  | { readonly kind: "never" }
  | { readonly kind: "late"; readonly after_ms: number; readonly answer: EdgeAnswer };

/** What to do with the request that is the `nth` (from 0). */
export type EdgeScript = (request: EdgeRequest, nth: number) => EdgeAnswer | Promise<EdgeAnswer>;

export interface EdgeStub {
  /** For `endpoint` of a client, or AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  /** Every request so far, in order. */
  readonly requests: readonly EdgeRequest[];
  /** From now on, do this. */
  answer(script: EdgeScript | EdgeAnswer): void;
  close(): Promise<void>;
}

/** An HTTP server on 127.0.0.1 that answers as told: what no emulator does on request. */
export async function startEdge(script: EdgeScript | EdgeAnswer): Promise<EdgeStub> {
  let current = scriptOf(script);
  const requests: EdgeRequest[] = [];
  const server = createServer(async (message, response) => {
    const request = await received(message);
    const nth = requests.push(request) - 1;
    try {
      await perform(await current(request, nth), response);
    } catch (error) {
      await perform(answer(599, String(error)), response);
    }
  });
  // A client that gives up is what is being tried.
  server.on("clientError", (_, socket) => socket.destroy());
  const port = await new Promise<number>((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(address.port);
    });
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    answer: (next) => {
      current = scriptOf(next);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const scriptOf = (script: EdgeScript | EdgeAnswer): EdgeScript =>
  typeof script === "function" ? script : () => script;

/** One answer after the other; the last one stays. */
export function inTurn(...answers: readonly [EdgeAnswer, ...EdgeAnswer[]]): EdgeScript {
  let next = 0;
  return () => answers[Math.min(next++, answers.length - 1)] ?? answers[0];
}

export const answer = (
  status: number,
  body: string | Uint8Array = "",
  headers: Readonly<Record<string, string>> = {},
): EdgeAnswer => ({ kind: "answer", status, body, headers });

/** An error as S3 says it, in XML. */
export const s3Error = (
  status: number,
  code: string,
  message = code,
  more: Readonly<Record<string, string>> = {},
): EdgeAnswer => {
  const elements = Object.entries({ Code: code, Message: message, ...more, RequestId: "stub" });
  const inner = elements.map(([name, text]) => `<${name}>${escaped(text)}</${name}>`).join("");
  return answer(status, `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner}</Error>`, {
    "content-type": "application/xml",
  });
};

/** An error as the services with a JSON protocol say it (Secrets Manager, Lambda, EventBridge). */
export const jsonError = (status: number, type: string, message = type): EdgeAnswer =>
  answer(status, JSON.stringify({ __type: type, Message: message, message }), {
    "content-type": "application/x-amz-json-1.1",
    "x-amzn-errortype": type,
  });

/** An answer of a service with a JSON protocol. */
export const jsonAnswer = (value: unknown): EdgeAnswer =>
  answer(200, JSON.stringify(value), { "content-type": "application/x-amz-json-1.1" });

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

async function received(message: IncomingMessage): Promise<EdgeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const { method = "", url = "", headers } = message;
  return { method, url, headers, body: Buffer.concat(chunks) };
}

async function perform(what: EdgeAnswer, response: ServerResponse): Promise<void> {
  if (what.kind === "never") return;
  if (what.kind === "late") {
    await new Promise((resolve) => setTimeout(resolve, what.after_ms).unref());
    return perform(what.answer, response);
  }
  if (what.kind === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = Buffer.from(what.body ?? "");
  const headers = { "content-length": String(body.length), ...what.headers };
  response.writeHead(what.status, headers);
  if (what.kind === "answer") {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
    if (what.ending === "reset") response.socket?.resetAndDestroy();
  });
}
