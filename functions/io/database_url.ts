import { type Fault, fault } from "#engine/errors.ts";

/** What a connection URL says; parts that it leaves out are absent. */
export interface UrlParts {
  readonly host?: string;
  readonly port?: string;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  readonly sslmode?: string;
  readonly sslrootcert?: string;
  /** Names of parameters that mean nothing here, such as another tool's `schema`. */
  readonly unused: readonly string[];
}

const FORM = "postgresql://user:password@host:port/database";
const KNOWN = ["host", "port", "user", "password", "dbname", "sslmode", "sslrootcert"] as const;

/**
 * Takes a connection URL apart as libpq does: percent-encoded parts, parameters over the authority. `name` is
 * the option or variable it came from. The fault never repeats the URL, which may hold a password.
 */
export function parseDatabaseUrl(text: string, name: string): UrlParts | Fault {
  if (!/^postgres(?:ql)?:\/\//.test(text)) {
    return fault("bad-argument", `${name} is no connection URL; wanted ${FORM}.`);
  }
  try {
    const url = new URL(text);
    const parameters = Object.fromEntries(url.searchParams);
    const parts = {
      host: parameters.host ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1"),
      port: parameters.port ?? url.port,
      database: parameters.dbname ?? decodeURIComponent(url.pathname.slice(1)),
      user: parameters.user ?? decodeURIComponent(url.username),
      password: parameters.password ?? decodeURIComponent(url.password),
      sslmode: parameters.sslmode ?? "",
      sslrootcert: parameters.sslrootcert ?? "",
    };
    const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== ""));
    return {
      ...given,
      unused: Object.keys(parameters).filter((key) => !KNOWN.some((known) => known === key)),
    };
  } catch {
    const remedy = "Characters such as / ? # % @ in a user's name or a password are percent-encoded.";
    return fault("bad-argument", `${name} cannot be read; wanted ${FORM}.`, { remedy });
  }
}
