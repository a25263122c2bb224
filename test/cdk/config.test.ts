import { describe, expect, it } from "vitest";
import { ConfigFault, readConfig } from "../../cdk/read_config.ts";
import { EXAMPLES, exampleConfig, rawExample, type Sections } from "../support/examples.ts";

const LEAST = {
  target: "orders",
  env: { account: "111122223333", region: "eu-west-1" },
  network: { mode: "none" },
  database: {
    mode: "existing",
    host: "db.example.com",
    name: "orders",
    migratorSecretArn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:m-AbCdEf",
    readerSecretArn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:r-AbCdEf",
  },
};
const IN_NETWORK = {
  mode: "existing",
  vpcId: "vpc-0000000a",
  subnetIds: ["subnet-0000000a", "subnet-0000000b"],
  azs: ["eu-west-1a", "eu-west-1b"],
  s3PrefixListId: "pl-0000000a",
  endpoints: { secretsmanager: "sg-0000000a" },
};
const MADE_NETWORK = { mode: "create", azs: ["eu-west-1a", "eu-west-1b"], s3PrefixListId: "pl-0000000a" };
const MADE = { mode: "create", name: "orders" };

const read = (value: unknown) => readConfig(value, "x.json", (file) => file === "ca.pem");
const faultsOf = (sections: Sections): readonly string[] => {
  try {
    read({ ...LEAST, ...sections });
    return [];
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults;
    throw error;
  }
};

it("gives every default where only what must be said is said", () => {
  expect(read(LEAST)).toEqual({
    ...LEAST,
    database: {
      ...LEAST.database,
      port: 5432,
      auth: "secret",
      users: { migrator: "app_job", reader: "app_reader" },
    },
    history: { schema: "public" },
    bucket: { mode: "create" },
    bundle: { placeholders: {} },
    functions: { memoryMb: 1024, timeoutMinutes: 15, logDays: 90 },
    report: { maxBytes: 200_000 },
    schedule: { verify: "rate(1 day)" },
    alarms: { emails: [] },
    events: {},
    access: { pipelineRoleArns: [], operatorRoleArns: [], viewerRoleArns: [], adminRoleArns: [] },
    console: { enabled: false },
    removal: "retain",
    tags: {},
  });
});

it("gives the defaults of a database that is made", () => {
  expect(read({ ...LEAST, network: MADE_NETWORK, database: MADE }).database).toMatchObject({
    engineVersion: "17.6",
    instanceClass: "t4g.medium",
    multiAz: true,
    backupDays: 14,
    deletionProtection: true,
  });
});

it.each(EXAMPLES)("takes the example %s", (example) => {
  expect(exampleConfig(example).target).toBe(rawExample(example).target);
});

it("tells all faults at once, each with its key, what was found and what was wanted", () => {
  const all = () =>
    read({
      target: "Orders",
      env: { account: "1", region: "eu-west-1" },
      network: { mode: "none", vpcId: "vpc-1" },
      database: { mode: "existing", host: "h", name: "orders", port: "5432", caFile: "no.pem" },
      functions: { memoryMb: 100, timeoutMinutes: 16, logDays: 2 },
      schedule: { verify: "rate(10 days)" },
      console: { enabled: true },
      colour: "blue",
    });
  expect(all).toThrow(ConfigFault);
  expect(all).toThrow(/^x\.json: 10 faults\n/);
  let message = "";
  try {
    all();
  } catch (error) {
    message = String(error);
  }
  expect(message.split("\n").slice(1)).toEqual([
    expect.stringMatching(/^ {2}colour: unknown key; known are target, env, network, database, /),
    '  target: found "Orders", wanted 2 to 40 of a-z, 0-9 and -, a letter first',
    '  env.account: found "1", wanted 12 digits',
    '  network.vpcId: unknown key where mode is "none"',
    '  database.port: found "5432", wanted a number',
    "  functions.memoryMb: found 100, wanted 256 to 10240",
    "  functions.timeoutMinutes: found 16, wanted 1 to 15",
    expect.stringMatching(/^ {2}functions\.logDays: found 2, wanted one of 1, 3, 5, /),
    "  schedule.verify: rate(10 days) is too rare, or no schedule; a missing run could not be told",
    "  console.enabled: the console is not in this release",
  ]);
});

const complete = read({ ...LEAST, network: MADE_NETWORK, database: MADE });
const parts = Object.entries(complete).filter(([key, part]) => typeof part === "object" && key !== "tags");

it.each(parts)("refuses a key of %s that it does not know", (key, part) => {
  const sections = { network: MADE_NETWORK, database: MADE, [key]: { ...(part as object), colour: "blue" } };
  expect(faultsOf(sections)).toEqual([expect.stringMatching(`^${key}\\.colour: unknown key`)]);
});

it("says what is missing", () => {
  const { env: _, ...rest } = LEAST;
  expect(() => read(rest)).toThrow("env: missing; wanted an object");
  expect(() => read({ ...LEAST, env: { region: "eu-west-1" } })).toThrow("env.account: missing; wanted");
  expect(() => read([])).toThrow("expected an object");
});

