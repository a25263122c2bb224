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
