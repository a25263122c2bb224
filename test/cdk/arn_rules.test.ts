import { describe, expect, it } from "vitest";
import { type Example, exampleConfig, sectionFaults } from "../support/examples.ts";

const ACCOUNT = "111122223333";
const SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret";
const role = (name: string) => ({ pipelineRoleArns: [`arn:aws:iam::${ACCOUNT}:${name}`] });

describe("an ARN is whole, and of what it is to name", () => {
  it.each<[string, Example, string, object, string]>([
    ["the account", "create", "access", role("root"), "access.pipelineRoleArns.0: found"],
    ["a user", "create", "access", role("user/deployer"), "access.pipelineRoleArns.0: found"],
    ["every role", "create", "access", role("role/*"), "access.pipelineRoleArns.0: found"],
    ["more than one line", "create", "access", role("role/a\n"), "access.pipelineRoleArns.0: found"],
    ["nothing", "create", "alarms", { topicArn: "arn:aws:sns:" }, "alarms.topicArn: found"],
    [
      "an alias of a key, which in a policy allows nothing",
      "create",
      "bucket",
      { mode: "create", keyArn: `arn:aws:kms:eu-west-1:${ACCOUNT}:alias/bundles` },
      "bucket.keyArn: found",
    ],
    [
      "a secret without its last six characters, which in a policy allows nothing",
      "local",
      "database",
      { readerSecretArn: `${SECRET}:reader` },
      "database.readerSecretArn: found",
    ],
    [
      "a rule in the place of a bus",
      "existing",
      "events",
      { busArn: `arn:aws:events:eu-west-1:${ACCOUNT}:rule/x` },
      "events.busArn: found",
    ],
  ])("refuses %s", (_, example, section, given, fault) => {
    expect(sectionFaults(example, section, given)).toEqual([expect.stringContaining(fault)]);
  });

  it("takes a role in a path, a secret that RDS manages, and a key of several regions", () => {
    expect(
      sectionFaults("create", "access", role("role/aws-reserved/sso.amazonaws.com/x/Deploy_1a")),
    ).toEqual([]);
    expect(sectionFaults("local", "database", { readerSecretArn: `${SECRET}:rds!db-1a2b-AbCdEf` })).toEqual(
      [],
    );
    const keyArn = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/mrk-1234abcd`;
    expect(sectionFaults("create", "bucket", { mode: "create", keyArn })).toEqual([]);
  });
});

describe("what an ARN names can be reached from the configured region", () => {
  it.each<[string, Example, string, object, string]>([
    [
      "a topic",
      "existing",
      "alarms",
      { topicArn: `arn:aws:sns:us-east-1:${ACCOUNT}:on-call` },
      "alarms.topicArn: arn:aws:sns:us-east-1:111122223333:on-call is in us-east-1, and is needed in eu-west-1",
    ],
    [
      "a bus",
      "existing",
      "events",
      { busArn: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/b` },
      "events.busArn: ",
    ],
    [
      "a secret",
      "local",
      "database",
      { migratorSecretArn: "arn:aws:secretsmanager:eu-west-1:000000000000:secret:m-AbCdEf" },
      "database.migratorSecretArn: ",
    ],
    [
      "a key",
      "create",
      "bucket",
      { mode: "create", keyArn: `arn:aws:kms:us-east-1:${ACCOUNT}:key/1` },
      "bucket.keyArn: ",
    ],
    [
      "a role of another partition",
      "create",
      "access",
      { viewerRoleArns: [`arn:aws-us-gov:iam::${ACCOUNT}:role/v`] },
      "access.viewerRoleArns: arn:aws-us-gov:iam::111122223333:role/v is of aws-us-gov, and eu-west-1 is of aws",
    ],
  ])("%s elsewhere is refused", (_, example, section, given, fault) => {
    expect(sectionFaults(example, section, given)).toEqual([expect.stringContaining(fault)]);
  });
});

it("refuses a boundary of another account, and takes one of AWS's own", () => {
  const bounded = (account: string) => () =>
    exampleConfig("existing", { permissionsBoundary: `arn:aws:iam::${account}:policy/b` });
  expect(bounded("444455556666")).toThrow("permissionsBoundary: of account 444455556666, and the roles are");
  expect(bounded(ACCOUNT)).not.toThrow();
  expect(bounded("aws")).not.toThrow();
});
