import { vi } from "vitest";

export interface Captured<T> {
  /** Of stdout. */
  readonly lines: readonly string[];
  /** Of stderr. */
  readonly errors: readonly string[];
  readonly result: PromiseSettledResult<T>;
}

/** What this process wrote while `work` ran, line by line: what Lambda puts into the log. */
export async function captured<T>(work: () => T | Promise<T>): Promise<Captured<T>> {
  const [out, err] = [process.stdout, process.stderr].map(listen);
  try {
    const [result] = await Promise.allSettled([(async () => work())()]);
    return { lines: out?.lines() ?? [], errors: err?.lines() ?? [], result };
  } finally {
    out?.end();
    err?.end();
  }
}

function listen(stream: NodeJS.WriteStream) {
  let text = "";
  const spy = vi.spyOn(stream, "write").mockImplementation((chunk: unknown): boolean => {
    text += typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("utf8");
    return true;
  });
  return {
    lines: (): string[] => text.split("\n").filter((line) => line !== ""),
    end: (): void => spy.mockRestore(),
  };
}
