import { fault, MigrationFault } from "#engine/errors.ts";
import { LIVE_ALIAS } from "#io/contract.ts";
import type { FunctionAddress } from "#io/lambda_client.ts";

/** What the deployed functions are called after, and what each of them does. */
export const FUNCTION_VERBS = ["apply", "rollback", "verify", "status"] as const;
export type FunctionVerb = (typeof FUNCTION_VERBS)[number];

const QUALIFIER = "(?::([A-Za-z0-9$_-]{1,128}))?";
const NAME = new RegExp(`^([A-Za-z0-9_-]{1,64})${QUALIFIER}$`);
const ARN = new RegExp(
  String.raw`^(arn:aws[a-z-]*:lambda:([a-z0-9-]+):\d{12}:function:[A-Za-z0-9_-]{1,64})${QUALIFIER}$`,
);
const VERB = new RegExp(`-(${FUNCTION_VERBS.join("|")})$`);

/**
 * The function of a verb from what --function says: its name, its ARN, or what the names of the deployed functions
 * begin with (`paws-prod` for `paws-prod-apply`). Without a qualifier it is the alias that everyone invokes.
 */
export function functionAddress(given: string, verb: FunctionVerb): FunctionAddress {
  const { name, region, qualifier } = parsed(given, "--function");
  const ending = VERB.exec(name)?.[1] ?? null;
  if (ending !== null && ending !== verb) {
    const remedy = `Give its own function, or ${JSON.stringify(name.replace(VERB, ""))} for all of them.`;
    throw new MigrationFault(
      fault("bad-argument", `--function names the function that does ${ending}, not ${verb}.`, { remedy }),
    );
  }
  // An ARN is whole; what is short of a verb otherwise is the beginning of a name.
  const whole = ending !== null || region !== null ? name : `${name}-${verb}`;
  return { name: whole, region, qualifier: qualifier ?? LIVE_ALIAS };
}

/** The function that tells of runs: --status-function, or the one beside `address`. */
export function statusAddress(given: string | null, address: FunctionAddress): FunctionAddress {
  if (given !== null) {
    const { name, region, qualifier } = parsed(given, "--status-function");
    return { name, region: region ?? address.region, qualifier: qualifier ?? LIVE_ALIAS };
  }
  if (!VERB.test(address.name)) {
    const remedy = "Name it with --status-function.";
    throw new MigrationFault(
      fault("bad-argument", `The status function beside ${address.name} cannot be told from its name.`, {
        remedy,
      }),
    );
  }
  return { ...address, name: address.name.replace(VERB, "-status"), qualifier: LIVE_ALIAS };
}

function parsed(
  given: string,
  option: string,
): { name: string; region: string | null; qualifier: string | null } {
  const arn = ARN.exec(given);
  if (arn !== null) return { name: arn[1] ?? "", region: arn[2] ?? null, qualifier: arn[3] ?? null };
  const name = NAME.exec(given);
  if (name !== null) return { name: name[1] ?? "", region: null, qualifier: name[2] ?? null };
  throw new MigrationFault(
    fault("bad-argument", `${option} is ${JSON.stringify(given)}; wanted a Lambda function's name or ARN.`),
  );
}
