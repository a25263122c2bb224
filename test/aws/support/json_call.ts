import type { Emulator } from "./emulator.ts";

/** Services of which we have no client, by the name in a signature and the prefix of their targets. */
const TARGETS = {
  logs: "Logs_20140328",
  monitoring: "GraniteServiceVersion20100801",
  sqs: "AmazonSQS",
} as const;

/** One call of a service with a JSON protocol. Emulators check no signature, but look in it for the service's name. */
export async function jsonCall(
  { endpoint, region }: Emulator,
  service: keyof typeof TARGETS,
  action: string,
  input: object,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `${TARGETS[service]}.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  });
  const body = Object(await response.json());
  if (!response.ok) throw new Error(`${service} ${action}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}
