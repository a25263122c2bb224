import * as v from "valibot";
import { busArn, keyArn, policyArn, roleArn, secretArn, topicArn } from "./arns.ts";

const text = (pattern: RegExp, wanted: string) => v.pipe(v.string(), v.regex(pattern, wanted));
const count = (least: number, most: number) =>
  v.pipe(
    v.number(),
    v.integer("a whole number"),
    v.minValue(least, `${least} to ${most}`),
    v.maxValue(most, `${least} to ${most}`),
  );
const says = <T extends v.GenericSchema>(schema: T, words: string) => v.pipe(schema, v.description(words));
/** EC2 has ids of two lengths. */
const id = (kind: string) => new RegExp(`^${kind}-[0-9a-f]{8}([0-9a-f]{9})?$`);
const roles = v.array(roleArn);
const securityGroup = text(id("sg"), "a security group such as sg-0123456789abcdef0");
const sqlName = text(/^[A-Za-z_][A-Za-z0-9_$]{0,62}$/, "a PostgreSQL name");
const placeholderName = text(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, "a placeholder's name");
const ownSchema = text(
  /^(?!pg_|information_schema$)[A-Za-z_][A-Za-z0-9_$]{0,62}$/,
  "a PostgreSQL name that is not the server's own",
);

const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
].concat([3288, 3653]);
const SCHEDULE = /^(rate\(\d+ (hours?|days?)\)|cron\(\S+ \S+ \S+ \S+ \S+ \S+\))$/;

