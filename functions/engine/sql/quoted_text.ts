/** Where quoted text ends. All take and return UTF-16 offsets; -1 means that it does not end. */

/** Of a `'string'` or a `"name"` that begins at `start`: after the closing quote. A doubled quote stays inside. */
export function quotedEnd(text: string, start: number, quote: "'" | '"'): number {
  let at = text.indexOf(quote, start + 1);
  while (at >= 0) {
    if (text[at + 1] !== quote) return at + 1;
    at = text.indexOf(quote, at + 2);
  }
  return -1;
}

/**
 * Of an `E'string'` whose quote stands at `start`. A backslash takes the next character; so it does in what
 * follows on a later line, which continues the string.
 */
export function escapeStringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 2;
    else if (code !== 39) at++;
    else if (text.charCodeAt(at + 1) === 39) at += 2;
    else {
      const again = continuation(text, at + 1);
      if (again < 0) return at + 1;
      at = again + 1;
    }
  }
  return -1;
}

const CONTINUATION = /(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'/y;

/** The quote that continues a string closed before `at`, or -1: white space with a line end, and `--` comments. */
function continuation(text: string, at: number): number {
  CONTINUATION.lastIndex = at;
  return CONTINUATION.test(text) ? CONTINUATION.lastIndex - 1 : -1;
}

const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

/** The `$tag$` at `at`, or null where none stands. */
export function dollarTag(text: string, at: number): string | null {
  DOLLAR_TAG.lastIndex = at;
  return DOLLAR_TAG.exec(text)?.[0] ?? null;
}

/** The end of the parameter (`$1`) at `at`, or of its bare `$`. */
export function parameterEnd(text: string, at: number): number {
  let end = at + 1;
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return end;
}

/** Of a comment that begins at `start`; comments nest. */
export function blockCommentEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 47 && text.charCodeAt(at + 1) === 42) {
      depth++;
      at++;
    } else if (code === 42 && text.charCodeAt(at + 1) === 47) {
      at++;
      if (--depth === 0) return at + 1;
    }
  }
  return -1;
}

/** The end of the line that holds `at`, before its line end. */
export function lineEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === 10 || code === 13) break;
    end++;
  }
  return end;
}
