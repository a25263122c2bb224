import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onServer, type TestDatabase } from "./database.ts";
import type { TestRole } from "./roles.ts";

/** The roles that docs/roles.sql makes, under names of a test's own. */
export interface LeastRoles {
  readonly owner: string;
  readonly history: string;
  /** The history's schema. */
  readonly history_schema: string;
  /** The schema that the migrations may work in. */
  readonly schema: string;
  readonly job: TestRole;
  readonly reader: TestRole;
  /** Runs docs/roles_history.sql, by which the history's tables change hands. */
  handOver(): Promise<void>;
  /** After the database is gone. */
  drop(): Promise<void>;
}

const root = join(import.meta.dirname, "..", "..");

/** Runs docs/roles.sql, its names replaced as the page says. */
export async function createLeastRoles(db: TestDatabase): Promise<LeastRoles> {
  const prefix = `l${randomBytes(5).toString("hex")}`;
  const named = (file: string): string =>
    readFileSync(join(root, "docs", file), "utf8")
      .replaceAll(/\bapp_db\b/g, db.name)
      .replaceAll(/\bapp(?=\b|_)/g, prefix);
  const client = await db.connect();
  await client.query(named("roles.sql"));
  const name = (role: string) => `${prefix}_${role}`;
  const login = async (role: string): Promise<TestRole> => {
    const password = randomBytes(12).toString("hex");
    await client.query(`ALTER ROLE ${name(role)} PASSWORD '${password}'`);
    return {
      name: name(role),
      settings: { user: name(role), password: async () => password },
      drop: async () => void (await onServer(`DROP ROLE ${name(role)}`)),
    };
  };
  const [job, reader] = [await login("job"), await login("reader")];
  return {
    owner: name("owner"),
    history: name("history"),
    history_schema: name("migrations"),
    schema: prefix,
    job,
    reader,
    handOver: async () => void (await client.query(named("roles_history.sql"))),
    drop: async () => {
      await job.drop();
      await reader.drop();
      await onServer(`DROP ROLE ${name("owner")}, ${name("history")}`);
    },
  };
}
