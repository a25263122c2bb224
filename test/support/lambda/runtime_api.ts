import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { deferred } from "./deferred.ts";

/** What a function made of an event, as the caller in AWS would see it. */
export type Outcome =
  | { readonly kind: "response"; readonly payload: unknown; readonly bytes: number }
  | {
      readonly kind: "error";
      readonly errorType: string;
      readonly errorMessage: string;
      readonly body: unknown;
    }
  /** The process ended before it answered. */
  | { readonly kind: "exit"; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  /** It did not answer within its time, and its process was killed. */
  | { readonly kind: "timeout" };

/** An event on its way to a function. */
export interface Delivery {
  readonly request_id: string;
  readonly event: unknown;
  /** When its time is up, in ms since 1970. */
  readonly deadline_ms: number;
  readonly function_arn: string;
}

/** Lambda's Runtime API for one process: it asks for one event after the other, and answers each. */
export interface RuntimeApi {
  /** host:port, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** When the process first asks for an event; or what it says of a failed initialisation. */
  readonly ready: Promise<
    { readonly kind: "ready" } | { readonly kind: "init_error"; readonly body: unknown }
  >;
  /** Gives an event to the process, and resolves with its answer. One at a time. */
  deliver(delivery: Delivery): Promise<Outcome>;
  close(): Promise<void>;
}

/** Lambda's own limit of a synchronous answer, in bytes. */
export const ANSWER_MAX_BYTES = 6_291_556;

const PREFIX = "/2018-06-01/runtime";

export async function startRuntimeApi(): Promise<RuntimeApi> {
  const queue: Delivery[] = [];
  let asking: ServerResponse | null = null;
  const waiting = new Map<string, (outcome: Outcome) => void>();
  const first = deferred<Awaited<RuntimeApi["ready"]>>();

  const hand = (): void => {
    if (asking === null || asking.destroyed) return;
    const delivery = queue.shift();
    if (delivery === undefined) return;
    asking.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": delivery.request_id,
      "lambda-runtime-deadline-ms": String(delivery.deadline_ms),
      "lambda-runtime-invoked-function-arn": delivery.function_arn,
      "lambda-runtime-trace-id": "Root=1-00000000-000000000000000000000000;Sampled=0",
    });
    asking.end(JSON.stringify(delivery.event));
    asking = null;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? "").slice(PREFIX.length);
    if (path === "/invocation/next") {
      asking = response;
      first.resolve({ kind: "ready" });
      hand();
      return;
    }
    const body = await bodyOf(request);
    const [, id = "", what = ""] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (path === "/init/error") first.resolve({ kind: "init_error", body: parsed(body) });
    const tooLarge = what === "response" && body.length > ANSWER_MAX_BYTES;
    response.writeHead(tooLarge ? 413 : 202, { "content-type": "application/json" });
    response.end(JSON.stringify(tooLarge ? TOO_LARGE : { status: "OK" }));
    waiting.get(id)?.(
      what === "error" ? errorOf(parsed(body)) : tooLarge ? errorOf(TOO_LARGE) : responseOf(body),
    );
    waiting.delete(id);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  // The process waits for its next event as long as it likes.
  Object.assign(server, { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, timeout: 0 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = server.address();
  return {
    address: `127.0.0.1:${at !== null && typeof at === "object" ? at.port : 0}`,
    ready: first.promise,
    deliver: (delivery) => {
      const outcome = new Promise<Outcome>((resolve) => waiting.set(delivery.request_id, resolve));
      queue.push(delivery);
      hand();
      return outcome;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const TOO_LARGE = {
  errorType: "Function.ResponseSizeTooLarge",
  errorMessage: `Response payload size exceeded maximum allowed payload size (${ANSWER_MAX_BYTES} bytes).`,
};

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

const responseOf = (body: Buffer): Outcome => ({
  kind: "response",
  payload: parsed(body),
  bytes: body.length,
});

function errorOf(body: unknown): Outcome {
  const told = typeof body === "object" && body !== null ? body : {};
  const text = (name: string): string =>
    String(new Map<string, unknown>(Object.entries(told)).get(name) ?? "");
  return { kind: "error", errorType: text("errorType"), errorMessage: text("errorMessage"), body };
}

function parsed(body: Buffer): unknown {
  const text = body.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
