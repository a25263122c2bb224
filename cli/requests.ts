import type { Bundle } from "#engine/bundle/bundle.ts";
import { parseVersionArgument } from "#engine/bundle/names.ts";
import { fault, MigrationFault } from "#engine/errors.ts";
import type { RollbackRequest, RollbackVerification, UpRequest } from "#engine/request.ts";
import type { Arguments } from "./arguments.ts";

/** `up`, from its own options. */
export function upRequest({ options }: Arguments, bundle: Bundle): UpRequest {
  return {
    command: "up",
    target:
      options.to !== undefined
        ? { to: "version", version: versionOf(options.to, bundle) }
        : options.steps !== undefined
          ? { to: "steps", steps: countOf(options.steps) }
          : { to: "latest" },
    allow_out_of_order: options.allowOutOfOrder === true,
  };
}

/** `rollback`: without --to and --steps, the last one. */
export function rollbackRequest({ options }: Arguments, bundle: Bundle): RollbackRequest {
  return {
    command: "rollback",
    target:
      options.to !== undefined
        ? { remove: "above", version: versionOf(options.to, bundle) }
        : { remove: "steps", steps: options.steps === undefined ? 1 : countOf(options.steps) },
    verify: options.verify as RollbackVerification,
  };
}

/** The seed's `down V`: V and all above it. */
export function downRequest({ options }: Arguments, version: string, bundle: Bundle): RollbackRequest {
  return {
    command: "rollback",
    target: { remove: "from", version: versionOf(version, bundle) },
    verify: options.verify as RollbackVerification,
  };
}

/** A version as the user spells it. One that the bundle does not hold may still be in the history. */
export function versionOf(text: unknown, bundle: Bundle): bigint {
  const spelled = String(text);
  const found = parseVersionArgument(spelled, bundle.migrations);
  if (typeof found === "bigint") return found;
  if (!/^\s*(?:\d+|\d{8}_\d{6})\s*$/.test(spelled)) throw new MigrationFault(found);
  return BigInt(spelled.trim().replace("_", ""));
}

export function countOf(text: unknown): number {
  if (/^[1-9]\d{0,8}$/.test(String(text))) return Number(text);
  throw new MigrationFault(
    fault("bad-argument", `--steps is ${JSON.stringify(text)}; wanted a number from 1.`),
  );
}
