/** Controls, invisible format characters, half surrogates, line separators; not the joiners that scripts need. */
const OBEYED = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Text of a file, a server or a record as a terminal may show it, on one line: whatever a terminal would obey
 * (escape sequences, line breaks, a change of direction) is spelled out, such as `\x1b`.
 */
export function printable(text: string): string {
  return text.replace(OBEYED, (found) => SHORT[found] ?? spelled(found.codePointAt(0) ?? 0));
}

/** The same of a text that may have several lines: they stay lines. */
export function printableLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/).map(printable);
}

function spelled(code: number): string {
  const digits = code.toString(16);
  if (code <= 0xff) return `\\x${digits.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, "0")}` : `\\u{${digits}}`;
}
