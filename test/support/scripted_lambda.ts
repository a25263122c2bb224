import { onTestFinished } from "vitest";
import { answer, type EdgeAnswer, jsonError, startEdge } from "./edge_stub.ts";

/** An invocation as Lambda sees it. */
export interface Invoked {
  readonly name: string;
  readonly qualifier: string | null;
  readonly type: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** A Lambda on this machine whose functions do as the test says. */
export interface ScriptedLambda {
  readonly endpoint: string;
  /** What was invoked so far, in order. */
  readonly invoked: readonly Invoked[];
}

/** What a function comes to: an answer as it is, or what the handler returned. */
export type Played = EdgeAnswer | { readonly returns: unknown };

export async function scriptedLambda(
  play: (invoked: Invoked, nth: number) => Played | Promise<Played>,
): Promise<ScriptedLambda> {
  const invoked: Invoked[] = [];
  const stub = await startEdge(async ({ method, url, headers, body }) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(pathname) ?? [];
    if (method !== "POST" || name === undefined) return jsonError(404, "ResourceNotFoundException");
    const one: Invoked = {
      name: decodeURIComponent(name),
      qualifier: searchParams.get("Qualifier"),
      type: String(headers["x-amz-invocation-type"]),
      event: JSON.parse(body.toString() || "{}"),
    };
    const played = await play(one, invoked.push(one) - 1);
    if ("kind" in played) return played;
    return one.type === "Event" ? answer(202) : answer(200, JSON.stringify(played.returns) ?? "null");
  });
  onTestFinished(() => stub.close());
  return { endpoint: stub.endpoint, invoked };
}

/** What Lambda answers where the handler threw, or where it ended the function. */
export const functionError = (errorType: string, errorMessage: string): EdgeAnswer =>
  answer(200, JSON.stringify({ errorType, errorMessage, trace: [] }), {
    "x-amz-function-error": "Unhandled",
  });

/** The surroundings in which the SDK finds that Lambda. */
export const lambdaEnvironment = (endpoint: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "planted-secret-key",
});
