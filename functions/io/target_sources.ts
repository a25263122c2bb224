import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import { ENVIRONMENT, LIBPQ_ENVIRONMENT } from "./contract.ts";
import { parseDatabaseUrl } from "./database_url.ts";

/** What must be known to connect. */
export type Part = "host" | "port" | "database" | "user" | "password" | "sslmode" | "sslrootcert";

export type Environment = Readonly<Record<string, string | undefined>>;

/** As given on the command line, unchecked. */
export interface TargetOptions {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly dbname?: string | undefined;
  readonly user?: string | undefined;
  readonly databaseUrl?: string | undefined;
  readonly sslmode?: string | undefined;
  readonly sslrootcert?: string | undefined;
}

/** One place that may say where to connect. */
export interface Source {
  /** The option or variable of a part, for messages. */
  name(part: Part): string;
  readonly parts: Readonly<Partial<Record<Part, string>>>;
  /** A URL's password belongs to the URL's host and user. */
  readonly is_url: boolean;
  /** Of a URL: parameters without a meaning here. */
  readonly unused: readonly string[];
}

/** Which sources count, the strongest first, and which were set aside as a whole. */
export interface Sources {
  readonly chain: readonly Source[];
  readonly aside: readonly Source[];
}

const OPTION_NAMES: Readonly<Record<Part, string>> = {
  host: "--host",
  port: "--port",
  database: "--dbname",
  user: "--user",
  password: "",
  sslmode: "--sslmode",
  sslrootcert: "--sslrootcert",
};

/**
 * Options win over the environment, and there the seed's DB_* over DATABASE_URL over libpq's PG*. A URL stands
 * for host, port, user, password and database together: where one counts, no DB_* does (DB_PASSWORD would go
 * to another host), and where a DB_* other than DB_PASSWORD is set, DATABASE_URL does not count.
 */
export function sourcesOf(options: TargetOptions, env: Environment): Sources {
  const given = fromOptions(options);
  const seed = fromVariables(ENVIRONMENT, env);
  const libpq = fromVariables(LIBPQ_ENVIRONMENT, env);
  const url = env[ENVIRONMENT.url] ? fromUrl(env[ENVIRONMENT.url] ?? "", ENVIRONMENT.url) : null;
  const tolerated = url !== null && "parts" in url ? [url] : [];
  if (options.databaseUrl !== undefined) {
    const wanted = fromUrl(options.databaseUrl, "--database-url");
    throwAny([...clashes(given), ...("parts" in wanted ? [] : [wanted])]);
    return { chain: [given, wanted as Source, libpq], aside: [seed, ...tolerated] };
  }
  const { host, port, database, user } = seed.parts;
  if (url === null || [host, port, database, user].some((part) => part !== undefined)) {
    return { chain: [given, seed, libpq], aside: tolerated };
  }
  if (!("parts" in url)) throw new MigrationFault(url);
  return { chain: [given, url, libpq], aside: [seed] };
}

function fromOptions(options: TargetOptions): Source {
  const { host, port, dbname: database, user, sslmode, sslrootcert } = options;
  const parts = defined({ host, port, database, user, sslmode, sslrootcert });
  return { name: (part) => OPTION_NAMES[part], parts, is_url: false, unused: [] };
}

/** A variable that is set to nothing counts as not set, as in the seed's `${DB_HOST:-localhost}`. */
function fromVariables(names: Readonly<Record<string, string>>, env: Environment): Source {
  const entries = Object.keys(OPTION_NAMES).map((part) => {
    const name = names[part];
    return [part, name === undefined ? undefined : env[name] || undefined] as const;
  });
  return {
    name: (part) => names[part] ?? "",
    parts: defined(Object.fromEntries(entries)),
    is_url: false,
    unused: [],
  };
}

function fromUrl(text: string, name: string): Source | Fault {
  const url = parseDatabaseUrl(text, name);
  if ("code" in url) return url;
  const { unused, ...parts } = url;
  return { name: () => name, parts, is_url: true, unused };
}

/** Of two that were both asked for, neither can be the one that was meant. */
function clashes(given: Source): Fault[] {
  const parts = (["host", "port", "database", "user"] as const).filter((part) => part in given.parts);
  return parts.map((part) =>
    fault("bad-argument", `--database-url and ${given.name(part)} cannot be given together.`),
  );
}

const defined = (parts: Readonly<Record<string, string | undefined>>): Source["parts"] =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));

function throwAny([first, ...rest]: readonly Fault[]): void {
  if (first !== undefined) throw new MigrationFault(first, ...rest);
}
