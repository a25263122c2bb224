import { MigrationFault } from "#engine/errors.ts";
import type { GivenValues } from "#engine/placeholders/values.ts";
import { isHistorySchema } from "#engine/registry/tables.ts";
import { SMALLEST_REPORT_BYTES } from "#engine/report_cut.ts";
import { ENVIRONMENT, FUNCTION_ENVIRONMENT } from "./contract.ts";
import { findRoots } from "./credentials/ca.ts";
import { regionOfHost } from "./credentials/roots.ts";
import { FunctionVariables } from "./function_variables.ts";
import { configuredPlaceholders } from "./placeholder_values.ts";
import type { Environment } from "./target_sources.ts";

/** How a function logs in. */
export type FunctionAuth =
  | { readonly kind: "secret"; readonly arn: string }
  | { readonly kind: "iam"; readonly user: string };

/** Everything that a deployed function is told by its environment. */
export interface FunctionSettings {
  readonly target: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly auth: FunctionAuth;
  /** Where the database is. */
  readonly region: string;
  /** PEM text of the accepted roots. */
  readonly ca: string;
  readonly owner_role: string | null;
  readonly history_schema: string;
  readonly bucket: string;
  /** The bundle's name where an event gives none. */
  readonly bundle: string | null;
  readonly report_max_bytes: number;
  readonly event_bus: string | null;
  /** Values of the bundle's placeholders. */
  readonly placeholders: GivenValues;
}

const REPORT_BYTES = 200_000;
/** An answer of Lambda has at most 6 MB. */
const REPORT_LIMITS = [SMALLEST_REPORT_BYTES, 5_000_000] as const;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const SECRET = /^arn:[\w-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+$/;
const BUS = /^arn:[\w-]+:events:[a-z0-9-]+:\d{12}:event-bus\/.+$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d+$/;

/**
 * Reads a function's environment; a variable that is empty counts as not set. Throws a MigrationFault with every
 * `bad-configuration` at once.
 */
export function readFunctionSettings(env: Environment): FunctionSettings {
  const read = new FunctionVariables(env);
  const { target, ca_file, owner_role, history_schema, bucket, bundle, report_max_bytes, event_bus } =
    FUNCTION_ENVIRONMENT;
  const placeholders = configuredPlaceholders(env[ENVIRONMENT.placeholders]);
  const host = read.required(ENVIRONMENT.host, "the database's endpoint", isEndpoint);
  const region =
    regionOfHost(host) ?? read.required("AWS_REGION", "the function's region", (text) => REGION.test(text));
  const settings = {
    target: read.required(target, "1 to 100 letters, digits, `.`, `_` or `-`", (text) => NAME.test(text)),
    host,
    port: read.whole(ENVIRONMENT.port, 5432, [1, 65_535]),
    database: read.required(ENVIRONMENT.database, "the database's name", isName),
    auth: authOf(read),
    region,
    owner_role: read.optional(owner_role, "a role's name", isName),
    history_schema:
      read.optional(history_schema, "a schema's name that is not the server's own", isHistorySchema) ??
      "public",
    bucket: read.required(bucket, "a bucket's name", (text) => BUCKET.test(text)),
    bundle: read.optional(bundle, "a bundle's name", (text) => NAME.test(text)),
    report_max_bytes: read.whole(report_max_bytes, REPORT_BYTES, REPORT_LIMITS),
    event_bus: read.optional(event_bus, "the ARN of an event bus", (text) => BUS.test(text)),
    placeholders: placeholders.values,
  };
  read.faults.push(...placeholders.faults);
  for (const name of [ENVIRONMENT.password, ENVIRONMENT.url]) {
    read.forbidden(name, "a password has no place in a function's environment");
  }
  const file = read.optional(ca_file, "a file beside the code", () => true);
  const ca = region === "" ? "" : findRoots({ file, folder: env.LAMBDA_TASK_ROOT ?? "", region });
  if (typeof ca !== "string") read.faults.push(ca);
  const [first, ...rest] = read.faults;
  if (first !== undefined) throw new MigrationFault(first, ...rest);
  return { ...settings, ca: ca as string };
}

function authOf(read: FunctionVariables): FunctionAuth {
  const { auth, secret, user } = FUNCTION_ENVIRONMENT;
  const kind = read.required(auth, "`secret` or `iam`", (text) => text === "secret" || text === "iam");
  if (kind === "iam") {
    read.forbidden(secret, `with ${auth}=iam no secret is read`);
    return { kind, user: read.required(user, "the login's name", isName) };
  }
  if (kind === "secret") read.forbidden(user, `with ${auth}=secret the login stands in the secret`);
  return {
    kind: "secret",
    arn: kind === "" ? "" : read.required(secret, "a secret's ARN", (text) => SECRET.test(text)),
  };
}

const isName = (text: string): boolean => Buffer.byteLength(text) <= 63 && !text.includes("\0");

/** One host, reached over TLS; a proxy of RDS shares sessions, and would lose the run lock. */
const isEndpoint = (text: string): boolean =>
  /^[A-Za-z0-9.:_-]{1,253}$/.test(text) && !/\.proxy-[a-z0-9]+\./i.test(text);
