import { blockCommentEnd, dollarTag, escapeStringEnd, lineEnd, quotedEnd } from "../sql/quoted_text.ts";

/**
 * The text with its comments blanked, and its literals and quoted names too where asked; every other character keeps
 * its offset. What is not closed reaches to the end.
 */
export function codeOnly(text: string, literals: "keep" | "blank"): string {
  let out = "";
  let kept = 0;
  const opening = /--|\/\*|'|"|\$/g;
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    const start = found.index;
    const close = endOf(text, start);
    if (close === null) continue;
    const end = close < 0 ? text.length : close;
    const comment = text[start] === "-" || text[start] === "/";
    if (comment || literals === "blank") {
      out += text.slice(kept, start) + text.slice(start, end).replace(/[^\r\n]/g, " ");
      kept = end;
    }
    opening.lastIndex = Math.max(end, start + 1);
  }
  return out + text.slice(kept);
}

/** Where what begins here ends, -1 where it does not, null where nothing begins. */
function endOf(text: string, start: number): number | null {
  const before = text[start - 1] ?? "";
  switch (text[start]) {
    case "-":
      return lineEnd(text, start);
    case "/":
      return blockCommentEnd(text, start);
    case '"':
      return quotedEnd(text, start, '"');
    case "'": {
      const escaped = /e/i.test(before) && !/\w/.test(text[start - 2] ?? "");
      return escaped ? escapeStringEnd(text, start) : quotedEnd(text, start, "'");
    }
    default: {
      const tag = /\w/.test(before) ? null : dollarTag(text, start);
      if (tag === null) return null;
      const close = text.indexOf(tag, start + tag.length);
      return close < 0 ? -1 : close + tag.length;
    }
  }
}
