import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { adopt, bundleFor, EFFECT, VERSIONS } from "../../support/adoption.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { rollback, run, runOptions, worldFor } from "../../support/engine.ts";
import { codes, stepsOf } from "../../support/faults.ts";
import { snapshot } from "../../support/schema.ts";
import { MADE } from "../../support/tool_histories.ts";

let db: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  db = await createDatabase("adopt");
  client = await db.connect();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await client.query(
    "DROP SCHEMA IF EXISTS supabase_migrations, sqitch CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public",
  );
});

const [ONE, TWO, THREE] = VERSIONS;

describe.each(MADE.map((made) => [made.from, made] as const))("the history of %s", (from, made) => {
  it("is shown by a dry run, taken over, and gone on with", async () => {
    const bundle = bundleFor(made);
    await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
    const before = await snapshot(client, { except: [] });
    const shown = await adopt(db, bundle, { from, dry_run: true });
    expect([shown.error, shown.written, shown.run_id]).toEqual([null, false, null]);
    expect(await snapshot(client, { except: [] })).toEqual(before);

    const report = await adopt(db, bundle, made.from === "dbmate" ? { from } : {});
    expect([report.error, report.written, report.current_version]).toEqual([null, true, TWO]);
    expect([report.from, report.table]).toEqual([from, made.table]);
    expect(report.adopted).toEqual(shown.adopted);
    const { rows } = await client.query(
      `SELECT version, checksum, applied_by, origin, run_id, bundle, state, (SELECT to_jsonb(array_agg(
         to_char(h.applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))) AS at
       FROM schema_migrations h GROUP BY version ORDER BY applied_seq`,
    );
    const recorded = {
      applied_by: made.by,
      origin: "adopted",
      run_id: null,
      bundle: "suite",
      state: "applied",
    };
    expect(rows).toEqual([
      { version: ONE, checksum: bundle.migrations[0]?.up.checksum, ...recorded, at: [made.at[0]] },
      { version: TWO, checksum: bundle.migrations[1]?.up.checksum, ...recorded, at: [made.at[1]] },
    ]);
    const events = await client.query(
      `SELECT version, success, details FROM schema_migration_events WHERE action = 'adopt' AND run_id = $1 ORDER BY event_id`,
      [report.run_id],
    );
    expect(events.rows).toMatchObject([
      { version: ONE, success: true, details: { tool: from, table: made.table } },
      { version: TWO, success: true, details: { tool: from, table: made.table } },
    ]);

    const status = await readStatus(loadedSource(bundle), runOptions(), worldFor(db));
    expect(status.applied.map(({ origin, applied_by }) => [origin, applied_by])).toEqual([
      ["adopted", made.by],
      ["adopted", made.by],
    ]);
    const verified = await runVerify(
      { command: "verify", versions: [] },
      loadedSource(bundle),
      runOptions(),
      worldFor(db),
    );
    expect([verified.error, stepsOf(verified)]).toEqual([null, [`${ONE} verify done`, `${TWO} verify done`]]);
    expect(stepsOf(await run(db, bundle))).toEqual([`${THREE} up done`]);
    const back = await run(db, bundle, rollback(2));
    expect([back.error, stepsOf(back)]).toEqual([null, [`${THREE} down done`, `${TWO} down done`]]);
  });

  it("keeps its table, under another name where ours belongs", async () => {
    await client.query(`${EFFECT}; ${made.ddl}; ${made.rows}`);
    const rowsOf = async (table: string) => (await client.query(`SELECT * FROM ${table}`)).rows;
    const before = await rowsOf(made.table);
    const report = await adopt(db, bundleFor(made), { from });
    const renamed = made.table === "public.schema_migrations";
    const kept = renamed ? "public.schema_migrations_before_adoption" : null;
    expect([report.error, report.renamed_to]).toEqual([null, kept]);
    expect(await rowsOf(kept ?? made.table)).toEqual(before);
    const again = await adopt(db, bundleFor(made), { from });
    expect(codes(again.refusals)).toEqual(["history-not-empty"]);
  });
});
