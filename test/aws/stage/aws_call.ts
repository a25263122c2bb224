import type { Emulator } from "../support/emulator.ts";

/** A call of a service for which the project has no client. An emulator looks at no signature, but at its scope. */
export async function awsCall(
  { endpoint, region }: Emulator,
  service: string,
  request: {
    readonly method?: "GET" | "POST" | "PUT";
    readonly path?: string;
    /** `X-Amz-Target`, of services that speak JSON to one path. */
    readonly action?: string;
    readonly body?: unknown;
  },
): Promise<Record<string, unknown>> {
  const { method = "POST", path = "/", action, body } = request;
  const scope = `test/20260101/${region}/${service}/aws4_request`;
  const response = await fetch(`${endpoint}${path}`, {
    method,
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
      "content-type": action === undefined ? "application/json" : "application/x-amz-json-1.0",
      ...(action === undefined ? {} : { "x-amz-target": action }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${service} ${action ?? path}: ${response.status} ${text}`);
  return text === "" ? {} : JSON.parse(text);
}
