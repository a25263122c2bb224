import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { AuditReport } from "#engine/audit/audit_report.ts";
import type { FindingCode } from "#engine/audit/findings.ts";
import { run } from "../../cli/run.ts";
import { fakeInterrupt, fakeTerminal } from "../support/fake_terminal.ts";
import { expectValidReport } from "../support/report_schema.ts";
import { sqlFolder } from "../support/sql_folder.ts";

const GROWN = "test/fixtures/audit/grown";

async function audited(...words: string[]) {
  const terminal = fakeTerminal(["audit", ...words]);
  return { status: await run(terminal, fakeInterrupt()), out: terminal.out(), err: terminal.err() };
}

async function reported(...words: string[]): Promise<AuditReport & { readonly exit: number }> {
  const { status, out } = await audited(...words, "--json");
  const report = JSON.parse(out) as AuditReport;
  expectValidReport(report);
  return { ...report, exit: status };
}

describe("a grown pile", () => {
  let report: AuditReport & { readonly exit: number };
  beforeAll(async () => {
    report = await reported(GROWN);
  });
  const filesOf = (code: FindingCode): readonly (string | null)[] =>
    report.findings.filter((one) => one.code === code).map(({ file }) => file);

  test("is read, and what is found is no failure", () => {
    expect(report).toMatchObject({ exit: 0, status: "ok", folder: GROWN, tool: "plain" });
    expect(report.files).toHaveLength(17);
  });

  test.each<[FindingCode, ...string[]]>([
    ["unparsable", "AddAuditLog.sql"],
    ["psql-command", "20250910_schedules.sql"],
    ["psql-variable", "20250910_schedules.sql"],
    ["transaction-control", "cleanup.sql"],
    ["non-transactional", "20250801-capacities.sql", "20250801_capacities copy.sql"],
    ["enum-value-used", "20250718_tickets_v2.sql"],
    ["same-version", "20250718_tickets_v2.sql"],
    [
      "name-unusable",
      "20250732_fix_rooms.sql",
      "20250801-capacities.sql",
      "AddAuditLog.sql",
      "cleanup.sql",
      "seed.sql",
    ],
    ["seed-in-schema", "20250615_profiles.sql"],
    ["drops-data", "20250732_fix_rooms.sql", "cleanup.sql"],
    ["every-row", "20250718_tickets_v2.sql", "cleanup.sql"],
    ["column-type", "20250732_fix_rooms.sql"],
    ["duplicate-file", "20250801_capacities copy.sql"],
    ["own-transaction", "20250601_120000_initial_schema.sql", "cleanup.sql"],
  ])("%s", (code, ...files) => {
    expect(filesOf(code)).toEqual(files);
  });

  test("misses rollbacks and verifications of all but the first", () => {
    expect(filesOf("no-rollback")).toHaveLength(15);
    expect(filesOf("no-verification")).toHaveLength(15);
    expect(report.files[0]).toMatchObject({
      path: "20250601_120000_initial_schema.sql",
      rollback: "rollbacks/20250601_120000_initial_schema.sql",
      verification: "20250601_120000_initial_schema.sql",
    });
  });

  test("has five files of keys that may become one", () => {
    expect(report.findings.filter(({ code }) => code === "consolidate")).toMatchObject([
      {
        file: "20250713_keys_table.sql",
        related: [
          "20250714_key_assignments.sql",
          "20250715_key_requests.sql",
          "20250716_key_orders.sql",
          "20250717_key_audit.sql",
        ],
        remedy: `\`paws-migrate consolidate ${GROWN} --versions 20250713..20250717 --name key_tables\``,
      },
    ]);
  });

  test("would have names that are unique and keep its order", () => {
    const names = report.files
      .filter(({ role }) => role === "migration")
      .map(({ path, proposed_name }) => proposed_name ?? path.replace(".sql", ""));
    expect(names).toHaveLength(16);
    expect([...new Set(names.map((name) => name.slice(0, 15)))].sort()).toEqual(
      names.map((name) => name.slice(0, 15)),
    );
    for (const name of names) expect(name).toMatch(/^2025\d{4}_\d{6}_[a-z0-9_]+$/);
  });
});

test("as a table: files, findings with their places, and the summary last", async () => {
  const { out, status } = await audited(GROWN);
  expect(status).toBe(0);
  const lines = out.split("\n");
  expect(lines[0]).toBe(`${GROWN}  17 files, 16 migrations, read as of plain`);
  expect(lines[2]).toMatch(
    /^ {2}20250601_120000_initial_schema\.sql +2025-06-01 +\d+ +4 +rollback, verify +makes/,
  );
  expect(out).toContain("error: statements that cannot be parsed (1)\n  AddAuditLog.sql:1:24  A parenthesis");
  expect(out).toContain("  (5 more: --verbose)");
  expect(out).not.toContain("info: files with their own BEGIN");
  expect(lines.at(-2)).toMatch(/^13 errors, \d+ warnings, \d+ to know\.$/);
  const verbose = await audited(GROWN, "--verbose");
  expect(verbose.out).toContain("info: files with their own BEGIN and COMMIT (2)");
  expect(verbose.out).not.toContain("more: --verbose");
});

