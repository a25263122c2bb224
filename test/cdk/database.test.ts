import { describe, expect, it } from "vitest";
import { rawExample } from "../support/examples.ts";
import { onlyOf, resourcesOf, templatesOf } from "../support/stacks.ts";

describe("a database that is made", () => {
  const { data } = templatesOf("create");
  const instance = onlyOf(data, "AWS::RDS::DBInstance");

  it("takes TLS only, with an authority that the functions know", () => {
    expect(onlyOf(data, "AWS::RDS::DBParameterGroup").Properties).toMatchObject({
      Family: "postgres17",
      Parameters: { "rds.force_ssl": "1" },
    });
    expect(instance.Properties.CACertificateIdentifier).toBe("rds-ca-rsa2048-g1");
  });

  it("is protected: encrypted, not public, backed up, in two zones, not to be deleted", () => {
    expect(instance.Properties).toMatchObject({
      StorageEncrypted: true,
      PubliclyAccessible: false,
      BackupRetentionPeriod: 14,
      CopyTagsToSnapshot: true,
      MultiAZ: true,
      DeletionProtection: true,
      AutoMinorVersionUpgrade: true,
    });
    expect(instance).toMatchObject({ DeletionPolicy: "Snapshot", UpdateReplacePolicy: "Snapshot" });
  });

  it("has a master password that RDS itself keeps and rotates", () => {
    expect(instance.Properties).toMatchObject({ ManageMasterUserPassword: true, MasterUsername: "postgres" });
    expect(instance.Properties).not.toHaveProperty("MasterUserPassword");
  });

  it("gets a secret for each login, which outlives the stack", () => {
    const secrets = resourcesOf(data, "AWS::SecretsManager::Secret").map(([, secret]) => secret);
    expect(secrets.map(({ Properties }) => Properties.GenerateSecretString)).toEqual(
      ["app_job", "app_reader"].map((username) => ({
        SecretStringTemplate: JSON.stringify({ username }),
        GenerateStringKey: "password",
        PasswordLength: 48,
        ExcludePunctuation: true,
      })),
    );
    expect(secrets.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual([
      "RetainExceptOnCreate",
      "RetainExceptOnCreate",
    ]);
  });

  it("takes tokens, and gets no secrets, where the logins are by IAM", () => {
    const { data: iam, job } = templatesOf("create", {
      database: { mode: "create", name: "orders", auth: "iam" },
    });
    expect(onlyOf(iam, "AWS::RDS::DBInstance").Properties.EnableIAMDatabaseAuthentication).toBe(true);
    expect(resourcesOf(iam, "AWS::SecretsManager::Secret")).toEqual([]);
    expect(JSON.stringify(job.toJSON())).toMatch(/rds-db:eu-west-1:111122223333:dbuser:/);
  });

  it("says where it is, and how its logins are made", () => {
    expect(Object.keys(data.toJSON().Outputs).sort()).toEqual([
      "BootstrapSecurityGroup",
      "BundleBucket",
      "DatabaseHost",
      "DatabaseMasterSecret",
      "MigratorSecret",
      "ReaderSecret",
    ]);
  });
});

it("goes with its stack where nothing is to be kept", () => {
  const { data } = templatesOf("create", { removal: "destroy" });
  expect(onlyOf(data, "AWS::RDS::DBInstance").DeletionPolicy).toBe("Delete");
});

it("is not touched where it is there", () => {
  const { data } = templatesOf("existing");
  expect(Object.keys(data.toJSON().Resources).every((id) => id.startsWith("Bundles"))).toBe(true);
});

it("puts the configured tags on what is made", () => {
  const { data, job } = templatesOf("create");
  const tags = [
    { Key: "managed-by", Value: "paws-migrate" },
    { Key: "service", Value: "orders" },
  ];
  expect(rawExample("create").tags).toEqual({ service: "orders", "managed-by": "paws-migrate" });
  expect(onlyOf(data, "AWS::RDS::DBInstance").Properties.Tags).toEqual(tags);
  expect(resourcesOf(job, "AWS::Lambda::Function")[0]?.[1].Properties.Tags).toEqual(tags);
});
