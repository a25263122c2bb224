import { type EdgeAnswer, type EdgeStub, jsonAnswer, jsonError, startEdge } from "./edge_stub.ts";

export const SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/job-AbCdEf";

/** Secrets Manager with one secret, at the edge of the cloud: the SDK of this process is led to it. */
export interface SecretEdge extends EdgeStub {
  /** The current version from now on. */
  put(version: string, value: unknown): void;
}

export const secretAnswer = (version: string, value: unknown): EdgeAnswer =>
  jsonAnswer({
    ARN: SECRET_ARN,
    Name: "app/job",
    VersionId: version,
    VersionStages: ["AWSCURRENT"],
    SecretString: typeof value === "string" ? value : JSON.stringify(value),
  });

export async function startSecretEdge(): Promise<SecretEdge> {
  const absent = jsonError(
    400,
    "ResourceNotFoundException",
    "Secrets Manager can't find the specified secret.",
  );
  const edge = await startEdge(absent);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: edge.endpoint,
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "planted/key+of=AWS",
    AWS_REGION: "eu-west-1",
  });
  return { ...edge, put: (version, value) => edge.answer(secretAnswer(version, value)) };
}
