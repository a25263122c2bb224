/** Lines of a formatted SQL changelog that Liquibase obeys. (Liquibase, "SQL format", and its parser's patterns.) */
export const FORMATTED = /^\s*--\s*liquibase\s+formatted\s+sql\b(.*)$/i;
export const ROLLBACK = /^\s*--\s*rollback(?:\s+(.*))?$/i;
export const ROLLBACK_OPENS = /^\s*\/\*\s*liquibase\s+rollback\s*$/i;
export const PRECONDITION = /^\s*--\s*preconditions?\b/i;
export const PROPERTY = /^\s*--\s*property\s/i;
export const IGNORE = /^\s*--\s*ignoreLines:(\w+)\s*$/i;
/** With one dash, or without its author: Liquibase refuses it. */
export const NEARLY = /^\s*-{1,2}\s*(?:changeset|liquibase\s+formatted)\b/i;

/** The `key:value` of a changeset's line; a value may be quoted. */
export function attributesOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, key = "", value = ""] of text.matchAll(/([A-Za-z]{1,40}):("[^"]*"|\S*)/g)) {
    if (!found.has(key.toLowerCase())) found.set(key.toLowerCase(), value.replace(/^"(.*)"$/, "$1"));
  }
  return found;
}

/** A changeset as its line names it. */
export interface NamedChangeset {
  readonly author: string;
  readonly id: string;
  /** What stands behind the id. */
  readonly rest: string;
}

/** Reads `--changeset author:id rest`; author and id may be quoted. Null where the line is none. */
export function changesetLine(line: string): NamedChangeset | null {
  const [, named] = /^\s*--\s*changeset\s(.*)$/i.exec(line) ?? [];
  const text = named?.trim() ?? "";
  const colon = text.startsWith('"') ? text.indexOf(":", text.indexOf('"', 1)) : text.indexOf(":");
  const author = text.slice(0, Math.max(0, colon)).trim();
  const [, id, rest = ""] = /^("[^"]+"|\S+)(.*)$/.exec(text.slice(colon + 1).trim()) ?? [];
  return author === "" || id === undefined ? null : { author: unquoted(author), id: unquoted(id), rest };
}

const unquoted = (text: string): string => text.replace(/^"(.*)"$/, "$1");
