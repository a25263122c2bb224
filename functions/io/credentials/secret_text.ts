import { fault, MigrationFault } from "#engine/errors.ts";

/** Who logs in, from which version of the secret. */
export interface Login {
  readonly user: string;
  readonly password: string;
  /** The secret's VersionId. */
  readonly version: string;
}

/** A password is at most a few hundred bytes; whatever is longer is another secret. */
const MOST_BYTES = 16_384;

/**
 * The login in a secret's text. Host, port and database may stand in it too: they are configuration, and not read.
 * Throws a MigrationFault (`secret-malformed`) that says what is lacking and never a part of the text.
 */
export function parseSecret(text: unknown, version: string, secret: string): Login {
  const malformed = (what: string): MigrationFault =>
    new MigrationFault(fault("secret-malformed", `The secret ${secret} (version ${version}) ${what}.`));
  if (typeof text !== "string") throw malformed("is binary; wanted text");
  if (Buffer.byteLength(text) > MOST_BYTES) throw malformed(`has more than ${MOST_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What the parser says quotes the text.
    throw malformed("is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformed("is not a JSON object");
  }
  const field = (name: "username" | "password"): string => {
    const found: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    if (found === undefined) throw malformed(`has no \`${name}\``);
    if (typeof found !== "string") throw malformed(`has a \`${name}\` that is not text`);
    if (found === "") throw malformed(`has an empty \`${name}\``);
    if (found.includes("\0")) throw malformed(`has a NUL character in its \`${name}\``);
    return found;
  };
  return { user: field("username"), password: field("password"), version };
}