test("as Markdown: every finding, in tables that hold", async () => {
  const { out } = await audited(GROWN, "--format", "markdown");
  expect(out).toMatch(/^# Audit of test\/fixtures\/audit\/grown\n\n17 files/);
  const rows = out.split("\n").filter((line) => line.startsWith("|"));
  const cells = new Set(rows.map((row) => row.replace(/\\\|/g, "").split("|").length));
  expect([...cells].sort()).toEqual([6, 9]);
  expect(out).toContain("| 20250713_keys_table.sql | 20250713_000000_keys_table | 2025-07-13 |");
  expect(out.match(/ has no rollback\./g)).toHaveLength(15);
});

test("names of files and objects are shown as they are, and obeyed by nothing", async () => {
  const folder = sqlFolder({
    "1_a|`b`<i>\u001b[31m\n.sql": 'CREATE TABLE "x|y`z<b>\u001b" ();\nSELECT ::;',
  });
  const markdown = (await audited(folder, "--format", "markdown")).out;
  expect(markdown).toContain("1_a\\|\\`b\\`\\<i\\>\\\\x1b\\[31m\\\\n.sql");
  expect(markdown).toContain('makes table "x\\|y\\`z\\<b\\>\\\\x1b"');
  for (const { out } of [{ out: markdown }, await audited(folder), await audited(folder, "--verbose")]) {
    expect(out).not.toContain("\u001b");
    expect(out).not.toContain("[31m\n");
  }
});

test("what cannot be read is a finding, links are not followed, and the rest is read", async () => {
  const folder = sqlFolder({ "1_a.sql": "CREATE TABLE a ();", "deep/er/2_b.sql": "SELECT 1;" });
  symlinkSync("/etc", join(folder, "etc"));
  symlinkSync("/etc/hostname", join(folder, "3_c.sql"));
  symlinkSync(".", join(folder, "again"));
  mkdirSync(join(folder, "4_d.sql"));
  writeFileSync(join(folder, "5_e.sql"), Buffer.from([0xff, 0x00, 0x27]));
  const { findings, files, exit } = await reported(folder);
  expect(exit).toBe(0);
  expect(files.map(({ path }) => path)).toEqual(["1_a.sql", "deep/er/2_b.sql", "5_e.sql"]);
  const unread = findings.filter(({ code }) => code === "unreadable-file").map(({ file }) => file);
  expect(unread).toEqual(["3_c.sql", "again", "etc"]);
  expect(findings.filter(({ code }) => code === "not-text").map(({ file }) => file)).toContain("5_e.sql");
});

describe("the exit status", () => {
  const clean = {
    "20250102_030405_a.sql": "CREATE TABLE a ();",
    "rollback/20250102_030405_a_rollback.sql": "DROP TABLE a;",
    "verify/20250102_030405_a_verify.sql": "SELECT * FROM a;",
  };

  test("of a pile without a finding", async () => {
    const { exit, findings } = await reported(sqlFolder(clean), "--exit-code");
    expect([exit, findings]).toEqual([0, []]);
    expect((await audited(sqlFolder(clean))).out).toMatch(/\n\nNothing found\.\n$/);
  });

  test("with --exit-code is 1 for an error, and for nothing less", async () => {
    expect((await reported(GROWN, "--exit-code")).exit).toBe(1);
    expect((await reported(sqlFolder({ "1_a.sql": "DROP TABLE a;" }), "--exit-code")).exit).toBe(0);
  });

  test.each([
    ["no-such-folder", "nowhere"],
    ["no-such-folder", "package.json"],
    ["layout-unknown", "cli"],
    ["bad-argument", GROWN, "--dir", GROWN],
    ["bad-argument", GROWN, "--bundle", "x.zip"],
    ["bad-argument", GROWN, "--from", "nobody"],
    ["bad-argument", GROWN, "--format", "html"],
  ])("of %s is 2 (%s %s %s)", async (code, ...words) => {
    const { exit, error, status } = await reported(...words);
    expect([exit, status, error?.code]).toEqual([2, "bad_input", code]);
  });
});

test("--from names the tool", async () => {
  const folder = sqlFolder({ "V1__a.sql": "SELECT 1;" });
  expect((await reported(folder)).tool).toBe("flyway");
  expect((await reported(folder, "--from", "plain")).tool).toBe("plain");
});
