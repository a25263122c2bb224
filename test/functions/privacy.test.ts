import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runLockKey } from "#engine/run/lock_keys.ts";
import type { Environment } from "#io/target_sources.ts";
import { handler as apply } from "../../functions/apply.ts";
import { handler as status } from "../../functions/status.ts";
import { handler as verify } from "../../functions/verify.ts";
import { hasOpenssl } from "../support/certificates.ts";
import { type FunctionStage, type Invoked, openFunctionStage } from "../support/function_stage.ts";

const BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/runs";
/** A row of the database that no log may hold. */
const ROW = "4929-1234-5678-9012";
/** It stands in the secret beside the login. */
const API_KEY = "planted-in-the-secret";

const base = {
  "001_cards.sql": `CREATE TABLE cards (number text PRIMARY KEY, note text); INSERT INTO cards SELECT reverse('${[...ROW].reverse().join("")}')`,
};
const FAILURES: Readonly<Record<string, Record<string, string>>> = {
  "a unique violation": { "002_x.sql": "INSERT INTO cards SELECT number FROM cards" },
  "an exception": {
    "002_x.sql":
      "DO $$ DECLARE n text; BEGIN SELECT number INTO n FROM cards; RAISE NOTICE 'seen %', n; RAISE EXCEPTION 'bad %', n USING DETAIL = n, HINT = n; END $$",
  },
  "a cast": { "002_x.sql": "SELECT number::int FROM cards" },
  "a failed check": {
    "002_x.sql": "SELECT 1",
    "verify/002_verify.sql": "SELECT number AS check_name, number AS details, 'FAIL' AS status FROM cards",
  },
  "a verification's error": {
    "002_x.sql": "SELECT 1",
    "verify/002_verify.sql": "SELECT number::int AS status FROM cards",
  },
  "a statement outside a transaction": {
    "002_x.sql": "CREATE TABLE copies AS SELECT number FROM cards UNION ALL SELECT number FROM cards",
    "003_x.sql": "-- migrate: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY one ON copies (number)",
  },
  "an uncommitted constraint": {
    "002_x.sql":
      "CREATE TABLE owned (number text REFERENCES cards DEFERRABLE INITIALLY DEFERRED); INSERT INTO owned SELECT number || '!' FROM cards",
  },
};

describe.skipIf(!(await hasOpenssl()))("rows and secrets", () => {
  let stage: FunctionStage;
  let secrets: readonly string[];
  beforeAll(async () => {
    stage = await openFunctionStage();
    const { user, password } = stage.ours.server.connection;
    stage.edge.secret({ username: user, password, api_key: API_KEY });
    secrets = [password, API_KEY, "planted/key+of=AWS"];
  });
  afterAll(() => stage?.stop());

  const told = (invoked: Invoked): string =>
    [
      invoked.log,
      invoked.error?.name,
      invoked.error?.message,
      invoked.error?.stack,
      JSON.stringify(invoked.error),
      ...stage.edge.events.map(({ Detail }) => Detail),
    ].join("\n");

  async function fails(files: Record<string, string>): Promise<{
    readonly invoked: Invoked;
    readonly client: pg.Client;
    readonly environment: Environment;
  }> {
    const { client, environment } = await stage.database({ EVENT_BUS_ARN: BUS });
    const version = `1.${stage.edge.requests.length}`;
    await stage.publish(version, { ...base, ...files });
    const invoked = await stage.invoke(apply, environment, { run_id: "run", bundle: { version } });
    return { invoked, client, environment };
  }

  it.each(Object.entries(FAILURES))("%s: the row is nowhere but in the record", async (_, files) => {
    const { invoked, client, environment } = await fails(files);
    expect(invoked.error?.name).toBe("MigrationFailed");
    for (const planted of [ROW, ...secrets]) expect(told(invoked)).not.toContain(planted);
    const { rows } = await client.query("SELECT to_jsonb(r)::text AS row FROM schema_migration_runs r");
    expect(rows[0].row).toContain(ROW);
    const { report } = await stage.invoke(status, environment, { run_id: "run" });
    const answered = JSON.stringify(report);
    expect(answered).toContain(ROW);
    for (const secret of secrets) expect(rows[0].row + answered).not.toContain(secret);
  });

  it("what is returned may hold it: a verification shows its rows, and no line of the log does", async () => {
    const { environment } = await stage.database({ EVENT_BUS_ARN: BUS });
    const shown = "SELECT number FROM cards; SELECT number AS check_name, true AS status FROM cards";
    await stage.publish("shown", { ...base, "verify/001_verify.sql": shown });
    await stage.invoke(apply, environment, { bundle: { version: "shown" } });
    const verified = await stage.invoke(verify, environment, { bundle: { version: "shown" } });
    expect(JSON.stringify(verified.report)).toContain(ROW);
    expect(told(verified)).not.toContain(ROW);
  });

  it("what another session calls itself is no word of ours", async () => {
    const { client, environment } = await stage.database({ EVENT_BUS_ARN: BUS });
    await stage.publish("held", base);
    await client.query(`SET application_name = '${ROW}'; SELECT pg_advisory_lock(${runLockKey("public")})`);
    const held = await stage.invoke(apply, environment, { bundle: { version: "held" }, lock_wait: "0" });
    expect(held.error?.message).toMatch(
      /other-run: Another run holds the lock: of unknown name, its backend/,
    );
    expect(told(held)).not.toContain(ROW);
  });

  it("a server that refuses the login, and a secret that is none", async () => {
    const { environment } = await stage.database();
    const { user, password } = stage.ours.server.connection;
    stage.edge.secret(`{"username": "u", "password": "${API_KEY}"`);
    const broken = await stage.invoke(apply, environment, {});
    stage.edge.secret({ username: user, password, api_key: API_KEY });
    expect(broken.error?.name).toBe("MigrationUnreachable");
    for (const secret of secrets) expect(told(broken)).not.toContain(secret);
  });
});
