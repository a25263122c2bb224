import { vi } from "vitest";

/** Runs `work` without its log on the terminal; `lines` is handed what it was. */
export async function quietly<T>(
  work: () => Promise<T>,
  lines: (text: string) => void = () => {},
): Promise<T> {
  const take = (chunk: unknown): boolean => {
    lines(String(chunk));
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation(take),
  );
  try {
    return await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
