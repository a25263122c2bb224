/** A text with `¦` where an error is expected, and the place that means: without the mark, counted from 1. */
export interface Marked {
  readonly text: string;
  readonly line: number;
  /** In code points. */
  readonly column: number;
  /** The line, and below it a caret under the place. */
  readonly excerpt: string;
}

export function marked(source: string): Marked {
  const [before, after, ...more] = source.split("¦");
  if (before === undefined || after === undefined || more.length > 0) throw new Error("one mark is wanted");
  const lines = before.split(/\r\n|\n/);
  const start = lines.at(-1) ?? "";
  const column = Array.from(start).length + 1;
  const rest = /^[^\r\n]*/.exec(after)?.[0] ?? "";
  const excerpt = `${start}${rest}\n${start.replaceAll(/[^\t]/gu, " ")}^`;
  return { text: before + after, line: lines.length, column, excerpt };
}

/** Lines that a server counts otherwise than an editor: characters of two, three and four bytes, and CRLF. */
const ODD = [
  "-- é, 😀 and 漢字: two, four and three bytes",
  "SELECT 'é😀漢字', 1; SELECT 'öäü 👩‍👩‍👧‍👧';",
  "/* 😀 /* nested 漢 */ ; */ SELECT $é$ ; 😀 $é$;",
  'SELECT 1 AS "größe 😀";',
];

/** `source` so that its marked line is line 40 of a file full of odd characters; every line ends with `\r\n`. */
export function onLine40(source: string): Marked {
  const own = source.split(/\r?\n/);
  const at = own.findIndex((line) => line.includes("¦"));
  const filler = Array.from({ length: 39 - at }, (_, i) => ODD[i % ODD.length] ?? "");
  return marked([...filler, ...own, "SELECT 'after é';", ""].join("\r\n"));
}
