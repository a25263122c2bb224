import type pg from "pg";
import { afterAll, beforeAll, describe, it } from "vitest";
import { createDatabase, onServer, type TestDatabase } from "../support/database.ts";
import { createLeastRoles, type LeastRoles } from "../support/least_roles.ts";
import { createRole, type TestRole } from "../support/roles.ts";
import { buildRunner, type RunnerProgram } from "../support/runner.ts";
import { type Cast, CORES } from "./odd_role_cores.ts";

const ODD: readonly string[] = [
  "default_transaction_isolation = 'serializable'",
  "default_transaction_read_only = on",
  "default_transaction_deferrable = on",
  "TimeZone = 'Pacific/Kiritimati'",
  "DateStyle = 'SQL, DMY'",
  "IntervalStyle = 'sql_standard'",
  "statement_timeout = '1s'",
  "lock_timeout = '1ms'",
  "idle_in_transaction_session_timeout = '1ms'",
  "standard_conforming_strings = off",
  "row_security = off",
  "jit = on",
  "jit_above_cost = 0",
  "client_min_messages = 'error'",
  "extra_float_digits = -15",
  "bytea_output = 'escape'",
  "synchronous_commit = off",
  "plan_cache_mode = 'force_generic_plan'",
  "session_replication_role = 'replica'",
];

/** The short form takes all of them at once; the long one each by itself too. */
const PROFILES: readonly (readonly [name: string, settings: readonly string[]])[] = [
  ["every odd default at once", ODD],
  ...(process.env.PAWS_STORM === "long" ? ODD.map((one) => [one, [one]] as const) : []),
];

let runner: RunnerProgram;
let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  runner = buildRunner();
  db = await createDatabase("odd roles");
  client = await db.connect();
});
afterAll(async () => {
  await db.drop();
  runner.remove();
});

describe.each(PROFILES)("%s", (_name, settings) => {
  let role: TestRole;
  let cast: Cast;
  beforeAll(async () => {
    role = await createRole();
    const schema = `home_of_${role.name}`;
    await client.query(`GRANT CREATE ON DATABASE ${db.name} TO ${role.name};
      CREATE SCHEMA ${schema} AUTHORIZATION ${role.name}; ALTER ROLE ${role.name} SET search_path = ${schema}`);
    for (const setting of settings) await client.query(`ALTER ROLE ${role.name} SET ${setting}`);
    cast = { db, client, role, schema, options: { history_schema: `ops_${role.name}` }, runner };
  });
  afterAll(async () => {
    await client.query(`DROP OWNED BY ${role.name} CASCADE`);
    await role.drop();
  });

  it.each(Object.entries(CORES))("%s", (_core, play) => play(cast));
});

describe("the least-privileged login, with a history that was handed over", () => {
  let roles: LeastRoles;
  let own: TestDatabase;
  let cast: Cast;
  beforeAll(async () => {
    own = await createDatabase("odd least");
    roles = await createLeastRoles(own);
    const { owner, history_schema, schema, job } = roles;
    await onServer(`ALTER DATABASE ${own.name} SET search_path = ${schema}`);
    const options = { history_schema, role: owner };
    cast = { db: own, client: await own.connect(), role: job, schema, options, runner };
    // The first run makes the tables.
    await CORES["PAWS360 up, verify, rollback"](cast);
    await roles.handOver();
  });
  afterAll(async () => {
    await own.drop();
    await roles.drop();
  });

  it.each(Object.entries(CORES))("%s", (_core, play) => play(cast));
});
