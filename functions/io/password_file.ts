import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Whose password is looked for. */
export interface PasswordKey {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** Where libpq looks unless PGPASSFILE says otherwise. */
export function defaultPasswordFile(platform: NodeJS.Platform = process.platform): string {
  if (platform === "win32") return join(process.env.APPDATA ?? homedir(), "postgresql", "pgpass.conf");
  return join(homedir(), ".pgpass");
}

/**
 * The first password of the file that fits, or null. As libpq does, a file that others may read is passed
 * over: `ignored` then says why.
 */
export function passwordFromFile(
  path: string,
  key: PasswordKey,
): { readonly password: string | null; readonly ignored: string | null } {
  let text: string;
  try {
    const found = statSync(path);
    if (!found.isFile()) return { password: null, ignored: `${path} is not a plain file` };
    if (process.platform !== "win32" && (found.mode & 0o077) !== 0) {
      return { password: null, ignored: `others may read ${path}; chmod 0600 would let it be used` };
    }
    text = readFileSync(path, "utf8");
  } catch {
    return { password: null, ignored: null };
  }
  return { password: findPassword(text, key), ignored: null };
}

/** The password of the first line of a .pgpass that fits; `*` fits everything. */
export function findPassword(text: string, key: PasswordKey): string | null {
  // A socket's folder stands in the file as localhost.
  const host = key.host.startsWith("/") ? "localhost" : key.host;
  const wanted = [host, String(key.port), key.database, key.user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const fields = splitLine(line);
    const password = fields[4]?.value ?? "";
    const fits = wanted.every((value, i) => fields[i]?.any || fields[i]?.value === value);
    if (fits && password !== "") return password;
  }
  return null;
}

interface Field {
  readonly value: string;
  /** A bare `*`; an escaped one is a name. */
  readonly any: boolean;
}

/** Splits at colons; a backslash makes the character after it plain. */
function splitLine(line: string): Field[] {
  const fields: Field[] = [];
  let value = "";
  let escaped = false;
  const end = (): void => {
    fields.push({ value, any: value === "*" && !escaped });
    value = "";
    escaped = false;
  };
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    if (character === ":") end();
    else if (character === "\\" && i + 1 < line.length) {
      escaped = true;
      value += line.charAt(++i);
    } else value += character;
  }
  end();
  return fields;
}
