import { veil } from "#engine/placeholders/veil.ts";

/** Takes passwords and other secrets out of what is about to be written. */
export interface Redactor {
  learn(password: string): void;
  /** A value that the database may hold: of the server's own words its pieces are masked, too. */
  hide(value: string): void;
  /** What the server says, which a cut may end. */
  said(text: string): string;
  /** Names that are shown anyway: a password equal to one of them is not masked, for the mask would tell it. */
  spare(...names: readonly string[]): void;
  /** A copy with every string masked, at any depth. */
  clean<T>(value: T): T;
}

const MASK = "***";
/** What is shorter stands in too many other words to be masked. */
const SHORTEST = 4;
/** Their values are ours, from closed lists; a password equal to one must not break a report. */
const CLOSED = new Set(["type", "command", "of", "status", "code", "direction", "role", "action"]);

export function makeRedactor(): Redactor {
  const secrets = new Set<string>();
  const spared = new Set<string>();
  const hidden: string[] = [];
  const cleanText = (text: string): string => {
    let cleaned = text;
    for (const secret of secrets) if (!spared.has(secret)) cleaned = cleaned.replaceAll(secret, MASK);
    return cleaned;
  };
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return cleanText(value);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, inner]) => [key, CLOSED.has(key) ? inner : clean(inner)]));
  };
  const learn = (password: string): void => {
    // In a URL it may be spelled the other way.
    const spellings = [password, encodeURIComponent(password)];
    for (const spelling of spellings) if (spelling.length >= SHORTEST) secrets.add(spelling);
  };
  return {
    learn,
    hide(value) {
      hidden.push(value);
      learn(value);
    },
    said: (text) => veil(text, hidden),
    spare(...names) {
      for (const name of names) spared.add(name);
    },
    clean: <T>(value: T): T => clean(value) as T,
  };
}
