import { readBundle, type SourceFile } from "#engine/bundle/bundle.ts";
import { type Fault, MigrationFault } from "#engine/errors.ts";

/** A bundle's files from their texts or bytes, by path. */
export function sourceFiles(contents: Readonly<Record<string, string | readonly number[]>>): SourceFile[] {
  return Object.entries(contents).map(([path, content]) => ({
    path,
    bytes: typeof content === "string" ? new TextEncoder().encode(content) : Uint8Array.from(content),
  }));
}

/** The bundle of these files, as if they had been read from a folder `facilities`. */
export const bundleOf = (contents: Parameters<typeof sourceFiles>[0]) =>
  readBundle(sourceFiles(contents), { name: "facilities", path: "/srv/facilities" });

/** The faults that `act` throws; none where it throws nothing. */
export function faultsOf(act: () => unknown): readonly Fault[] {
  try {
    act();
  } catch (error) {
    if (error instanceof MigrationFault) return error.faults;
    throw error;
  }
  return [];
}

/** The faults that `act` rejects with; none where it does not reject. */
export async function faultsOfPromise(act: () => Promise<unknown>): Promise<readonly Fault[]> {
  try {
    await act();
  } catch (error) {
    if (error instanceof MigrationFault) return error.faults;
    throw error;
  }
  return [];
}
