import { afterEach, beforeEach, expect, it } from "vitest";
import type { ChangeRequest } from "#engine/request.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { rollback, run, UP } from "../../support/engine.ts";
import { emptyPicture, picture } from "../../support/picture.ts";
import { createRole, runAs } from "../../support/roles.ts";
import { facilities, migrations } from "./apply.ts";
import { type Courthouse, openCourthouse } from "./courthouse.ts";

const upTo = (version: bigint): ChangeRequest => ({
  command: "up",
  target: { to: "version", version },
  allow_out_of_order: false,
});
const all: ChangeRequest = { command: "rollback", target: { remove: "above", version: 0n }, verify: "all" };

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase("facilities");
});
afterEach(() => db.drop());

async function expectDone(request: ChangeRequest): Promise<void> {
  const report = await run(db, facilities, request);
  expect(report.error).toBeNull();
  expect(report.warnings).toEqual([]);
  expect(report.steps.map((step) => step.status)).toEqual(report.steps.map(() => "done"));
}

it("each version's rollback gives the schema before it, and a second up the same as the first", async () => {
  const schema = () => picture(db, { rows: false });
  let before = await schema();
  for (const { version } of migrations) {
    await expectDone(upTo(version));
    const after = await schema();
    expect(after).not.toBe(before);
    await expectDone(rollback(1));
    expect(await schema(), `after rolling back ${version}`).toBe(before);
    await expectDone(upTo(version));
    expect(await schema(), `after applying ${version} again`).toBe(after);
    before = after;
  }
  await expectDone(all);
  expect(await picture(db)).toBe(await emptyPicture(() => createDatabase("empty")));
  await expectDone(UP);
  expect(await schema()).toBe(before);
});

it("by a login that only owns the database", async () => {
  const owner = await createRole();
  const client = await db.connect();
  await client.query(
    `ALTER DATABASE ${db.name} OWNER TO ${owner.name}; GRANT CREATE ON SCHEMA public TO ${owner.name}`,
  );
  for (const request of [UP, all, UP]) {
    const report = await runAs(db, owner, facilities, request);
    expect(report.error).toBeNull();
    expect(report.steps.map((step) => step.status)).toEqual(migrations.map(() => "done"));
  }
  await db.drop();
  await owner.drop();
});

it("with rows: each rollback script does its work, newest first, and leaves nothing", async () => {
  const house: Courthouse = await openCourthouse("with rows");
  try {
    for (const { rollback: script } of migrations.toReversed()) await house.client.query(script?.text ?? "");
    expect(await house.one("SELECT to_regnamespace('facilities')::text")).toBeNull();
  } finally {
    await house.close();
  }
});

it("no script drops what others built: CASCADE is in none, and a view of theirs is named", async () => {
  for (const { rollback: script } of migrations) {
    const code = (script?.text ?? "").replaceAll(/--.*$/gm, "");
    expect(code).toMatch(/DROP/);
    expect(code).not.toMatch(/CASCADE|IF EXISTS/i);
  }
  const client = await db.connect();
  await expectDone(UP);
  await client.query("CREATE VIEW theirs AS SELECT key_code FROM facilities.keys");
  const report = await run(db, facilities, all);
  expect(report.error).toMatchObject({ code: "sql-error", sqlstate: "2BP01" });
  expect(report.error?.detail).toContain("view theirs");
  expect(report.current_version).toBe("20250105000000");
});
