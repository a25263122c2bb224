import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { DeployConfig } from "./config.ts";
import { aliasArn, bundlesArn, type Command } from "./names.ts";
import { bucketKeyUse } from "./statements.ts";

/** What each kind of role outside may do. */
export const ACCESS = {
  pipeline: { invokes: ["apply", "verify", "status"], publishes: true },
  operator: { invokes: ["apply", "rollback", "verify", "status"], publishes: false },
  viewer: { invokes: ["status"], publishes: false },
} as const satisfies Record<string, { invokes: readonly Command[]; publishes: boolean }>;

export type Kind = keyof typeof ACCESS;

/** The configured roles of a kind. */
export function rolesOf({ access }: Pick<DeployConfig, "access">, kind: Kind): readonly string[] {
  if (kind === "pipeline") return access.pipelineRoleArns;
  return kind === "operator" ? access.operatorRoleArns : access.viewerRoleArns;
}

/** The policy that a role of the kind needs for itself; in another account beside what the stacks grant. */
export function policyOf(config: DeployConfig, kind: Kind): readonly PolicyStatement[] {
  const { invokes, publishes } = ACCESS[kind];
  return [
    new PolicyStatement({
      sid: "Invoke",
      actions: ["lambda:InvokeFunction"],
      resources: invokes.map((command) => aliasArn(config, command)),
    }),
    ...(publishes ? publishStatements(config) : []),
  ];
}

/**
 * Writing new bundles; the bucket's policy sees that none is written over. What is there already is read, to tell
 * whether it is the same: a pipeline's job may be started again. An answer that breaks off is asked for again by its version.
 */
export function publishStatements(config: DeployConfig): readonly PolicyStatement[] {
  const useKey = bucketKeyUse(config, "EncryptAndCompareBundles", ["kms:Decrypt", "kms:GenerateDataKey"]);
  return [
    new PolicyStatement({
      sid: "PublishBundles",
      actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
      resources: [bundlesArn(config)],
    }),
    ...(useKey === null ? [] : [useKey]),
  ];
}
