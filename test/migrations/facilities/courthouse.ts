import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { createDatabase, onServer, type TestDatabase } from "../../support/database.ts";
import { createRole, type TestRole } from "../../support/roles.ts";
import { applyUp, latest } from "./apply.ts";
import { loadSeed } from "./seed_files.ts";

const id = (kind: string, n: number): string => `${kind}0000000-0000-0000-0000-00000000000${n}`;

/** People of the courthouse: the first two are the seed's. */
export const people = {
  administrator: id("0", 1),
  staff: id("0", 2),
  security: id("0", 3),
  technician: id("0", 4),
  other: id("0", 5),
  /** An administrator who is not active. */
  former: id("0", 6),
} as const;

/** Who may be asked for: a person, nobody, or a word that is nobody's id. */
export type Who = keyof typeof people | "nobody" | "a stranger" | "nonsense" | "an empty word";
const SETTINGS: Readonly<Record<Exclude<Who, keyof typeof people>, string | null>> = {
  nobody: null,
  "a stranger": "99999999-9999-9999-9999-999999999999",
  nonsense: "' OR true --",
  "an empty word": "",
};
const settingOf = (who: Who): string | null =>
  who in people ? people[who as keyof typeof people] : SETTINGS[who as Exclude<Who, keyof typeof people>];

export const ids = {
  building: id("1", 1),
  keys: { held: id("3", 1), master: id("3", 2), free: id("3", 3) },
  requests: { staff: id("4", 1), other: id("4", 2), security: id("4", 3) },
  assignments: { overdue: id("5", 1), master: id("5", 2), returned: id("5", 3) },
  schedules: { staff: id("6", 1), other: id("6", 2) },
  tickets: { staff: id("7", 1), other: id("7", 2) },
} as const;

/** A database with the bundle, rows of several people, and an application that is logged in. */
export interface Courthouse {
  readonly db: TestDatabase;
  /** The server's superuser. */
  readonly client: pg.Client;
  /** As the tables' owner; null where that is the superuser. */
  readonly owner: TestRole | null;
  /** What the application may do is what the README grants. */
  readonly app: TestRole;
  /** One transaction of the application, in which `who` asks. It is rolled back. */
  as<Row extends pg.QueryResultRow>(who: Who, sql: string): Promise<pg.QueryResult<Row>>;
  /** The superuser's statements, in a transaction that is rolled back. */
  tried(...statements: readonly string[]): Promise<void>;
  /** The first column of the only row, for the superuser. */
  one<T>(sql: string, values?: readonly unknown[]): Promise<T>;
  room(number: string): Promise<string>;
  close(): Promise<void>;
}

export async function openCourthouse(
  label: string,
  { ownedBy = "a role", to = latest }: { ownedBy?: "a role" | "the superuser"; to?: number } = {},
): Promise<Courthouse> {
  const db = await createDatabase(`facilities ${label}`);
  const client = await db.connect();
  const owner = ownedBy === "a role" ? await createRole("NOLOGIN") : null;
  if (owner !== null) {
    await client.query(`GRANT CREATE ON DATABASE ${db.name} TO ${owner.name}; SET ROLE ${owner.name}`);
  }
  await applyUp(client, to);
  await loadSeed(client);
  await client.query("RESET ROLE");
  const app = await createRole();
  if (to === latest) {
    await client.query(await readFile(join(import.meta.dirname, "rows.sql"), "utf8"));
    await client.query((await readmeGrants()).replaceAll("facilities_app", app.name));
  }
  const session = new pg.Client({ ...db.config, user: app.name, password: await passwordOf(app) });
  session.on("error", () => {});
  await session.connect();

  const one = async <T>(sql: string, values: readonly unknown[] = []): Promise<T> => {
    const { rows } = await client.query({ text: sql, values: [...values], rowMode: "array" });
    const row: unknown[] | undefined = rows[0];
    if (row === undefined || rows.length !== 1) throw new Error(`${rows.length} rows from: ${sql}`);
    return row[0] as T;
  };
  return {
    db,
    client,
    owner,
    app,
    one,
    as: async (who, sql) => {
      const setting = settingOf(who);
      await session.query("BEGIN");
      try {
        if (setting !== null) await session.query("SELECT set_config('app.user_id', $1, true)", [setting]);
        return await session.query(sql);
      } finally {
        await session.query("ROLLBACK");
      }
    },
    tried: async (...statements) => {
      await client.query("BEGIN");
      try {
        for (const statement of statements) await client.query(statement);
      } finally {
        await client.query("ROLLBACK");
      }
    },
    room: (number) => one("SELECT id FROM facilities.rooms WHERE room_number = $1", [number]),
    close: async () => {
      await session.end();
      await db.drop();
      await app.drop();
      await owner?.drop();
    },
  };
}

async function passwordOf({ settings }: TestRole): Promise<string> {
  return String(await settings.password?.());
}

/** The README's only block of SQL. */
async function readmeGrants(): Promise<string> {
  const page = await readFile("migrations/facilities/README.md", "utf8");
  const [, sql] = /^```sql\n([^`]*)^```$/m.exec(page) ?? [];
  if (sql === undefined) throw new Error("the README grants nothing");
  return sql;
}

/** `SET app.environment = 'production'` marks a database. */
export const setOnDatabase = (db: TestDatabase, setting: string): Promise<unknown> =>
  onServer(`ALTER DATABASE ${db.name} ${setting}`);
