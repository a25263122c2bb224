/** Names that two sides must spell alike. Names only: values and their meaning are elsewhere. */

/** Environment variables of the job itself; the first five are the seed's. */
export const ENVIRONMENT = {
  host: "DB_HOST",
  port: "DB_PORT",
  database: "DB_NAME",
  user: "DB_USER",
  password: "DB_PASSWORD",
  url: "DATABASE_URL",
  folder: "MIGRATION_DIR",
  log: "MIGRATION_LOG",
  placeholders: "MIGRATION_PLACEHOLDERS",
  no_color: "NO_COLOR",
} as const;

/** libpq's, which psql reads too. */
export const LIBPQ_ENVIRONMENT = {
  host: "PGHOST",
  port: "PGPORT",
  database: "PGDATABASE",
  user: "PGUSER",
  password: "PGPASSWORD",
  sslmode: "PGSSLMODE",
  sslrootcert: "PGSSLROOTCERT",
  password_file: "PGPASSFILE",
} as const;

/** Environment variables of the deployed functions, beside `DB_HOST`, `DB_PORT` and `DB_NAME`. */
export const FUNCTION_ENVIRONMENT = {
  /** The configured name of the database: the metric dimension, and the word an event may be held against. */
  target: "PAWS_TARGET",
  /** `secret` or `iam`. */
  auth: "DB_AUTH",
  /** ARN of the secret with username and password; in secret mode. */
  secret: "DB_SECRET_ARN",
  /** The login; in IAM mode. */
  user: "DB_USER",
  /** A PEM file beside the code; without it the shipped roots are used. */
  ca_file: "DB_CA_FILE",
  /** SET ROLE for the whole run. */
  owner_role: "DB_OWNER_ROLE",
  history_schema: "HISTORY_SCHEMA",
  bucket: "BUNDLE_BUCKET",
  /** The bundle's name where an event gives none. */
  bundle: "BUNDLE_NAME",
  report_max_bytes: "REPORT_MAX_BYTES",
  /** The bus that is told of finished runs; empty for none. */
  event_bus: "EVENT_BUS_ARN",
} as const;

/** Where bundles stand in their bucket: `bundles/<name>/<version>.zip`. */
export const BUNDLE_PREFIX = "bundles/";

/** The alias that everyone invokes. */
export const LIVE_ALIAS = "live";

export const METRIC_NAMESPACE = "PawsMigrate";

/** The only dimensions: a version as one would be a paid metric for ever. */
export const METRIC_DIMENSIONS = { target: "target", command: "command" } as const;

/** Each metric's name and unit, for code, alarms and dashboards. */
export const METRICS = {
  run_duration: { name: "RunDuration", unit: "Milliseconds" },
  step_duration: { name: "StepDuration", unit: "Milliseconds" },
  applied: { name: "Applied", unit: "Count" },
  rolled_back: { name: "RolledBack", unit: "Count" },
  pending: { name: "Pending", unit: "Count" },
  checks_failed: { name: "ChecksFailed", unit: "Count" },
  lock_wait: { name: "LockWait", unit: "Milliseconds" },
  lock_held: { name: "LockHeld", unit: "Milliseconds" },
  tries: { name: "Tries", unit: "Count" },
  /** 1 for a run that did not end ok, else 0. */
  run_failed: { name: "RunFailed", unit: "Count" },
  /** Once a minute while a run goes on. */
  heartbeat: { name: "Heartbeat", unit: "Count" },
  /** Runs whose row is open and whose backend is gone; from `verify`. */
  stuck_runs: { name: "StuckRuns", unit: "Count" },
} as const;

/** Of an event about a finished run on the event bus. */
export const RUN_EVENT = { source: "paws-migrate", detail_type: "Migration Run Finished" } as const;
