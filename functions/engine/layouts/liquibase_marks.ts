/** Lines of a formatted SQL changelog that Liquibase obeys. (Liquibase, "SQL format", and its parser's patterns.) */
export const FORMATTED = /^\s*--\s*liquibase\s+formatted\s+sql\b(.*)$/i;
export const CHANGESET = /^\s*--\s*changeset\s+("[^"]+"|[^:]+?)\s*:\s*("[^"]+"|\S+)(.*)$/i;
export const ROLLBACK = /^\s*--\s*rollback(?:\s+(.*))?$/i;
export const ROLLBACK_OPENS = /^\s*\/\*\s*liquibase\s+rollback\s*$/i;
export const ROLLBACK_CLOSES = /\*\/\s*$/;
export const PRECONDITION = /^\s*--\s*preconditions?\b/i;
export const PROPERTY = /^\s*--\s*property\s/i;
export const IGNORE = /^\s*--\s*ignoreLines:(\w+)\s*$/i;
/** With one dash, or without its author: Liquibase refuses it. */
export const NEARLY = /^\s*-{1,2}\s*(?:changeset|liquibase\s+formatted)\b/i;

/** The `key:value` of a changeset's line; a value may be quoted. */
export function attributesOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, key = "", value = ""] of text.matchAll(/([A-Za-z]+):("[^"]*"|\S*)/g)) {
    if (!found.has(key.toLowerCase())) found.set(key.toLowerCase(), value.replace(/^"(.*)"$/, "$1"));
  }
  return found;
}

export const unquoted = (text: string): string => text.replace(/^"(.*)"$/, "$1");
