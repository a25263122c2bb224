import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { DeployConfig } from "./config.ts";
import { arn, bucketKeyAlias } from "./names.ts";

/**
 * Use of the bucket's key through S3 only. A key that is made has an id that only AWS knows: it is named by its
 * alias, in a condition. Null where a bucket that is there has no key of its own.
 */
export function bucketKeyUse(
  config: DeployConfig,
  sid: string,
  actions: readonly string[],
): PolicyStatement | null {
  const via = { "kms:ViaService": `s3.${config.env.region}.amazonaws.com` };
  const { keyArn, mode } = config.bucket;
  if (keyArn !== undefined) {
    return new PolicyStatement({
      sid,
      actions: [...actions],
      resources: [keyArn],
      conditions: { StringEquals: via },
    });
  }
  if (mode === "existing") return null;
  return new PolicyStatement({
    sid,
    actions: [...actions],
    resources: [arn(config, "kms", "key/*")],
    conditions: {
      StringEquals: via,
      "ForAnyValue:StringEquals": { "kms:ResourceAliases": bucketKeyAlias(config) },
    },
  });
}
