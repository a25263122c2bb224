import type { SourceFile } from "../bundle/bundle.ts";
import { readSource } from "../bundle/source.ts";
import { decode } from "../bundle/text.ts";
import type { Fault } from "../errors.ts";

/** One file of a pile, opened. */
export interface PileFile {
  /** From the pile's root, with `/`. */
  readonly path: string;
  /** `""` is the root. */
  readonly folder: string;
  /** The file's name with its ending. */
  readonly base: string;
  /** Without a leading byte order mark; empty where it is no text. */
  readonly text: string;
  readonly sql: boolean;
  /** Why it is no text. */
  readonly faults: readonly Fault[];
}

/** Opens a pile's files, in order of path. */
export const openPile = (files: readonly SourceFile[]): readonly PileFile[] =>
  files.map(openFile).sort((a, b) => byText(a.path, b.path));

function openFile(source: SourceFile): PileFile {
  const read = readSource(source);
  const base = baseOf(read.path);
  const { text, faults } = decode(read);
  return {
    path: read.path,
    folder: read.path.slice(0, Math.max(0, read.path.length - base.length - 1)),
    base,
    text: text ?? "",
    sql: /\.sql$/i.test(read.path),
    faults,
  };
}

/** By code units, as the tools sort names. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Of digits, as numbers of any length. */
export const byNumber = (a: string, b: string): number => {
  const [left, right] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")];
  return left.length - right.length || byText(left, right);
};

/** The last name of a path. */
export const baseOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The same without the ending of SQL. */
export const stemOf = (path: string): string => baseOf(path).replace(/\.sql$/i, "");

/** The last folder of a path of folders. */
export const lastFolder = (folder: string): string => baseOf(folder);