const IAM = { ...LEAST.database, auth: "iam", migratorSecretArn: undefined, readerSecretArn: undefined };

describe("the parts of a configuration are held against one another", () => {
  it.each<[string, Sections, string]>([
    [
      "a made network in one zone",
      { network: { ...MADE_NETWORK, azs: ["eu-west-1a"] }, database: MADE },
      "network.azs: 1 zone, and",
    ],
    [
      "zones that are not one for each subnet",
      {
        network: { ...IN_NETWORK, azs: ["eu-west-1a"] },
        database: { ...LEAST.database, securityGroupId: "sg-0000000a" },
      },
      "network.azs: 1 for 2 subnets",
    ],
    [
      "a zone of another region",
      { network: { ...MADE_NETWORK, azs: ["eu-west-1a", "eu-west-2a"] }, database: MADE },
      "network.azs: eu-west-2a is not in eu-west-1",
    ],
    [
      "no way to S3",
      { network: { ...MADE_NETWORK, s3PrefixListId: undefined }, database: MADE },
      "network.s3PrefixListId, network.endpoints.s3: no way to S3",
    ],
    [
      "two ways to S3",
      { network: { ...MADE_NETWORK, endpoints: { s3: "create" } }, database: MADE },
      "network.s3PrefixListId, network.endpoints.s3: two ways to S3",
    ],
    [
      "no way to the secrets",
      {
        network: { ...IN_NETWORK, endpoints: {} },
        database: { ...LEAST.database, securityGroupId: "sg-0000000a" },
      },
      "network.endpoints.secretsmanager: missing, and database.auth is secret",
    ],
    [
      "no way to the bus",
      {
        network: IN_NETWORK,
        database: { ...LEAST.database, securityGroupId: "sg-0000000a" },
        events: { busArn: "arn:aws:events:eu-west-1:111122223333:event-bus/b" },
      },
      "network.endpoints.events: missing, and events.busArn is given",
    ],
    [
      "an endpoint that is there in a network that is not",
      { network: { ...MADE_NETWORK, endpoints: { secretsmanager: "sg-0000000a" } }, database: MADE },
      "network.endpoints.secretsmanager: a network that is made has no endpoint yet",
    ],
    [
      "an S3 endpoint that is there in a network that is not",
      {
        network: { ...MADE_NETWORK, s3PrefixListId: undefined, endpoints: { s3: "sg-0000000a" } },
        database: MADE,
      },
      "network.endpoints.s3: a network that is made has no endpoint yet",
    ],
    ["a made database in no network", { database: MADE }, 'database.mode: "create" needs a network'],
    [
      "a made database in one subnet",
      { network: { ...IN_NETWORK, subnetIds: ["subnet-0000000a"], azs: ["eu-west-1a"] }, database: MADE },
      "network.subnetIds: 1, and",
    ],
    [
      "an existing database in a made network",
      { network: MADE_NETWORK },
      'network.mode: "create" makes a network',
    ],
    [
      "no group to open the way in",
      { network: IN_NETWORK },
      "database.securityGroupId: missing; the functions' way",
    ],
    ["IAM without the resource", { database: IAM }, "database.resourceId: missing, and database.auth is iam"],
    [
      "IAM with a secret",
      {
        database: {
          ...IAM,
          resourceId: "db-ABC",
          readerSecretArn: LEAST.database.readerSecretArn,
        },
      },
      "database.readerSecretArn: not used where database.auth is iam",
    ],
    [
      "no secret",
      { database: { ...LEAST.database, migratorSecretArn: undefined } },
      "database.migratorSecretArn: missing, and database.auth is secret",
    ],
    [
      "a CA file that is not there",
      { database: { ...LEAST.database, caFile: "no.pem" } },
      "database.caFile: there is no PEM file with certificates at no.pem",
    ],
    [
      "a bucket's name that grows too long",
      { target: "a-rather-long-name-of-a-target" },
      "bucket.name: missing, and paws-a-rather-long-name-of-a-target-bundles-111122223333-eu-west-1 would",
    ],
    [
      "a weekly cron",
      { schedule: { verify: "cron(0 3 ? * MON *)" } },
      "schedule.verify: cron(0 3 ? * MON *) is too",
    ],
  ])("%s", (_, sections, fault) => {
    const faults = faultsOf(sections);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
  });

  it.each<[string, Sections]>([
    ["a daily cron", { schedule: { verify: "cron(0 3 * * ? *)" } }],
    ["no schedule", { schedule: { verify: null } }],
    ["a CA file that is there", { database: { ...LEAST.database, caFile: "ca.pem" } }],
    [
      "an S3 endpoint",
      {
        network: { ...MADE_NETWORK, s3PrefixListId: undefined, endpoints: { s3: "create" } },
        database: MADE,
      },
    ],
    ["a made database in a network that is there", { network: IN_NETWORK, database: MADE }],
    ["IAM", { database: { ...IAM, resourceId: "db-ABC" } }],
  ])("%s is good", (_, sections) => {
    expect(faultsOf(sections)).toEqual([]);
  });
});
