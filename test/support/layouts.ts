import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceFile } from "#engine/bundle/bundle.ts";
import type { Fault } from "#engine/errors.ts";
import { planImport } from "#engine/layouts/import.ts";
import type { Pile, Tool } from "#engine/layouts/pile.ts";
import { readPile } from "#engine/layouts/read_pile.ts";
import { readPileFolder } from "#io/pile_folder.ts";

/** The folder with the files that were written in a tool's style. */
export const layoutFolder = (tool: Tool): string => join(import.meta.dirname, "../fixtures/layouts", tool);

export const fixtureText = (tool: Tool, path: string): string =>
  readFileSync(join(layoutFolder(tool), path), "utf8");

/** A fixture as its tool's reader has it. */
export const fixturePile = (tool: Tool, from: Tool | null = null): Pile =>
  readPile(readPileFolder(layoutFolder(tool)).files, from);

/** A pile from texts by path. */
export const pileOf = (
  files: Readonly<Record<string, string | Uint8Array>>,
  from: Tool | null = null,
  root = "",
): Pile => readPile(sourcesOf(files), from, root);

export const sourcesOf = (files: Readonly<Record<string, string | Uint8Array>>): readonly SourceFile[] =>
  Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));

/** The texts of an imported pile's files by path. */
export const importedFiles = (pile: Pile, skip = false): Readonly<Record<string, string>> =>
  Object.fromEntries(planImport(pile, skip).bundle.files.map(({ path, text }) => [path, text]));

/** A pile with one thing wrong, and how `placesOf` shows it. */
export type OddPile = readonly [
  what: string,
  tool: Tool,
  files: Readonly<Record<string, string | Uint8Array>>,
  wanted: string,
];

/** `code file:line` of each; every fault has words and a remedy. */
export const placesOf = (faults: readonly Fault[]): readonly string[] =>
  faults.map(({ code, file, line, message, remedy }) => {
    if (message.length < 10 || remedy === "") throw new Error(`${code} says nothing`);
    return `${code} ${file}:${line}`;
  });
