import { BUNDLE_PREFIX, LIVE_ALIAS } from "#io/contract.ts";
import type { DeployConfig } from "./config.ts";

/** Physical names: what one stack makes and another one, or a policy outside, must name. */

export const COMMANDS = ["apply", "rollback", "verify", "status"] as const;
export type Command = (typeof COMMANDS)[number];

type Named = Pick<DeployConfig, "target">;
type Placed = Pick<DeployConfig, "target" | "env">;

export const stackName = ({ target }: Named, part: "data" | "job"): string => `paws-${target}-${part}`;

export const functionName = ({ target }: Named, command: Command): string => `paws-${target}-${command}`;

export const functionArn = (config: Placed, command: Command): string =>
  arn(config, "lambda", `function:${functionName(config, command)}`);

export const aliasArn = (config: Placed, command: Command): string =>
  `${functionArn(config, command)}:${LIVE_ALIAS}`;

export const bucketName = ({ target, env, bucket }: Placed & Pick<DeployConfig, "bucket">): string =>
  bucket.name ?? `paws-${target}-bundles-${env.account}-${env.region}`;

export const bucketArn = (config: Placed & Pick<DeployConfig, "bucket">): string =>
  `arn:${partitionOf(config.env.region)}:s3:::${bucketName(config)}`;

/** All bundles in the bucket. */
export const bundlesArn = (config: Placed & Pick<DeployConfig, "bucket">): string =>
  `${bucketArn(config)}/${BUNDLE_PREFIX}*`;

/** Of the key that is made for the bucket. */
export const bucketKeyAlias = ({ target }: Named): string => `alias/paws-${target}-bundles`;

export const bundleName = ({ target, bundle }: Pick<DeployConfig, "target" | "bundle">): string =>
  bundle.name ?? target;

export const topicArn = (config: Placed & Pick<DeployConfig, "alarms">): string =>
  config.alarms.topicArn ?? arn(config, "sns", topicName(config));

export const topicName = ({ target }: Named): string => `paws-${target}-alarms`;

/** Where one stack leaves for the other what AWS names, such as the database's host. */
export const handoverName = ({ target }: Named, what: string): string => `/paws-migrate/${target}/${what}`;

/** An ARN in the configured account and region. */
export const arn = (config: Pick<DeployConfig, "env">, service: string, resource: string): string =>
  `arn:${partitionOf(config.env.region)}:${service}:${config.env.region}:${config.env.account}:${resource}`;

export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
