import { arnPlaces, boundaryAccount } from "./arn_rules.ts";
import type { ReadSections } from "./config.ts";
import { loginsApart, secretOfAnother, tokenRegion } from "./login_rules.ts";
import {
  cronDays,
  cronTime,
  databaseToMake,
  environmentFits,
  mailsArrive,
  placesApart,
} from "./made_rules.ts";
import { bucketName } from "./names.ts";

/** A check of one part against another; a part that could not be read is not there. */
type Rule = (config: ReadSections, certifies: (file: string) => boolean) => readonly string[];

/** What is wrong between the parts. */
export function ruleFaults(config: ReadSections, certifies: (file: string) => boolean): string[] {
  return RULES.flatMap((rule) => rule(config, certifies));
}

const RULES: readonly Rule[] = [
  networkShape,
  zonesOfRegion,
  wayToS3,
  wayToSecrets,
  wayToEvents,
  databasePlace,
  databaseLogins,
  caFileIsThere,
  bucketNameFits,
  verifyOftenEnough,
  noConsoleYet,
  arnPlaces,
  boundaryAccount,
  loginsApart,
  tokenRegion,
  secretOfAnother,
  databaseToMake,
  placesApart,
  cronDays,
  cronTime,
  environmentFits,
  mailsArrive,
];

function networkShape({ network }: ReadSections): string[] {
  if (network?.mode === "create" && network.azs.length < 2) {
    return ["network.azs: 1 zone, and a database needs subnets in 2 zones at least"];
  }
  if (network?.mode === "existing" && network.azs.length !== network.subnetIds.length) {
    return [
      `network.azs: ${network.azs.length} for ${network.subnetIds.length} subnets; name the zone of each subnet, in their order`,
    ];
  }
  return [];
}

function zonesOfRegion({ network, env }: ReadSections): string[] {
  if (network === undefined || network.mode === "none" || env === undefined) return [];
  return network.azs
    .filter((zone) => zone.slice(0, -1) !== env.region)
    .map((zone) => `network.azs: ${zone} is not in ${env.region}`);
}

/** A gateway endpoint routes, but lets nothing out of a closed security group. */
function wayToS3({ network }: ReadSections): string[] {
  if (network === undefined || network.mode === "none") return [];
  if (network.s3PrefixListId !== undefined && network.endpoints.s3 !== undefined) {
    return ["network.s3PrefixListId, network.endpoints.s3: two ways to S3; take one out"];
  }
  if (network.s3PrefixListId !== undefined) return [];
  if (network.endpoints.s3 !== undefined)
    return wayByEndpoint(network, "s3", "that is the way to the bundles");
  return [
    "network.s3PrefixListId, network.endpoints.s3: no way to S3; give the region's prefix list of S3 (with a gateway endpoint), or an interface endpoint",
  ];
}

function wayToSecrets({ network, database }: ReadSections): string[] {
  if (database?.auth !== "secret") return [];
  return wayByEndpoint(network, "secretsmanager", "database.auth is secret");
}

function wayToEvents({ network, events }: ReadSections): string[] {
  if (events?.busArn === undefined) return [];
  return wayByEndpoint(network, "events", "events.busArn is given");
}

function wayByEndpoint(
  network: ReadSections["network"],
  service: "s3" | "secretsmanager" | "events",
  why: string,
): string[] {
  if (network?.mode === "create") {
    return (network.endpoints[service] ?? "create") === "create"
      ? []
      : [
          `network.endpoints.${service}: a network that is made has no endpoint yet; "create", or leave it out`,
        ];
  }
  if (network?.mode !== "existing" || network.endpoints[service] !== undefined) return [];
  return [
    `network.endpoints.${service}: missing, and ${why}; give the security group of the endpoint that is there, or "create"`,
  ];
}

function databasePlace({ network, database }: ReadSections): string[] {
  if (network === undefined || database === undefined) return [];
  if (database.mode === "create") {
    if (network.mode === "none") return ['database.mode: "create" needs a network to make the database in'];
    return network.azs.length < 2 && network.mode === "existing"
      ? ["network.subnetIds: 1, and a database needs subnets in 2 zones at least"]
      : [];
  }
  if (network.mode === "create") {
    return ['network.mode: "create" makes a network that an existing database is not in; use "existing"'];
  }
  return network.mode === "existing" && database.securityGroupId === undefined
    ? ["database.securityGroupId: missing; the functions' way to the database is opened in it"]
    : [];
}

function databaseLogins({ database }: ReadSections): string[] {
  if (database === undefined) return [];
  if (database.auth === "iam") {
    return [
      ...(database.mode === "existing" && database.resourceId === undefined
        ? ["database.resourceId: missing, and database.auth is iam"]
        : []),
      ...(["migratorSecretArn", "readerSecretArn", "secretKeyArn"] as const)
        .filter((key) => database[key] !== undefined)
        .map((key) => `database.${key}: not used where database.auth is iam; take it out`),
    ];
  }
  if (database.mode === "create") return [];
  return (["migratorSecretArn", "readerSecretArn"] as const)
    .filter((key) => database[key] === undefined)
    .map((key) => `database.${key}: missing, and database.auth is secret`);
}

function caFileIsThere({ database }: ReadSections, certifies: (file: string) => boolean): string[] {
  const file = database?.caFile;
  if (file === undefined || certifies(file)) return [];
  return [`database.caFile: there is no PEM file with certificates at ${file}`];
}

function bucketNameFits({ target, env, bucket }: ReadSections): string[] {
  if (target === undefined || env === undefined || bucket === undefined) return [];
  const name = bucketName({ target, env, bucket });
  return name.length <= 63
    ? []
    : [`bucket.name: missing, and ${name} would be longer than the 63 that S3 takes`];
}

/** CloudWatch looks back seven days at most: a missing verification must be seen within. */
function verifyOftenEnough({ schedule }: ReadSections): string[] {
  const expression = schedule?.verify ?? null;
  if (expression === null || hoursBetweenRuns(expression) !== null) return [];
  return [`schedule.verify: ${expression} is too rare, or no schedule; a missing run could not be told`];
}

/** Hours between two runs of a schedule, as an upper bound; null where it is rarer than can be watched. */
export function hoursBetweenRuns(expression: string): number | null {
  const rate = /^rate\((\d+) (hour|day)s?\)$/.exec(expression);
  if (rate !== null) {
    const hours = Number(rate[1]) * (rate[2] === "day" ? 24 : 1);
    return hours >= 1 && hours <= 6 * 24 ? hours : null;
  }
  // Every day of the month or of the week, in every month and year.
  return /^cron\(\S+ \S+ [*?] \* [*?] \*\)$/.test(expression) ? 24 : null;
}

function noConsoleYet({ console: operators }: ReadSections): string[] {
  return operators?.enabled === true ? ["console.enabled: the console is not in this release"] : [];
}
