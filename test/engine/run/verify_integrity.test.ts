import type pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { VerifyReport } from "#engine/report.ts";
import { canonicalRequest, type RunOptions, requestHash } from "#engine/request.ts";
import { runVerify } from "#engine/run/verify.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, run, runOptions, worldFor } from "../../support/engine.ts";
import { codes } from "../../support/faults.ts";
import { makeFormatThree } from "../../support/format_one.ts";
import { createRole } from "../../support/roles.ts";

const BUNDLE = bundleOf({
  "1_one.sql": "CREATE TABLE one (id int);",
  "verify/1_verify.sql": "SELECT true AS status",
});

let db: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  db = await createDatabase("verify integrity");
  client = await db.connect();
});
afterEach(() => db.drop());

const verify = (more: Partial<RunOptions> = {}, integrity = true, login = {}): Promise<VerifyReport> =>
  runVerify(
    { command: "verify", versions: [], integrity },
    loadedSource(BUNDLE),
    runOptions(more),
    worldFor(db, login),
  );

const FOUND = { name: "tables without a primary key", status: "warning", details: "public.one" };

it("tells each check, fails for none, and is recorded and told again by its run id", async () => {
  await run(db, BUNDLE);
  const report = await verify({ run_id: "looked" });
  expect([report.status, report.recorded, codes(report.warnings)]).toEqual(["ok", true, []]);
  expect(report.integrity).toHaveLength(8);
  expect(report.integrity?.filter(({ status }) => status !== "pass")).toEqual([FOUND]);
  expect(report.steps.map(({ checks }) => checks.length)).toEqual([1]);
  const again = await verify({ run_id: "looked" });
  expect([again.replayed, again.integrity]).toEqual([true, report.integrity]);
  expect(codes((await verify({ run_id: "looked" }, false)).refusals)).toEqual(["run-id-reused"]);
  await client.query("ALTER TABLE one ADD PRIMARY KEY (id)");
  expect((await verify()).integrity?.every(({ status }) => status === "pass")).toBe(true);
});

it("fails with --strict where a check warns, and only there", async () => {
  await run(db, BUNDLE);
  const report = await verify({ strict: true });
  expect([report.status, report.error?.code, report.recorded]).toEqual(["failed", "integrity-warning", true]);
  expect(report.error?.message).toContain("tables without a primary key: public.one");
  await client.query("ALTER TABLE one ADD PRIMARY KEY (id)");
  expect((await verify({ strict: true })).error).toBeNull();
});

it("is not looked at where it is not asked for, and the request is the one that it was", async () => {
  await run(db, BUNDLE);
  expect((await verify({}, false)).integrity).toBeNull();
  const asked = {
    request: { command: "verify", versions: [1n], integrity: false },
    reference: null,
  } as const;
  expect(canonicalRequest(asked)).toBe('{"command":"verify","versions":["1"]}');
  const hash = (more: object) =>
    requestHash({ request: { command: "verify", versions: [1n], ...more }, reference: null });
  expect(hash({ integrity: false })).toBe(hash({}));
  expect(hash({ integrity: true })).not.toBe(hash({}));
});

const unchecked = async (report: VerifyReport) => {
  expect([
    report.status,
    report.integrity,
    codes(report.warnings).filter((code) => code !== "not-recorded"),
  ]).toEqual(["ok", null, ["integrity-unchecked"]]);
  return report.warnings.find(({ code }) => code === "integrity-unchecked")?.message;
};

it("warns where the function is not there, is another's, or may not be called", async () => {
  expect(await unchecked(await verify())).toContain("there is no public.verify_schema_integrity()");
  await client.query("CREATE TABLE one (id int)");
  await makeFormatThree(client, BUNDLE.migrations[0]?.up.checksum ?? "");
  expect(await unchecked(await verify())).toContain("there is no");
  await run(db, BUNDLE);
  await client.query("REVOKE EXECUTE ON FUNCTION verify_schema_integrity() FROM PUBLIC");
  const role = await createRole();
  await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role.name}`);
  expect(await unchecked(await verify({}, true, role.settings))).toContain("permission denied for function");
  await client.query(`GRANT EXECUTE ON FUNCTION verify_schema_integrity() TO ${role.name}`);
  expect((await verify({}, true, role.settings)).integrity).toHaveLength(8);
  // Whoever may make functions there could have the job run what he likes, as itself.
  await client.query(
    `GRANT CREATE ON SCHEMA public TO ${role.name}; ALTER FUNCTION verify_schema_integrity() OWNER TO ${role.name}`,
  );
  expect(await unchecked(await verify())).toContain("was not made by this job");
  await client.query(
    "DROP FUNCTION verify_schema_integrity(); CREATE FUNCTION verify_schema_integrity() RETURNS int LANGUAGE sql AS 'SELECT 1 / 0'",
  );
  expect(await unchecked(await verify())).toContain("was not made by this job");
  await db.drop();
  await role.drop();
});
