import type { ReadSections } from "./config.ts";

/** What AWS would refuse only when it makes a thing, minutes into a deployment. */

export function databaseToMake({ database }: ReadSections): string[] {
  if (database?.mode !== "create") return [];
  const { name, port, engineVersion } = database;
  return [
    ...(/^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(name)
      ? []
      : [`database.name: ${name} is no name that RDS makes; letters, digits and _, a letter first`]),
    ...(port >= 1150 ? [] : [`database.port: ${port}, and RDS takes 1150 and above`]),
    ...(Number.parseInt(engineVersion, 10) >= 14
      ? []
      : [`database.engineVersion: ${engineVersion}, and 14 is the oldest that the job works with`]),
  ];
}

export function placesApart({ network, database }: ReadSections): string[] {
  if (network === undefined || network.mode === "none") return [];
  if (network.mode === "create") return network.azs.length < 2 ? [] : twice("network.azs", network.azs);
  const subnets = twice("network.subnetIds", network.subnetIds);
  if (database?.mode !== "create" || network.azs.length < 2 || new Set(network.azs).size > 1) return subnets;
  return [...subnets, `network.azs: all in ${network.azs[0]}, and a database needs subnets in 2 zones`];
}

const twice = (key: string, all: readonly string[]): string[] =>
  all.filter((one, at) => all.indexOf(one) !== at).map((one) => `${key}: ${one} is there twice`);

/** A day of the month or a day of the week: the scheduler wants `?` for exactly one of them. */
export function cronDays({ schedule }: ReadSections): string[] {
  const expression = schedule?.verify ?? "";
  const [, month, week] = /^cron\(\S+ \S+ (\S+) \S+ (\S+) \S+\)$/.exec(expression) ?? [];
  return (month === "?") === (week === "?") && month !== undefined
    ? [
        `schedule.verify: ${expression} needs ? for the day of the month or for that of the week, as in cron(0 3 * * ? *)`,
      ]
    : [];
}

export function cronTime({ schedule }: ReadSections): string[] {
  const expression = schedule?.verify ?? "";
  const [, minute, hour] = /^cron\((\S+) (\S+) /.exec(expression) ?? [];
  if (minute === undefined || hour === undefined || (isTime(minute, 59) && isTime(hour, 23))) return [];
  return [`schedule.verify: ${expression} has no minute or no hour, as in cron(0 3 * * ? *)`];
}

/** `*`, numbers and ranges of them, each with a step or without. */
const isTime = (field: string, most: number): boolean =>
  field
    .split(",")
    .every(
      (part) =>
        /^(?:\*|\d+(?:-\d+)?)(?:\/[1-9]\d*)?$/.test(part) &&
        (part.match(/\d+/g) ?? []).every((number) => Number(number) <= most),
    );

/** Lambda takes 4 KB of variables; the others have up to 1.5. */
const PLACEHOLDERS_BYTES = 2_500;

export function environmentFits({ bundle }: ReadSections): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(bundle?.placeholders ?? {}));
  return bytes <= PLACEHOLDERS_BYTES
    ? []
    : [`bundle.placeholders: ${bytes} bytes as JSON, and ${PLACEHOLDERS_BYTES} are the most`];
}

export function mailsArrive({ alarms }: ReadSections): string[] {
  if (alarms?.topicArn === undefined || alarms.emails.length === 0) return [];
  return [
    "alarms.emails: not used where alarms.topicArn is given; subscribe them to that topic, and take them out",
  ];
}
