import type { SourceFile } from "./bundle.ts";

/** A file with its bytes at hand. */
export interface ReadFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Reads a file where that was put off. Whoever needs the bytes twice keeps the answer: the file may change. */
export const readSource = ({ path, bytes }: SourceFile): ReadFile => ({
  path,
  bytes: typeof bytes === "function" ? bytes() : bytes,
});
