import { type Command, Option } from "commander";
import type { TargetOptions } from "#io/target_sources.ts";

/** What every verb takes, as commander leaves it: text, unchecked. */
export interface CommonOptions extends TargetOptions {
  readonly dir?: string;
  readonly bundle?: string;
  readonly role?: string;
  readonly wait?: string;
  readonly allowSessionPooler?: true;
  readonly historySchema?: string;
  readonly lockWait?: string;
  readonly retryFor?: string;
  readonly maxLockHold?: string;
  readonly statementTimeout?: string;
  readonly timeout?: string;
  readonly runId?: string;
  readonly strict?: true;
  readonly reason?: string;
  readonly placeholder?: readonly string[];
  readonly count?: readonly string[];
  readonly countUnder?: string;
  readonly yes?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly color: boolean;
  readonly log?: string;
}

type Line = readonly [flags: string, description: string];

const GROUPS: Readonly<Record<string, readonly Line[]>> = {
  "Which files:": [
    [
      "--dir <folder>",
      "the bundle's folder (env MIGRATION_DIR; default migrations/<database>, else migrations)",
    ],
    ["--bundle <archive>", "a zip file, or s3://BUCKET/KEY[?versionId=ID], instead of a folder"],
  ],
  "Which database:": [
    ["--host <name>", "host, or a socket's folder (env DB_HOST, PGHOST; default localhost)"],
    ["--port <number>", "port (env DB_PORT, PGPORT; default 5432)"],
    ["--dbname <name>", "database (env DB_NAME, PGDATABASE; default paws360)"],
    ["--user <name>", "user (env DB_USER, PGUSER; default paws360_admin)"],
    [
      "--database-url <url>",
      "all of these at once (env DATABASE_URL); passwords: DB_PASSWORD, PGPASSWORD, .pgpass",
    ],
    ["--sslmode <mode>", "disable, prefer, require or verify-full (env PGSSLMODE; default prefer)"],
    ["--sslrootcert <file>", "roots for verify-full (env PGSSLROOTCERT; default the system's)"],
    ["--role <name>", "SET ROLE for the whole run"],
    ["--wait <time>", "for a database that is still starting (default 0)"],
    ["--allow-session-pooler", "a pooler in session mode may stand between"],
  ],
  "How:": [
    ["--history-schema <name>", "where the history's tables are (default public)"],
    ["--lock-wait <time>", "how long to wait for another run (default 30s)"],
    ["--retry-for <time>", "how long to try again where a table is locked (default 5m)"],
    ["--max-lock-hold <time>", "how long a step may hold strong locks (default no limit)"],
    ["--statement-timeout <time>", "for each statement (default none)"],
    ["--timeout <time>", "for the whole run (default none)"],
    ["--run-id <id>", "the run's id (default a new one)"],
    ["--strict", "warnings about files are errors"],
    ["--reason <text>", "recorded with the run"],
    [
      "--placeholder <name=value>",
      "a placeholder's value; may be repeated (env MIGRATION_PLACEHOLDERS, JSON)",
    ],
    ["--yes", "do not ask before a rollback"],
  ],
  "Output:": [
    ["--json", "one JSON object on stdout"],
    ["--quiet", "no progress, and nothing at all when a change went well"],
    ["--verbose", "also what is rarely needed"],
    ["--no-color", "no colours (env NO_COLOR)"],
    ["--log <file>", "add progress and result to a file (env MIGRATION_LOG)"],
  ],
};

/** What is given more than once. */
export const gathered = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** Adds the options that every verb takes. */
export function addCommonOptions(program: Command): void {
  for (const [heading, lines] of Object.entries(GROUPS)) {
    for (const [flags, description] of lines) {
      const option = new Option(flags, description).helpGroup(heading);
      if (flags.startsWith("--bundle ")) option.conflicts("dir");
      if (flags.startsWith("--placeholder ")) option.argParser(gathered);
      program.addOption(option);
    }
  }
}
