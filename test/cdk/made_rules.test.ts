import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type Example, exampleConfig, ROOT, rawExample, sectionFaults } from "../support/examples.ts";

const SUBNET = "subnet-0123456789abcdef0";

it.each<[string, Example, string, object, string]>([
  ["a database's name", "create", "database", { name: "my-orders" }, "database.name: my-orders is no name"],
  ["its port", "create", "database", { port: 443 }, "database.port: 443, and RDS takes 1150"],
  ["its version", "create", "database", { engineVersion: "13.4" }, "database.engineVersion: 13.4, and 14"],
  ["zones", "create", "network", { azs: ["eu-west-1a", "eu-west-1a"] }, "network.azs: eu-west-1a is there"],
  [
    "subnets",
    "existing",
    "network",
    { subnetIds: [SUBNET, SUBNET] },
    `network.subnetIds: ${SUBNET} is there`,
  ],
  [
    "a cron",
    "create",
    "schedule",
    { verify: "cron(0 3 * * * *)" },
    "schedule.verify: cron(0 3 * * * *) needs ?",
  ],
  [
    "a cron at no hour",
    "create",
    "schedule",
    { verify: "cron(0 24 * * ? *)" },
    "schedule.verify: cron(0 24 * * ? *) has no minute or no hour",
  ],
  ["a cron at no minute", "create", "schedule", { verify: "cron(x 3 * * ? *)" }, "schedule.verify: cron(x 3"],
  [
    "a cron in no month",
    "create",
    "schedule",
    { verify: "cron(0 3 * ? ? *)" },
    "schedule.verify: cron(0 3 * ? ? *) is too rare, or no schedule",
  ],
  [
    "more placeholders than a function's variables may hold",
    "create",
    "bundle",
    { placeholders: { owners: "x".repeat(2_500) } },
    "bundle.placeholders: 2513 bytes as JSON, and 2500 are the most",
  ],
  [
    "a database's name that PostgreSQL would cut",
    "local",
    "database",
    { name: "ä".repeat(32) },
    `database.name: found "${"ä".repeat(32)}", wanted 1 to 63 bytes without control characters`,
  ],
  ["a database's name in two lines", "local", "database", { name: "a\nb" }, 'database.name: found "a\\nb"'],
  [
    "a cluster's reader endpoint",
    "local",
    "database",
    { host: "x.cluster-ro-abc.us-east-1.rds.amazonaws.com" },
    "database.host: found",
  ],
  ["a host of dots", "local", "database", { host: "..." }, "database.host: found"],
  [
    "mail that nobody sends",
    "existing",
    "alarms",
    { emails: ["a@example.com"] },
    "alarms.emails: not used where alarms.topicArn is given",
  ],
  ["a tag of AWS's own", "create", "tags", { "aws:owner": "me" }, "tags.aws:owner: found"],
  ["a tag's value", "create", "tags", { owner: "a;b" }, 'tags.owner: found "a;b"'],
  ["a tag without a value", "create", "tags", { owner: "" }, 'tags.owner: found ""'],
  ["a bucket's name", "create", "bucket", { mode: "create", name: "a..b" }, 'bucket.name: found "a..b"'],
  [
    "a proxy",
    "local",
    "database",
    { host: "p.proxy-abc.us-east-1.rds.amazonaws.com" },
    "database.host: found",
  ],
  [
    "a CA file without a certificate",
    "local",
    "database",
    { caFile: "package.json" },
    "database.caFile: there",
  ],
  ["a folder for a CA file", "local", "database", { caFile: "deploy" }, "database.caFile: there"],
])("refuses %s before anything is made", (_, example, section, given, fault) => {
  expect(sectionFaults(example, section, given)).toEqual([expect.stringContaining(fault)]);
});

it("refuses a database to make in two subnets of one zone", () => {
  const { network } = rawExample("existing");
  const given = {
    database: { mode: "create", name: "orders" },
    network: {
      ...(network as object),
      azs: ["eu-west-1a", "eu-west-1a"],
      endpoints: { s3: "create", secretsmanager: "create", events: "create" },
    },
  };
  expect(() => exampleConfig("existing", given)).toThrow(
    "network.azs: all in eu-west-1a, and a database needs subnets in 2 zones",
  );
});

it.each(["cron(*/15 0-23/2 * * ? *)", "cron(0,30 3 ? * * *)", "rate(12 hours)"])("takes %s", (verify) => {
  expect(sectionFaults("create", "schedule", { verify })).toEqual([]);
});

it.each(["127.0.0.1", "localhost", "db-1.example.com"])("takes the host %s", (host) => {
  expect(sectionFaults("local", "database", { host })).toEqual([]);
});

it("refuses a CA file in another form than the functions read", () => {
  const folder = mkdtempSync(join(tmpdir(), "paws-migrate-ca-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const caFile = join(folder, "ca.der");
  const pem = readFileSync(join(ROOT, "deploy/example-local-ca.pem"));
  writeFileSync(caFile, new X509Certificate(pem).raw);
  expect(sectionFaults("local", "database", { caFile })).toEqual([
    `database.caFile: there is no PEM file with certificates at ${caFile}`,
  ]);
});
