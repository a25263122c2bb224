import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { type Answer, invoke } from "../support/deployed_function.ts";
import { clientOf, type Emulator } from "../support/emulator.ts";

export interface Change {
  /** Its longest time. */
  readonly seconds?: number;
  /** Beside, or in the place of, what the stack gave it. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The function's $LATEST with another configuration, for as long as `work` lasts; the alias stays as it is. */
export async function withChanged<T>(
  emulator: Emulator,
  name: string,
  { seconds, environment = {} }: Change,
  work: (invoke: (event: object) => Promise<Answer>) => Promise<T>,
): Promise<T> {
  const client = new LambdaClient(clientOf(emulator));
  const found = await client.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  const before = { Timeout: found.Timeout, Environment: { Variables: found.Environment?.Variables ?? {} } };
  const update = async (changed: typeof before): Promise<void> => {
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, ...changed }));
    await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 300 }, { FunctionName: name });
  };
  try {
    await update({
      Timeout: seconds ?? before.Timeout,
      Environment: { Variables: { ...before.Environment.Variables, ...environment } },
    });
    return await work((event) => invoke(emulator, name, event));
  } finally {
    await update(before);
    client.destroy();
  }
}
