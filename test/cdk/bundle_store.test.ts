import { describe, expect, it } from "vitest";
import { onlyOf, resourcesOf, templatesOf } from "../support/stacks.ts";

const { data } = templatesOf("create");
const bucket = onlyOf(data, "AWS::S3::Bucket");
const BUNDLES = "arn:aws:s3:::paws-orders-prod-bundles-111122223333-eu-west-1/bundles/*";

type Statement = Record<string, unknown> & { readonly Sid?: string };
const statementsOf = (template: typeof data): Statement[] =>
  (onlyOf(template, "AWS::S3::BucketPolicy").Properties.PolicyDocument as { Statement: Statement[] })
    .Statement;
const statement = (template: typeof data, sid: string) =>
  statementsOf(template).find(({ Sid }) => Sid === sid);

describe("the bucket of the bundles", () => {
  it("keeps every version, under a key of its own, for nobody but us", () => {
    expect(bucket.Properties).toMatchObject({
      BucketName: "paws-orders-prod-bundles-111122223333-eu-west-1",
      VersioningConfiguration: { Status: "Enabled" },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: {
              SSEAlgorithm: "aws:kms",
              KMSMasterKeyID: { "Fn::GetAtt": [resourcesOf(data, "AWS::KMS::Key")[0]?.[0], "Arn"] },
            },
          },
        ],
      },
    });
    expect(bucket.Properties).not.toHaveProperty("ObjectLockEnabled");
    expect(onlyOf(data, "AWS::KMS::Key").Properties).toMatchObject({ EnableKeyRotation: true });
  });

  it("stays when its stack goes, and its key and its policy too", () => {
    for (const kept of [bucket, onlyOf(data, "AWS::KMS::Key"), onlyOf(data, "AWS::S3::BucketPolicy")]) {
      expect(kept).toMatchObject({ DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" });
    }
    const { data: local } = templatesOf("local");
    for (const type of ["AWS::S3::Bucket", "AWS::S3::BucketPolicy"]) {
      expect(onlyOf(local, type).DeletionPolicy).toBe("Delete");
    }
  });

  it("is reached by TLS 1.2 and newer only", () => {
    const conditions = statementsOf(data)
      .filter(({ Effect, Action }) => Effect === "Deny" && Action === "s3:*")
      .map(({ Condition }) => Condition);
    expect(conditions).toEqual([
      { Bool: { "aws:SecureTransport": "false" } },
      { NumericLessThan: { "s3:TlsVersion": 1.2 } },
    ]);
  });

  it("takes a bundle once: whatever makes an object must say If-None-Match", () => {
    expect(statement(data, "BundlesAreWrittenOnce")).toEqual({
      Sid: "BundlesAreWrittenOnce",
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: "s3:PutObject",
      Resource: BUNDLES,
      Condition: {
        Null: { "s3:if-none-match": "true" },
        Bool: { "s3:ObjectCreationOperation": "true" },
      },
    });
  });

  it("lets nobody delete a bundle but the named roles", () => {
    const denied = {
      Sid: "BundlesAreNotDeleted",
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
      Resource: BUNDLES,
    };
    expect(statement(data, "BundlesAreNotDeleted")).toEqual({
      ...denied,
      Condition: { ArnNotLike: { "aws:PrincipalArn": ["arn:aws:iam::111122223333:role/storage-admin"] } },
    });
    const { data: nobody } = templatesOf("create", { access: {} });
    expect(statement(nobody, "BundlesAreNotDeleted")).toEqual(denied);
  });

  it("lets a pipeline write a bundle, and read it to compare when it publishes again, and nothing else", () => {
    const allowed = statementsOf(data).filter(({ Effect }) => Effect === "Allow");
    expect(allowed).toEqual([
      {
        Sid: "PublishBundles",
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::111122223333:role/deploy-pipeline" },
        Action: ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
        Resource: BUNDLES,
      },
    ]);
    const policy = onlyOf(data, "AWS::KMS::Key").Properties.KeyPolicy as { Statement: Statement[] };
    expect(policy.Statement.find(({ Sid }) => Sid === "EncryptAndCompareBundles")).toMatchObject({
      Principal: { AWS: "arn:aws:iam::111122223333:role/deploy-pipeline" },
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Condition: { StringEquals: { "kms:ViaService": "s3.eu-west-1.amazonaws.com" } },
    });
  });

  it("names all pipelines in one statement: in one policy the id of a statement may stand once", () => {
    const pipelineRoleArns = ["a", "b"].map((name) => `arn:aws:iam::111122223333:role/${name}`);
    const { data: several } = templatesOf("create", { access: { pipelineRoleArns } });
    const { Statement: ofKey } = onlyOf(several, "AWS::KMS::Key").Properties.KeyPolicy as {
      Statement: Statement[];
    };
    for (const statements of [statementsOf(several), ofKey]) {
      const ids = statements.flatMap(({ Sid }) => Sid ?? []);
      expect(ids).toEqual([...new Set(ids)]);
      expect(statements.at(-1)?.Principal).toEqual({ AWS: pipelineRoleArns });
    }
  });

  it("locks objects where days are configured", () => {
    const { data: locked } = templatesOf("existing");
    expect(onlyOf(locked, "AWS::S3::Bucket").Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 30 } } },
    });
  });

  it("takes a key that is there", () => {
    const keyArn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const { data: keyed } = templatesOf("existing", { bucket: { mode: "create", keyArn } });
    expect(resourcesOf(keyed, "AWS::KMS::Key")).toEqual([]);
    expect(onlyOf(keyed, "AWS::S3::Bucket").Properties.BucketEncryption).toMatchObject({
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { KMSMasterKeyID: keyArn } }],
    });
  });
});
