import type { Fault } from "../errors.ts";
import { atLine } from "./layout_faults.ts";
import { type Changeset, changesetOf } from "./liquibase_changeset.ts";
import {
  attributesOf,
  changesetLine,
  FORMATTED,
  IGNORE,
  NEARLY,
  PRECONDITION,
  PROPERTY,
} from "./liquibase_marks.ts";
import { type Line, linesOf } from "./marked_lines.ts";
import type { PileFile } from "./pile_file.ts";

export interface ChangelogFile {
  readonly changesets: readonly Changeset[];
  readonly left: readonly { readonly path: string; readonly why: string }[];
  readonly untranslated: readonly Fault[];
  readonly faults: readonly Fault[];
}

/** Whether a file is a formatted SQL changelog, by its first line that is not empty. */
export const isFormatted = ({ sql, text }: PileFile): boolean =>
  sql && FORMATTED.test(/^\s*([^\r\n]*)/.exec(text)?.[1] ?? "");

/** Takes a formatted SQL changelog apart: its changesets in order, each with the lines up to the next one's. */
export function readChangelog(file: PileFile): ChangelogFile {
  const { path, text } = file;
  const lines = linesOf(text);
  const ignored = ignoredLines(lines, path);
  const seen = lines.filter(({ number }) => !ignored.lines.has(number));
  const heads = seen.flatMap((line) => {
    const named = changesetLine(line.text);
    return named === null ? [] : [{ ...named, number: line.number }];
  });
  const marks = new Set([
    ...ignored.lines,
    ...seen.filter((line) => FORMATTED.test(line.text)).map(({ number }) => number),
  ]);
  const [first] = heads;
  const logical = attributesOf(seen.find((line) => FORMATTED.test(line.text))?.text ?? "").get(
    "logicalfilepath",
  );
  const changesets = heads.map((head, i) => {
    const last = (heads[i + 1]?.number ?? lines.length + 1) - 1;
    const named = { author: head.author, id: head.id, attributes: attributesOf(head.rest) };
    return changesetOf(file, lines, { ...named, head: head.number, last, logical }, marks);
  });
  const early = seen.find((line) => line.number < (first?.number ?? 0) && !/^\s*(?:--|$)/.test(line.text));
  const wrong = (line: number, said: string) => atLine("layout-bad-marker", path, line, `${path} ${said}.`);
  return {
    changesets,
    left: ignored.left,
    untranslated: seen
      .filter((line) => PROPERTY.test(line.text) || PRECONDITION.test(line.text))
      .map((line) =>
        atLine("untranslated-option", path, line.number, `\`${line.text.trim()}\` has no counterpart here.`, {
          remedy: PROPERTY.test(line.text)
            ? "Write the value itself; or go on with --skip, and edit the new file."
            : "Write the condition in SQL, or see that it is not needed; then go on with --skip.",
        }),
      ),
    faults: [
      ...ignored.faults,
      ...(first === undefined ? [wrong(1, "holds no changeset")] : []),
      ...(early === undefined ? [] : [wrong(early.number, "has SQL before its first changeset")]),
      ...seen
        .filter(
          ({ text: line }) => NEARLY.test(line) && changesetLine(line) === null && !FORMATTED.test(line),
        )
        .map((line) => wrong(line.number, "has a line that is nearly Liquibase's: `--changeset author:id`")),
    ],
  };
}

/** What stands between `--ignoreLines:start` and `:end`, or so many lines behind `--ignoreLines:N`. */
function ignoredLines(lines: readonly Line[], path: string) {
  const ignored = new Set<number>();
  const left: { readonly path: string; readonly why: string }[] = [];
  const faults: Fault[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    const said = line === undefined ? undefined : IGNORE.exec(line.text)?.[1]?.toLowerCase();
    if (line === undefined || said === undefined) continue;
    const end = lines.findIndex(({ text }, i) => i > at && IGNORE.exec(text)?.[1]?.toLowerCase() === "end");
    const last = said === "start" ? end : /^\d+$/.test(said) ? at + Number(said) : -1;
    if (last < 0) {
      const missing = said === "start" ? "has no end" : "has no beginning or no number";
      faults.push(atLine("layout-bad-marker", path, line.number, `${path}: this ignoreLines ${missing}.`));
      continue;
    }
    const to = Math.min(last, lines.length - 1);
    for (let i = at; i <= to; i++) ignored.add(i + 1);
    left.push({ path, why: `Liquibase ignores its lines ${at + 1} to ${to + 1}` });
    at = to;
  }
  return { lines: ignored, left, faults };
}