/** A cluster's reader endpoint leads to standbys, which every verb refuses. */
const OWN_HOST = /^(?!.*\.(?:proxy|cluster-ro)-)(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i;

const tagName = text(
  /^(?!aws:)[\p{L}\p{Zs}\p{N}_.:/=+@-]{1,128}$/iu,
  "1 to 128 letters, digits, spaces and _.:/=+-@, without aws: before",
);
const tagValue = text(
  /^[\p{L}\p{Zs}\p{N}_.:/=+@-]{1,256}$/u,
  "1 to 256 letters, digits, spaces and _.:/=+-@",
);

const endpoint = v.union(
  [v.literal("create"), securityGroup],
  '"create", or the security group of the endpoint',
);
const endpoints = says(
  v.optional(
    v.strictObject({
      s3: v.optional(endpoint),
      secretsmanager: v.optional(endpoint),
      events: v.optional(endpoint),
    }),
    {},
  ),
  "Interface endpoints: `create`, or the security group of the one that is there. A network that is made gets those it needs. One made in a network that is there serves the whole network: see network.md.",
);
const s3PrefixListId = says(
  v.optional(text(id("pl"), "a prefix list such as pl-6da54004")),
  "S3's prefix list in the region, for S3 through the gateway endpoint: `aws ec2 describe-managed-prefix-lists`.",
);
const azs = says(
  v.pipe(
    v.array(text(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, "a zone such as eu-west-1a")),
    v.minLength(1, "one zone at least"),
  ),
  "Availability zones, one for each subnet. Nothing is looked up.",
);

const network = v.variant("mode", [
  v.strictObject({
    mode: says(v.literal("create"), "A network of isolated subnets is made."),
    azs,
    s3PrefixListId,
    endpoints,
  }),
  v.strictObject({
    mode: says(v.literal("existing"), "The functions join subnets that are there."),
    vpcId: says(text(id("vpc"), "a network such as vpc-0123456789abcdef0"), "The network of the database."),
    subnetIds: says(
      v.pipe(
        v.array(text(id("subnet"), "a subnet such as subnet-0123456789abcdef0")),
        v.minLength(1, "one subnet at least"),
      ),
      "The subnets that the functions join.",
    ),
    azs,
    s3PrefixListId,
    endpoints,
  }),
  v.strictObject({
    mode: says(v.literal("none"), "The functions join no network: for development and tests only."),
  }),
]);

const DATABASE_NAME = "1 to 63 bytes without control characters";
const database = {
  name: says(v.pipe(text(/^\P{Cc}+$/u, DATABASE_NAME), v.maxBytes(63, DATABASE_NAME)), "The database."),
  port: says(v.optional(count(1, 65_535), 5432), "The server's port."),
  auth: says(
    v.optional(v.picklist(["secret", "iam"], '"secret" or "iam"'), "secret"),
    "How the functions log in: by secrets with username and password, or by IAM tokens.",
  ),
  users: says(
    v.optional(
      v.strictObject({ migrator: v.optional(sqlName, "app_job"), reader: v.optional(sqlName, "app_reader") }),
      {},
    ),
    "The two logins, for IAM tokens and for the secrets that are made.",
  ),
  migratorSecretArn: says(v.optional(secretArn), "Secret of the login of `apply` and `rollback`."),
  readerSecretArn: says(v.optional(secretArn), "Secret of the login of `verify` and `status`."),
  secretKeyArn: says(
    v.optional(keyArn),
    "The customer's key that the two secrets are encrypted with, where there is one.",
  ),
  ownerRole: says(v.optional(sqlName), "The role that the migrator becomes for the whole run (`SET ROLE`)."),
  caFile: says(
    v.optional(text(/\S/, "a path")),
    "PEM file with the certificate authorities of the server, from the repository's root. Without it: those of RDS.",
  ),
};

const databases = v.variant("mode", [
  v.strictObject({
    mode: says(v.literal("existing"), "The database is there."),
    host: says(
      text(OWN_HOST, "the name of a server's own host: no RDS Proxy, no reader endpoint of a cluster"),
      "The server's own endpoint: no proxy, no alias of it.",
    ),
    ...database,
    securityGroupId: says(v.optional(securityGroup), "The server's security group; needed in a network."),
    resourceId: says(
      v.optional(text(/^(db|cluster)-[A-Z0-9]+$/, "a resource such as db-ABCDEFGHIJKL01234")),
      "The server's resource id; needed for IAM tokens.",
    ),
  }),
  v.strictObject({
    mode: says(
      v.literal("create"),
      "An RDS instance is made, and with `auth: secret` the two secrets that are not given.",
    ),
    ...database,
    engineVersion: says(
      v.optional(text(/^\d{2}(\.\d{1,2})?$/, "a version such as 17.6"), "17.6"),
      "Version of PostgreSQL.",
    ),
    instanceClass: says(
      v.optional(text(/^[a-z0-9]+\.[a-z0-9]+$/, "a class such as t4g.medium"), "t4g.medium"),
      "Size of the instance.",
    ),
    multiAz: says(v.optional(v.boolean(), true), "A standby in another zone."),
    backupDays: says(v.optional(count(1, 35), 14), "Days that automatic backups are kept."),
    deletionProtection: says(
      v.optional(v.boolean(), true),
      "The instance cannot be deleted while this is on.",
    ),
  }),
]);

const buckets = v.variant("mode", [
  v.strictObject({
    mode: says(v.literal("create"), "The bucket is made."),
    name: says(
      v.optional(text(/^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "3 to 63 of a-z, 0-9, . and -")),
      "Without it: `paws-<target>-bundles-<account>-<region>`.",
    ),
    keyArn: says(v.optional(keyArn), "The key that bundles are encrypted with; without it a key is made."),
    objectLockDays: says(
      v.optional(count(1, 36_500)),
      "Object lock in governance mode for so many days. Can be set when the bucket is made, and not taken off.",
    ),
  }),
  v.strictObject({
    mode: says(v.literal("existing"), "The bucket is there, and its policy is yours."),
    name: says(
      text(/^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "3 to 63 of a-z, 0-9, . and -"),
      "The bucket.",
    ),
    keyArn: says(
      v.optional(keyArn),
      "The customer's key that bundles are encrypted with, where there is one.",
    ),
  }),
]);

/** Every key of the configuration, with its default, its check and its words in the reference. */
export const SECTIONS = {
  target: says(
    text(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/, "2 to 40 of a-z, 0-9 and -, a letter first"),
    "Name of the database to people: the metrics' dimension, part of every resource's name, and the word that an event's `target` is held against.",
  ),
  env: v.strictObject({
    account: says(text(/^\d{12}$/, "12 digits"), "The AWS account."),
    region: says(text(/^[a-z]{2}(-[a-z]+)+-\d$/, "a region such as eu-west-1"), "The region."),
  }),
  network,
  database: databases,
  history: v.optional(
    v.strictObject({
      schema: says(
        v.optional(ownSchema, "public"),
        "The schema of `schema_migrations` and its sister tables.",
      ),
    }),
    {},
  ),
  bucket: v.optional(buckets, { mode: "create" }),
  bundle: v.optional(
    v.strictObject({
      name: says(
        v.optional(text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "1 to 100 letters, digits, `.`, `_` or `-`")),
        "The bundle that is meant where an event names none. Without it: the target's name.",
      ),
      placeholders: says(
        v.optional(v.record(placeholderName, v.string()), {}),
        "Values of the placeholders that the bundle declares; everyone who may see the functions can read them.",
      ),
    }),
    {},
  ),
  functions: v.optional(
    v.strictObject({
      memoryMb: says(
        v.optional(count(256, 10_240), 1024),
        "Memory of each function, in MB; the processor's share grows with it.",
      ),
      timeoutMinutes: says(
        v.optional(count(1, 15), 15),
        "Longest run of each function. A run ends in good order before it.",
      ),
      logDays: says(
        v.optional(v.picklist(LOG_DAYS, `one of ${LOG_DAYS.join(", ")}`), 90),
        "Days that logs are kept: one of the numbers that CloudWatch knows.",
      ),
    }),
    {},
  ),
  report: v.optional(
    v.strictObject({
      maxBytes: says(
        v.optional(count(32_768, 5_000_000), 200_000),
        "Largest answer of a function; Step Functions carries 262144.",
      ),
    }),
    {},
  ),
  schedule: v.optional(
    v.strictObject({
      verify: says(
        v.optional(v.nullable(text(SCHEDULE, "rate(N hours), rate(N days) or cron(...)")), "rate(1 day)"),
        "When `verify` runs by itself, at least once a day by `cron`, once in 6 days by `rate`. `null`: never.",
      ),
    }),
    {},
  ),
  alarms: v.optional(
    v.strictObject({
      topicArn: says(v.optional(topicArn), "The topic that alarms go to; without it one is made."),
      emails: says(
        v.optional(v.array(text(/^[^@\s]+@[^@\s]+$/, "an address")), []),
        "Addresses that the made topic tells. Each must confirm.",
      ),
    }),
    {},
  ),
  events: v.optional(
    v.strictObject({
      busArn: says(v.optional(busArn), "The bus that is told of every finished run."),
    }),
    {},
  ),
  access: v.optional(
    v.strictObject({
      pipelineRoleArns: says(
        v.optional(roles, []),
        "Roles that may publish bundles and invoke `apply`, `verify` and `status`.",
      ),
      operatorRoleArns: says(v.optional(roles, []), "Roles that may invoke every function."),
      viewerRoleArns: says(v.optional(roles, []), "Roles that may invoke `status`."),
      adminRoleArns: says(
        v.optional(roles, []),
        "Roles that the bucket's policy lets delete bundles. Nobody else can.",
      ),
    }),
    {},
  ),
  console: v.optional(
    v.strictObject({
      enabled: says(
        v.optional(v.boolean(), false),
        "Whether the operators' console is made; not in this release.",
      ),
    }),
    {},
  ),
  removal: says(
    v.optional(v.picklist(["retain", "destroy"], '"retain" or "destroy"'), "retain"),
    "What is left when a stack is deleted: bucket, keys, secrets and logs stay and the database leaves a snapshot, or nothing does.",
  ),
  tags: says(v.optional(v.record(tagName, tagValue), {}), "Tags of every resource."),
  permissionsBoundary: says(v.optional(policyArn), "A managed policy that bounds every role that is made."),
} as const;

type Sections = typeof SECTIONS;
/** The configuration as everything after this file sees it: complete and checked. */
export type DeployConfig = { readonly [K in keyof Sections]: v.InferOutput<Sections[K]> };
/** What of it could be read. */
export type ReadSections = Partial<DeployConfig>;
