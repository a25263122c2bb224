const VEIL = "***";
/** The server cuts a long value (`Failing row contains (abc...)`): from here on a piece of one is taken for it. */
const SHORTEST_PIECE = 8;
/** Nobody looks for pieces behind these first characters of a value. */
const LOOKED_AT = 65_536;

/** A text without the values that are shown nowhere, as a whole and in pieces. */
export function veil(text: string, secrets: readonly string[]): string {
  const hidden = new Uint8Array(text.length);
  for (const secret of secrets) {
    if (secret === "") continue;
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + secret.length)) {
      hidden.fill(1, at, at + secret.length);
    }
    hidePieces(text, secret.slice(0, LOOKED_AT), hidden);
  }
  return hidden.includes(1) ? withoutHidden(text, hidden) : text;
}

/** In any case: the server folds a name that it takes from an SQL text. What is short has one piece, itself. */
function hidePieces(text: string, secret: string, hidden: Uint8Array): void {
  const [folded, wanted] = [folding(text), folding(secret)];
  const length = Math.min(SHORTEST_PIECE, wanted.length);
  for (let at = 0; at + length <= folded.length; at++) {
    if (wanted.includes(folded.slice(at, at + length))) hidden.fill(1, at, at + length);
  }
}

/** In lower case, unless that has another length. */
function folding(text: string): string {
  const folded = text.toLowerCase();
  return folded.length === text.length ? folded : text;
}

function withoutHidden(text: string, hidden: Uint8Array): string {
  let seen = "";
  for (let at = 0; at < text.length; ) {
    const end = hidden.indexOf(hidden[at] === 1 ? 0 : 1, at);
    const to = end === -1 ? text.length : end;
    seen += hidden[at] === 1 ? VEIL : text.slice(at, to);
    at = to;
  }
  return seen;
}
