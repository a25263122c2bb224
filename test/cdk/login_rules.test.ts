import { describe, expect, it } from "vitest";
import { exampleConfig, rawExample, sectionFaults } from "../support/examples.ts";

const secret = (account: string, name: string) =>
  `arn:aws:secretsmanager:us-east-1:${account}:secret:${name}-AbCdEf`;

describe("the reader is another login than the migrator", () => {
  const SAME = "the same as the migrator's; what only reads needs a login that can only read";

  it("by its secret", () => {
    const { migratorSecretArn } = rawExample("local").database as { migratorSecretArn: string };
    expect(sectionFaults("local", "database", { readerSecretArn: migratorSecretArn })).toEqual([
      `database.readerSecretArn: ${SAME}`,
    ]);
  });

  it.each(["existing", "create"] as const)("by its name, in example-%s", (example) => {
    const users = { migrator: "app_job", reader: "app_job" };
    expect(sectionFaults(example, "database", { users })).toEqual([`database.users.reader: ${SAME}`]);
  });

  it("names are not looked at where the secrets hold them", () => {
    expect(sectionFaults("local", "database", { users: { migrator: "a", reader: "a" } })).toEqual([]);
  });
});

it("a login by tokens is of the configured region", () => {
  const host = "billing.cabcdefghijk.us-east-1.rds.amazonaws.com";
  expect(sectionFaults("existing", "database", { host })).toEqual([
    "database.host: in us-east-1, and with database.auth iam the database must be in eu-west-1",
  ]);
  expect(sectionFaults("local", "database", { host: host.replace("us-east-1", "eu-west-1") })).toEqual([]);
});

it("a secret of another account takes a customer's key", () => {
  const readerSecretArn = secret("444455556666", "reader");
  expect(sectionFaults("local", "database", { readerSecretArn })).toEqual([
    "database.secretKeyArn: missing, and readerSecretArn is of account 444455556666: it takes a customer's key",
  ]);
  const secretKeyArn = "arn:aws:kms:us-east-1:444455556666:key/1";
  const { database } = rawExample("local");
  const given = { database: { ...(database as object), readerSecretArn, secretKeyArn } };
  expect(exampleConfig("local", given).database.readerSecretArn).toBe(readerSecretArn);
});
