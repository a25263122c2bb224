import { afterAll, beforeAll, expect, it } from "vitest";
import { readBundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { readStatus } from "#engine/run/status.ts";
import { runVerify } from "#engine/run/verify.ts";
import { readFolder } from "#io/folder.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { rollback, run, runOptions, UP, worldFor } from "../../support/engine.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase("job");
});
afterAll(() => db.drop());

it("applies, rolls back and applies again the whole of PAWS360", async () => {
  const folder = readFolder("migrations/paws360");
  const bundle = readBundle(folder.files, folder.source);
  const up = await run(db, bundle);
  expect(up.error).toBeNull();
  expect(up.steps.map((step) => step.status)).toEqual(Array(7).fill("done"));
  const down = await run(db, bundle, rollback(3));
  expect(down.error).toBeNull();
  expect(down.current_version).toBe("4");
  const again = await run(db, bundle, UP);
  expect(again.error).toBeNull();
  const nothing = await run(db, bundle, UP);
  expect(nothing.steps).toEqual([]);
  const status = await readStatus(loadedSource(bundle), runOptions(), worldFor(db));
  expect(status.error).toBeNull();
  expect(status.applied.length).toBe(7);
  const verified = await runVerify(
    { command: "verify", versions: [] },
    loadedSource(bundle),
    runOptions(),
    worldFor(db),
  );
  expect(verified.error).toBeNull();
  expect(verified.recorded).toBe(true);
});
