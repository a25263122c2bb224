import type { Emulator } from "./emulator.ts";
import { jsonCall } from "./json_call.ts";

/**
 * All lines in the log of a function, oldest first. Both emulators keep it under this name, whatever group the function
 * is configured with; ours has the same.
 */
export async function functionLogs(emulator: Emulator, name: string): Promise<readonly string[]> {
  const lines: string[] = [];
  let nextToken: unknown;
  do {
    const page = await jsonCall(emulator, "logs", "FilterLogEvents", {
      logGroupName: `/aws/lambda/${name}`,
      ...(nextToken === undefined ? {} : { nextToken }),
    }).catch((error: Error) => {
      // It is made with the first line.
      if (error.message.includes("ResourceNotFoundException")) return {};
      throw error;
    });
    const events = "events" in page && Array.isArray(page.events) ? page.events : [];
    lines.push(...events.map(({ message }) => String(message).trimEnd()));
    nextToken = "nextToken" in page && page.nextToken !== "" ? page.nextToken : undefined;
  } while (nextToken !== undefined);
  return lines;
}
