import { vi } from "vitest";

/** What this process wrote to stdout and stderr while `work` ran, line by line: what Lambda puts into the log. */
export async function captured<T>(
  work: () => T,
): Promise<{ lines: string[]; result: PromiseSettledResult<Awaited<T>> }> {
  let text = "";
  const take = (chunk: unknown): boolean => {
    text += typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("utf8");
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation(take),
  );
  try {
    const [result] = await Promise.allSettled([(async () => work())()]);
    return { lines: text.split("\n").filter((line) => line !== ""), result };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
