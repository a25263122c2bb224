import type { ReadSections } from "./config.ts";
import { partitionOf } from "./names.ts";

/** Whatever is named by an ARN is reached from the configured region, and is of the same partition of AWS. */
export function arnPlaces(config: ReadSections): string[] {
  const { env } = config;
  if (env === undefined) return [];
  const partition = partitionOf(env.region);
  return arnsOf(config).flatMap(([key, arn]) => {
    const [, found, , region = ""] = arn.split(":");
    if (found !== partition) return [`${key}: ${arn} is of ${found}, and ${env.region} is of ${partition}`];
    return region === "" || region === env.region
      ? []
      : [`${key}: ${arn} is in ${region}, and is needed in ${env.region}`];
  });
}

/** A boundary bounds the roles of its own account only. */
export function boundaryAccount({ env, permissionsBoundary }: ReadSections): string[] {
  const account = permissionsBoundary?.split(":")[4] ?? "aws";
  if (env === undefined || account === "aws" || account === env.account) return [];
  return [`permissionsBoundary: of account ${account}, and the roles are made in ${env.account}`];
}

function arnsOf({ database, bucket, alarms, events, access, permissionsBoundary }: ReadSections) {
  const named: readonly (readonly [string, string | undefined])[] = [
    ["database.migratorSecretArn", database?.migratorSecretArn],
    ["database.readerSecretArn", database?.readerSecretArn],
    ["database.secretKeyArn", database?.secretKeyArn],
    ["bucket.keyArn", bucket?.keyArn],
    ["alarms.topicArn", alarms?.topicArn],
    ["events.busArn", events?.busArn],
    ["permissionsBoundary", permissionsBoundary],
    ...Object.entries(access ?? {}).flatMap(([kind, roles]) =>
      roles.map((role) => [`access.${kind}`, role] as const),
    ),
  ];
  return named.flatMap(([key, arn]) => (arn === undefined ? [] : [[key, arn] as const]));
}
