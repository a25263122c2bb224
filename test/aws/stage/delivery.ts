import {
  GetAliasCommand,
  GetFunctionEventInvokeConfigCommand,
  LambdaClient,
  PutFunctionEventInvokeConfigCommand,
} from "@aws-sdk/client-lambda";
import { COMMANDS } from "../../../cdk/names.ts";
import { isRightAbout } from "../differences.ts";
import { clientOf, type Emulator } from "../support/emulator.ts";

/** How an alias delivers events that nobody waits for. */
export interface Delivery {
  readonly retries: number | undefined;
  readonly longest_s: number | undefined;
  /** ARN of the queue of what failed. */
  readonly failures: string | undefined;
}

export async function deliveryOf(emulator: Emulator, name: string): Promise<Delivery> {
  const client = new LambdaClient(clientOf(emulator));
  const where = { FunctionName: name, Qualifier: "live" };
  const found = await client.send(new GetFunctionEventInvokeConfigCommand(where));
  client.destroy();
  return {
    retries: found.MaximumRetryAttempts,
    longest_s: found.MaximumEventAgeInSeconds,
    failures: found.DestinationConfig?.OnFailure?.Destination,
  };
}

/** Gives the version behind the alias what the alias has, where an emulator looks at the version. */
export async function deliverAsAlias(
  emulator: Emulator,
  nameOf: (command: (typeof COMMANDS)[number]) => string,
) {
  if (isRightAbout(emulator, "delivery")) return;
  for (const command of COMMANDS) {
    const name = nameOf(command);
    await deliverBy(emulator, name, await deliveryOf(emulator, name));
  }
}

/** Of the version behind the alias. */
export async function deliverBy(emulator: Emulator, name: string, delivery: Delivery): Promise<void> {
  const client = new LambdaClient(clientOf(emulator));
  const alias = await client.send(new GetAliasCommand({ FunctionName: name, Name: "live" }));
  await client.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: name,
      Qualifier: alias.FunctionVersion,
      MaximumRetryAttempts: delivery.retries,
      MaximumEventAgeInSeconds: delivery.longest_s,
      DestinationConfig: { OnFailure: { Destination: delivery.failures } },
    }),
  );
  client.destroy();
}
