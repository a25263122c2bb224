import { printable } from "./printable.ts";

/** Whatever Markdown gives a meaning; `_` within a word has none. */
const MEANT = /[\\`*{}[\]<>#|~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

/** A text of a file or a folder as Markdown shows it as it is, on one line, in a table's cell too. */
export const escaped = (text: string): string => printable(text).replace(MEANT, (found) => `\\${found}`);

/** A text of ours with command lines in backticks, which stay code; what they hold may be a folder's name. */
export function withCode(text: string): string {
  const ticks = text.split("`").length - 1;
  if (ticks % 2 !== 0 || text.includes("``")) return escaped(text);
  return text
    .split("`")
    .map((part, i) => (i % 2 === 0 ? escaped(part) : `\`${printable(part).replaceAll("|", "\\|")}\``))
    .join("");
}

/** A table; its cells are Markdown already. */
export const markdownTable = (
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] => [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
