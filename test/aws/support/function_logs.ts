import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { clientOf, type Emulator } from "./emulator.ts";
import { jsonCall } from "./json_call.ts";

/**
 * All lines in the log of a function, oldest first: of the group that it is configured with, and of the one that has
 * its name, where LocalStack puts them whatever the configuration says.
 */
export async function functionLogs(emulator: Emulator, name: string): Promise<readonly string[]> {
  const client = new LambdaClient(clientOf(emulator));
  const command = new GetFunctionConfigurationCommand({ FunctionName: name });
  const { LoggingConfig } = await client.send(command).finally(() => client.destroy());
  const groups = new Set([`/aws/lambda/${name}`, LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`]);
  const lines: string[] = [];
  for (const group of groups) lines.push(...(await linesOf(emulator, group)));
  return lines;
}

async function linesOf(emulator: Emulator, logGroupName: string): Promise<readonly string[]> {
  const lines: string[] = [];
  let nextToken: unknown;
  do {
    const input = { logGroupName, ...(nextToken === undefined ? {} : { nextToken }) };
    const page = await jsonCall(emulator, "logs", "FilterLogEvents", input).catch(absent);
    const events = "events" in page && Array.isArray(page.events) ? page.events : [];
    lines.push(...events.map(({ message }) => String(message).trimEnd()));
    nextToken = "nextToken" in page && page.nextToken !== "" ? page.nextToken : undefined;
  } while (nextToken !== undefined);
  return lines;
}

/** A group may be made with its first line. */
function absent(error: Error): object {
  if (error.message.includes("ResourceNotFoundException")) return {};
  throw error;
}
