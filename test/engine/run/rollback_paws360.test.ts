import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Bundle } from "#engine/bundle/bundle.ts";
import { readBundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeRequest } from "#engine/request.ts";
import { readStatus } from "#engine/run/status.ts";
import { readFolder } from "#io/folder.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";
import { emptyPicture, picture } from "../../support/picture.ts";

const folder = readFolder("migrations/paws360");
const paws360: Bundle = readBundle(folder.files, folder.source);
const upTo = (version: bigint): ChangeRequest =>
  ({ ...UP, target: { to: "version", version } }) as ChangeRequest;
const down = (version: bigint): ChangeRequest => ({
  command: "rollback",
  target: { remove: "from", version },
  verify: "last",
});

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("paws360");
});
afterEach(() => db.drop());

async function expectDone(request: ChangeRequest): Promise<void> {
  const report = await run(db, paws360, request);
  expect(report.error).toBeNull();
  expect(report.steps.every((step) => step.status === "done")).toBe(true);
}

const statusNow = async () => {
  const status = await readStatus(loadedSource(paws360), runOptions(), worldFor(db));
  expect(status.error).toBeNull();
  return {
    current: status.current_version,
    applied: status.applied.map(({ label }) => label),
    pending: status.pending.map(({ label }) => label),
  };
};

it("up, status, down 5, status, up: the seed's Migration Testing", async () => {
  await expectDone(UP);
  const all = ["001", "002", "003", "004", "005", "006", "007"];
  expect(await statusNow()).toEqual({ current: "7", applied: all, pending: [] });
  const full = await picture(db);
  await expectDone(down(5n));
  expect(await statusNow()).toEqual({ current: "4", applied: all.slice(0, 4), pending: all.slice(4) });
  await expectDone(UP);
  expect(await statusNow()).toEqual({ current: "7", applied: all, pending: [] });
  expect(await picture(db)).toBe(full);
});

describe("each version", () => {
  it("up, down, up gives the same schema, and down what there was before", async () => {
    // The audit log keeps what was undone, and keys are random: the schema is compared, not the rows.
    const schema = () => picture(db, { rows: false });
    let before = await schema();
    for (const { version } of paws360.migrations) {
      await expectDone(upTo(version));
      const after = await schema();
      await expectDone(rollback(1));
      expect(await schema(), `after rolling back ${version}`).toBe(before);
      await expectDone(upTo(version));
      expect(await schema(), `after applying ${version} again`).toBe(after);
      before = after;
    }
  });

  it("down 1 leaves only our own tables", async () => {
    await expectDone(UP);
    await expectDone(down(1n));
    expect(await picture(db)).toBe(await emptyPicture(() => createDatabase("empty")));
    const client = await db.connect();
    const { rows } = await client.query(
      `SELECT relname FROM pg_class c WHERE relkind IN ('r', 'v') AND relnamespace = 'public'::regnamespace ORDER BY 1`,
    );
    expect(rows.map(({ relname }) => relname)).toEqual([
      "migration_performance",
      "schema_migration_bundles",
      "schema_migration_checklists",
      "schema_migration_events",
      "schema_migration_registry",
      "schema_migration_repeatables",
      "schema_migration_runs",
      "schema_migration_statements",
      "schema_migrations",
    ]);
  });
});
