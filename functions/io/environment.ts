import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import type { ConnectionSettings, SslMode } from "./connect.ts";
import { LIBPQ_ENVIRONMENT } from "./contract.ts";
import { defaultPasswordFile, passwordFromFile } from "./password_file.ts";
import { checkHost, checkMode, checkNotEmpty, checkPort, readRoots, type Said } from "./target_checks.ts";
import { type Environment, type Part, type Source, sourcesOf, type TargetOptions } from "./target_sources.ts";

/** The target's settings, and what is worth saying about where they came from. */
export interface ResolvedTarget {
  readonly settings: ConnectionSettings;
  readonly warnings: readonly Fault[];
  /** For --verbose: what two sources disagree about, and what was passed over. Never a password. */
  readonly notes: readonly string[];
}

/** Of a connection, but not of where it leads. */
export type ConnectionLimits = Pick<ConnectionSettings, "statement_timeout_ms" | "allow_session_pooler">;

/** The seed's own; TLS where the server has it. */
const DEFAULTS: Readonly<Record<Part, string>> = {
  host: "localhost",
  port: "5432",
  database: "paws360",
  user: "paws360_admin",
  password: "",
  sslmode: "prefer",
  sslrootcert: "",
};

/**
 * Where to connect, from options, environment, .pgpass and defaults, in the order that `sourcesOf` tells.
 * `learn` is told each password found, to be kept out of all output. Throws a MigrationFault with every value
 * that cannot be used.
 */
export function resolveTarget(
  options: TargetOptions,
  env: Environment,
  limits: ConnectionLimits,
  learn: (password: string) => void,
): ResolvedTarget {
  const { chain, aside } = sourcesOf(options, env);
  const all = [...chain, ...aside];
  for (const { parts } of all) if (parts.password !== undefined) learn(parts.password);

  const [host, port, database, user] = (["host", "port", "database", "user"] as const).map((part) =>
    choose(part, chain),
  ) as [Said, Said, Said, Said];
  const mode = choose("sslmode", chain);
  const roots = readRoots(mode, choose("sslrootcert", chain));
  const [first, ...rest] = [
    ...[host, database, user].flatMap(checkNotEmpty),
    ...checkHost(host),
    ...checkPort(port),
    ...checkMode(mode),
    ...roots.faults,
  ];
  if (first !== undefined) throw new MigrationFault(first, ...rest);

  const key = { host: host.value, port: Number(port.value), database: database.value, user: user.value };
  const file = env[LIBPQ_ENVIRONMENT.password_file] || defaultPasswordFile();
  const { password, notes } = choosePassword(chain);
  const ignored = password === null ? passwordFromFile(file, key).ignored : null;
  return {
    settings: {
      ...key,
      password: async () => {
        if (password !== null) return password;
        // Read at each connect, so that a rotated password is seen.
        const found = passwordFromFile(file, key).password;
        if (found !== null) learn(found);
        return found;
      },
      sslmode: mode.value as SslMode,
      ca: roots.ca,
      ...limits,
    },
    warnings: inArguments(options, chain),
    notes: [
      ...disagreements(chain, all),
      ...notes,
      ...(ignored === null ? [] : [`The password file was passed over: ${ignored}.`]),
      ...chain.flatMap(({ unused }) => unused.map((name) => `The URL's parameter ${name} is not used.`)),
    ],
  };
}

/** The database's name alone, which also names the bundle's folder; nothing else is checked. */
export const databaseName = (options: TargetOptions, env: Environment): string =>
  choose("database", sourcesOf(options, env).chain).value;

function choose(part: Part, chain: readonly Source[]): Said {
  const source = chain.find(({ parts }) => parts[part] !== undefined);
  return { value: source?.parts[part] ?? DEFAULTS[part], name: source?.name(part) ?? null };
}

/** The first password of the chain; a URL's only where nothing stronger names another host or user. */
function choosePassword(chain: readonly Source[]): { password: string | null; notes: string[] } {
  const notes: string[] = [];
  for (const [i, source] of chain.entries()) {
    const { password } = source.parts;
    if (password === undefined) continue;
    const moved = (part: "host" | "user"): boolean =>
      chain.slice(0, i).some(({ parts }) => parts[part] !== undefined && parts[part] !== source.parts[part]);
    if (!source.is_url || (!moved("host") && !moved("user"))) return { password, notes };
    notes.push(`The password in ${source.name("password")} is not used: it is for another host or user.`);
  }
  return { password: null, notes };
}

/** What the sources say differently, a line for each part; passwords are compared by nobody. */
function disagreements(chain: readonly Source[], all: readonly Source[]): string[] {
  const parts = (Object.keys(DEFAULTS) as Part[]).filter((part) => part !== "password");
  return parts.flatMap((part) => {
    const { value, name } = choose(part, chain);
    const others = all.filter((source) => source.parts[part] !== undefined && source.parts[part] !== value);
    const said = others.map((source) => `${source.name(part)} says ${source.parts[part]}`);
    return said.length === 0 ? [] : [`${part} is ${value} (${name ?? "the default"}); ${said.join(", ")}.`];
  });
}

function inArguments(options: TargetOptions, chain: readonly Source[]): Fault[] {
  const url = chain.find(({ is_url }) => is_url);
  if (options.databaseUrl === undefined || url?.parts.password === undefined) return [];
  const message = "The URL of --database-url holds a password, which others on this machine can read.";
  return [fault("password-in-argv", message)];
}
