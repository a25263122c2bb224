import { CfnOutput, Duration } from "aws-cdk-lib";
import { AnyPrincipal, ArnPrincipal, Effect, type IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { type IKey, Key } from "aws-cdk-lib/aws-kms";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectLockRetention,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { BUNDLE_PREFIX } from "#io/contract.ts";
import { publishStatements } from "../access.ts";
import type { DeployConfig } from "../config.ts";
import { arn, bucketArn, bucketKeyAlias, bucketName, bundlesArn } from "../names.ts";
import { bucketKeyUse, throughS3 } from "../statements.ts";
import { acknowledge } from "./acknowledge.ts";
import { keeping } from "./removal.ts";

/** The bucket of the bundles, its key and its policy: a version is written once, and stays. */
export class BundleStore extends Construct {
  private readonly config: DeployConfig;

  constructor(scope: Construct, id: string, config: DeployConfig) {
    super(scope, id);
    this.config = config;
    const { bucket: settings } = config;
    const lock = settings.mode === "create" ? settings.objectLockDays : undefined;
    const key = this.key();
    const bucket = new Bucket(this, "Bucket", {
      bucketName: bucketName(config),
      versioned: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      ...(lock === undefined
        ? {}
        : {
            objectLockEnabled: true,
            objectLockDefaultRetention: ObjectLockRetention.governance(Duration.days(lock)),
          }),
      removalPolicy: keeping(config),
    });
    for (const statement of [this.writtenOnce(), this.neverDeleted()]) bucket.addToResourcePolicy(statement);
    if (config.access.pipelineRoleArns.length > 0) this.grantPublish(bucket, key);
    // A bucket that is kept without it could be emptied, and reached without TLS.
    bucket.policy?.applyRemovalPolicy(keeping(config));
    acknowledge(bucket, {
      "AwsSolutions-S1":
        "Who read or wrote a bundle is told by CloudTrail's data events, with the principal, where a trail records them; access logs would need a second bucket to keep.",
    });
    new CfnOutput(this, "BundleBucket", { value: bucket.bucketName }).overrideLogicalId("BundleBucket");
  }

  private key(): IKey {
    const { config } = this;
    if (config.bucket.keyArn !== undefined) return Key.fromKeyArn(this, "Key", config.bucket.keyArn);
    return new Key(this, "Key", {
      alias: bucketKeyAlias(config),
      description: `Bundles of ${config.target}`,
      enableKeyRotation: true,
      removalPolicy: keeping(config),
    });
  }

  /**
   * Also pipelines in other accounts: they need this beside their own policies. One statement for all: in one policy the
   * id of a statement may stand once.
   */
  private grantPublish(bucket: Bucket, key: IKey): void {
    const principals = this.config.access.pipelineRoleArns.map((role) => new ArnPrincipal(role));
    for (const statement of publishStatements(this.config)) {
      const named = statement.copy({ principals });
      if (named.actions.some((action) => action.startsWith("s3:"))) bucket.addToResourcePolicy(named);
      else key.addToResourcePolicy(named.copy({ resources: ["*"], conditions: throughS3(this.config) }));
    }
  }

  /** Refuses whatever makes an object without `If-None-Match`: a key is never written over. */
  private writtenOnce(): PolicyStatement {
    return new PolicyStatement({
      sid: "BundlesAreWrittenOnce",
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ["s3:PutObject"],
      resources: [bundlesArn(this.config)],
      conditions: {
        Null: { "s3:if-none-match": "true" },
        // Parts of an upload carry no such header; what ends the upload does.
        Bool: { "s3:ObjectCreationOperation": "true" },
      },
    });
  }

  private neverDeleted(): PolicyStatement {
    const admins = this.config.access.adminRoleArns;
    return new PolicyStatement({
      sid: "BundlesAreNotDeleted",
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
      resources: [bundlesArn(this.config)],
      ...(admins.length === 0 ? {} : { conditions: { ArnNotLike: { "aws:PrincipalArn": admins } } }),
    });
  }
}

/** Lets a function read bundles, whichever stack the bucket is in. A missing key answers 403 without the list. */
export function grantFetch(role: IRole, config: DeployConfig): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      sid: "ReadBundles",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: [bundlesArn(config)],
    }),
  );
  role.addToPrincipalPolicy(
    new PolicyStatement({
      sid: "ListBundles",
      actions: ["s3:ListBucket"],
      resources: [bucketArn(config)],
      conditions: { StringLike: { "s3:prefix": `${BUNDLE_PREFIX}*` } },
    }),
  );
  const decrypt = bucketKeyUse(config, "DecryptBundles", ["kms:Decrypt"]);
  if (decrypt !== null) role.addToPrincipalPolicy(decrypt);
  acknowledge(role, {
    [`AwsSolutions-IAM5[Resource::${bundlesArn(config)}]`]:
      "Bundles to come have names to come; nothing but bundles stands below that prefix.",
    [`AwsSolutions-IAM5[Resource::${arn(config, "kms", "key/*")}]`]:
      "The key that is made has an id that only AWS knows: a condition holds it to that key's alias.",
  });
}
