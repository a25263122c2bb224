import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { DeployConfig } from "./config.ts";
import { arn, bucketKeyAlias } from "./names.ts";

/** A condition: the key is used by S3, for whoever asked S3. */
export const throughS3 = ({ env }: Pick<DeployConfig, "env">) => ({
  StringEquals: { "kms:ViaService": `s3.${env.region}.amazonaws.com` },
});

/**
 * Use of the bucket's key through S3 only. A key that is made has an id that only AWS knows: it is named by its
 * alias, in a condition. Null where a bucket that is there has no key of its own.
 */
export function bucketKeyUse(
  config: DeployConfig,
  sid: string,
  actions: readonly string[],
): PolicyStatement | null {
  const { keyArn, mode } = config.bucket;
  if (keyArn !== undefined) {
    return new PolicyStatement({
      sid,
      actions: [...actions],
      resources: [keyArn],
      conditions: throughS3(config),
    });
  }
  if (mode === "existing") return null;
  return new PolicyStatement({
    sid,
    actions: [...actions],
    resources: [arn(config, "kms", "key/*")],
    conditions: {
      ...throughS3(config),
      "ForAnyValue:StringEquals": { "kms:ResourceAliases": bucketKeyAlias(config) },
    },
  });
}
