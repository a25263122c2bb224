import { expect, it } from "vitest";
import { rightsOf } from "../support/function_rights.ts";
import { resourcesOf, templatesOf } from "../support/stacks.ts";

const ENI = ["Assign", "Unassign"]
  .map((verb) => `ec2:${verb}PrivateIpAddresses`)
  .concat(["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"])
  .concat(["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]);
const COMMANDS = ["Apply", "Rollback", "Verify", "Status"] as const;

/** What a function of example-create may do. */
const created = (command: (typeof COMMANDS)[number]): string[] => {
  const bucket = "arn:aws:s3:::paws-orders-prod-bundles-111122223333-eu-west-1";
  const own = `arn:aws:lambda:eu-west-1:111122223333:function:paws-orders-prod-${command.toLowerCase()}`;
  const login = command === "Apply" || command === "Rollback" ? "migrator" : "reader";
  return [
    // Lambda makes the interfaces with the role's rights, on what it cannot name before; the code itself may not.
    ...ENI.map((action) => `allow ${action} on *`),
    ...ENI.map((action) => `deny ${action} on * if {"ArnEquals":{"lambda:SourceFunctionArn":"${own}"}}`),
    `allow logs:CreateLogStream on {${command}Logs}`,
    `allow logs:PutLogEvents on {${command}Logs}`,
    `allow sqs:SendMessage on {${command}Undelivered}`,
    `allow secretsmanager:GetSecretValue on {parameter pawsmigrateordersprod${login}secret}`,
    // Names of bundles to come.
    `allow s3:GetObject on ${bucket}/bundles/*`,
    `allow s3:GetObjectVersion on ${bucket}/bundles/*`,
    `allow s3:ListBucket on ${bucket} if {"StringLike":{"s3:prefix":"bundles/*"}}`,
    // A key's id is AWS's: the condition names it.
    'allow kms:Decrypt on arn:aws:kms:eu-west-1:111122223333:key/* if {"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"},"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/paws-orders-prod-bundles"}}',
  ].sort();
};

/** Where everything was there before: IAM tokens, a bus, a bucket of somebody else's key. */
const KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const existing = (command: (typeof COMMANDS)[number]): string[] => {
  const own = `arn:aws:lambda:eu-west-1:111122223333:function:paws-billing-prod-${command.toLowerCase()}`;
  const login = command === "Apply" || command === "Rollback" ? "app_job" : "app_reader";
  return [
    ...ENI.map((action) => `allow ${action} on *`),
    ...ENI.map((action) => `deny ${action} on * if {"ArnEquals":{"lambda:SourceFunctionArn":"${own}"}}`),
    `allow logs:CreateLogStream on {${command}Logs}`,
    `allow logs:PutLogEvents on {${command}Logs}`,
    `allow sqs:SendMessage on {${command}Undelivered}`,
    `allow rds-db:connect on arn:aws:rds-db:eu-west-1:111122223333:dbuser:db-ABCDEFGHIJKLMNOPQRSTUVWXYZ/${login}`,
    "allow s3:GetObject on arn:aws:s3:::shared/bundles/*",
    "allow s3:GetObjectVersion on arn:aws:s3:::shared/bundles/*",
    'allow s3:ListBucket on arn:aws:s3:::shared if {"StringLike":{"s3:prefix":"bundles/*"}}',
    `allow kms:Decrypt on ${KEY} if {"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}`,
    ...(command === "Status"
      ? []
      : [
          'allow events:PutEvents on arn:aws:events:eu-west-1:111122223333:event-bus/deployments if {"StringEquals":{"events:source":"paws-migrate","events:detail-type":"Migration Run Finished"}}',
        ]),
  ].sort();
};

const { job: createdJob } = templatesOf("create");
const { job: existingJob } = templatesOf("existing", {
  // A data stack is left: the endpoint is made.
  network: {
    mode: "existing",
    vpcId: "vpc-0000000a",
    subnetIds: ["subnet-0000000a"],
    azs: ["eu-west-1a"],
    s3PrefixListId: "pl-0000000a",
    endpoints: { events: "create" },
  },
  bucket: { mode: "existing", name: "shared", keyArn: KEY },
});

it.each(COMMANDS)("%s may do this, and nothing else", (command) => {
  expect(rightsOf(createdJob, new RegExp(`^${command}Role`))).toEqual(created(command));
  expect(rightsOf(existingJob, new RegExp(`^${command}Role`))).toEqual(existing(command));
});

it("reads a secret under a customer's key, by that key", () => {
  const key = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
  const { job } = templatesOf("local", {
    database: {
      mode: "existing",
      host: "db.example.com",
      name: "orders",
      migratorSecretArn: "arn:aws:secretsmanager:us-east-1:000000000000:secret:m-AbCdEf",
      readerSecretArn: "arn:aws:secretsmanager:us-east-1:000000000000:secret:r-AbCdEf",
      secretKeyArn: key,
    },
  });
  const secrets = (role: RegExp) => rightsOf(job, role).filter((line) => /secretsmanager/.test(line));
  expect(secrets(/^ApplyRole/)).toEqual([
    `allow kms:Decrypt on ${key} if {"StringEquals":{"kms:ViaService":"secretsmanager.us-east-1.amazonaws.com"}}`,
    "allow secretsmanager:GetSecretValue on arn:aws:secretsmanager:us-east-1:000000000000:secret:m-AbCdEf",
  ]);
  expect(secrets(/^StatusRole/)[1]).toMatch(/:secret:r-AbCdEf$/);
});

it("has no role with a managed policy, and none that anybody but its service may take", () => {
  for (const job of [createdJob, existingJob]) {
    for (const [id, { Properties }] of resourcesOf(job, "AWS::IAM::Role")) {
      expect(Properties.ManagedPolicyArns, id).toBeUndefined();
      expect(JSON.stringify(Properties.AssumeRolePolicyDocument), id).toMatch(
        /"Principal":\{"Service":"(lambda|scheduler)\.amazonaws\.com"\}/,
      );
    }
  }
});

it("bounds every role where a boundary is configured", () => {
  const { job } = templatesOf("existing");
  for (const [id, { Properties }] of resourcesOf(job, "AWS::IAM::Role")) {
    expect(Properties.PermissionsBoundary, id).toBe("arn:aws:iam::111122223333:policy/boundary");
  }
});
