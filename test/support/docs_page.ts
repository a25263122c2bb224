import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..", "..");

/** A fenced block of a page. */
export interface Block {
  /** `docs/runbook.md:12`, of the opening fence. */
  readonly at: string;
  readonly language: string;
  /** What follows the language. */
  readonly info: string;
  /** What the comment `file: PATTERN` above the fence names, or null. */
  readonly file: string | null;
  /** A comment `empty database` stands above it: what it tells of begins in one. */
  readonly empty_database: boolean;
  readonly text: string;
}

export interface Page {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
  /**
   * The database of the examples. A comment `database: NAME` makes it another than `paws360`; such a page begins in
   * an empty folder, the others in a clone of the repository.
   */
  readonly database: string | null;
  readonly blocks: readonly Block[];
}

/** Every page whose examples are promised to be true. */
export function readPages(): readonly Page[] {
  const docs = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const paths = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...docs.map((name) => `docs/${name}`)];
  return paths.map((path) => parsePage(path, readFileSync(join(root, path), "utf8")));
}

export function parsePage(path: string, text: string): Page {
  const database = /^<!-- database: (\w+) -->$/m.exec(text)?.[1] ?? null;
  return { path, text, database, blocks: blocksOf(path, text.split("\n")) };
}

function blocksOf(path: string, lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let empty_database = false;
  let open: { readonly start: number; readonly indent: number; readonly words: readonly string[] } | null =
    null;
  for (const [i, line] of lines.entries()) {
    if (open === null && line === "<!-- empty database -->") empty_database = true;
    const fence = /^( *)```(.*)$/.exec(line);
    if (fence === null) continue;
    const [, spaces = "", words = ""] = fence;
    if (open === null) {
      open = { start: i, indent: spaces.length, words: words.trim().split(" ") };
      continue;
    }
    const { start, indent, words: opening } = open;
    const [language = "", ...info] = opening;
    const inside = lines.slice(start + 1, i).map((inner) => inner.slice(indent));
    const file = /^<!-- file: (\S+) -->$/.exec(lines[start - 1]?.trim() ?? "")?.[1] ?? null;
    const at = `${path}:${start + 1}`;
    const text = inside.map((one) => `${one}\n`).join("");
    blocks.push({ at, language, info: info.join(" "), file, empty_database, text });
    empty_database = false;
    open = null;
  }
  if (open !== null) throw new Error(`${path}:${open.start + 1}: the fence is never closed`);
  return blocks;
}

/** A command of a page and what it prints. */
export interface Example {
  readonly at: string;
  readonly command: string;
  readonly output: string;
}

/**
 * The commands of a `console` block, each with the lines below it. `console one` holds one command, whose output
 * may have lines that begin with `$ ` itself.
 */
export function examplesOf({ at, info, text }: Block): readonly Example[] {
  const lines = text.replace(/\n$/, "").split("\n");
  if (lines[0]?.startsWith("$ ") !== true) throw new Error(`${at}: a console block begins with "$ "`);
  const starts = lines.flatMap((line, i) =>
    line.startsWith("$ ") && (info !== "one" || i === 0) ? [i] : [],
  );
  return starts.map((start, n) => ({
    at,
    command: (lines[start] ?? "").slice(2),
    output: lines.slice(start + 1, starts[n + 1]).join("\n"),
  }));
}
