import type { ReadSections } from "./config.ts";

/** `verify` and `status` run SQL of files: a login that can only read is what holds them. */
export function loginsApart({ database }: ReadSections): string[] {
  if (database === undefined) return [];
  const { auth, mode, migratorSecretArn, readerSecretArn, users } = database;
  const same = "the same as the migrator's; what only reads needs a login that can only read";
  if (auth === "secret" && migratorSecretArn !== undefined && migratorSecretArn === readerSecretArn) {
    return [`database.readerSecretArn: ${same}`];
  }
  const named = auth === "iam" || mode === "create";
  return named && users.migrator === users.reader ? [`database.users.reader: ${same}`] : [];
}

const ENDPOINT = /\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com$/i;

/** The right to log in by a token names the region of the database. */
export function tokenRegion({ database, env }: ReadSections): string[] {
  if (database?.mode !== "existing" || database.auth !== "iam" || env === undefined) return [];
  const region = ENDPOINT.exec(database.host)?.[1] ?? env.region;
  return region === env.region
    ? []
    : [`database.host: in ${region}, and with database.auth iam the database must be in ${env.region}`];
}

/** What Secrets Manager encrypts with its own key is readable in its own account only. */
export function secretOfAnother({ database, env }: ReadSections): string[] {
  if (database === undefined || env === undefined || database.secretKeyArn !== undefined) return [];
  return (["migratorSecretArn", "readerSecretArn"] as const).flatMap((key) => {
    const account = database[key]?.split(":")[4] ?? env.account;
    return account === env.account
      ? []
      : [`database.secretKeyArn: missing, and ${key} is of account ${account}: it takes a customer's key`];
  });
}
