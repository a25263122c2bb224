import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readBundle } from "#engine/bundle/bundle.ts";
import { cpuTimed } from "../../support/cpu_time.ts";
import { bundleOf, faultsOf, sourceFiles } from "../../support/source_files.ts";

const sha256 = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");
const UP = "CREATE TABLE t (a int);\n";
const DOWN = "DROP TABLE t;\n";
const CHECK = "SELECT 'PASS' AS status;\n";

describe("migrations", () => {
  test("are in order of version, whatever their folder and spelling", () => {
    const { migrations } = bundleOf({
      "02_infrastructure/20250107_000000_audit_log.sql": UP,
      "01_core/deep/20250102120000_rooms.sql": UP,
      "20250713_keys.sql": UP,
      "9_nine.sql": UP,
      "010_ten.sql": UP,
    });
    expect(migrations.map(({ version, label, name, up }) => [version, label, name, up.path])).toEqual([
      [9n, "9", "nine", "9_nine.sql"],
      [10n, "010", "ten", "010_ten.sql"],
      [20250102120000n, "20250102120000", "rooms", "01_core/deep/20250102120000_rooms.sql"],
      [20250107000000n, "20250107_000000", "audit_log", "02_infrastructure/20250107_000000_audit_log.sql"],
      [20250713000000n, "20250713", "keys", "20250713_keys.sql"],
    ]);
  });

  test("are found in any case of `.sql`, so that none is left out on another system", () => {
    expect(bundleOf({ "001_a.SQL": UP }).migrations).toHaveLength(1);
  });

  test("carry directives and header of the forward file", () => {
    const [migration] = bundleOf({
      "001_a.sql": `-- Description: Adds t\n-- migrate: no-transaction\n${UP}`,
    }).migrations;
    expect(migration?.header.description).toBe("Adds t");
    expect(migration?.directives.no_transaction).toBe(true);
  });

  test("what is no file of the bundle is passed over", () => {
    const { migrations, left_alone } = bundleOf({
      "001_a.sql": UP,
      "README.md": "text",
      "001_a.sql.bak": "text",
      ".001_hidden.sql": "text",
      ".git/002_x.sql": "text",
      "__MACOSX/._001_a.sql": "text",
      "seed/01_reference_data.sql": "text",
      "seed/rollback/01_x.sql": "text",
      "core/seed/02_users.sql": "text",
      "nested/bundle.json": "not json",
      "migration_template.sql": "text",
      "core/story_template.sql": "text",
    });
    expect(migrations.map(({ up }) => up.path)).toEqual(["001_a.sql"]);
    expect(left_alone).toEqual([]);
  });

  test("a template with a version is a migration", () => {
    expect(bundleOf({ "001_mail_template.sql": UP }).migrations[0]?.name).toBe("mail_template");
  });

  test("what bundle.json ignores is passed over, with or without a version", () => {
    const { migrations } = bundleOf({
      "bundle.json": JSON.stringify({ ignore: ["setup.sql", "tools/**", "002_*.sql"] }),
      "001_a.sql": UP,
      "002_b.sql": UP,
      "setup.sql": UP,
      "tools/deep/x.sql": UP,
    });
    expect(migrations.map(({ label }) => label)).toEqual(["001"]);
  });
});

describe("a migration's scripts", () => {
  test.each([
    ["by stem, at the root", "001_a.sql", "rollback/001_a_rollback.sql", "verify/001_a_verify.sql"],
    ["by version, at the root", "001_a.sql", "rollback/001_rollback.sql", "verify/001_verify.sql"],
    ["at the root, of a grouped file", "g/001_a.sql", "rollback/001_rollback.sql", "verify/001_a_verify.sql"],
    ["beside a grouped file", "g/001_a.sql", "g/rollback/001_rollback.sql", "g/verify/001_a_verify.sql"],
    ["beside it, deep down", "g/h/001_a.sql", "g/h/rollback/001_a_rollback.sql", "g/h/verify/001_verify.sql"],
    [
      "in groups of their own",
      "g/001_a.sql",
      "rollback/g/001_a_rollback.sql",
      "verify/g/deep/001_verify.sql",
    ],
    ["in another case", "001_a.sql", "Rollback/001_rollback.SQL", "VERIFY/001_verify.sql"],
    [
      "by the version as STORY-007 spells it",
      "20250102_120000_a.sql",
      "rollback/20250102_120000_rollback.sql",
      "verify/20250102_120000_a_verify.sql",
    ],
  ])("%s", (_, up, rollback, verify) => {
    const [migration] = bundleOf({ [up]: UP, [rollback]: DOWN, [verify]: CHECK }).migrations;
    expect(migration?.up).toMatchObject({ path: up, text: UP });
    expect(migration?.rollback).toMatchObject({ path: rollback, text: DOWN });
    expect(migration?.verify).toMatchObject({ path: verify, text: CHECK });
    expect(migration?.rollback_inline).toBe(false);
  });

  test("may be missing", () => {
    const [migration] = bundleOf({ "001_a.sql": UP }).migrations;
    expect(migration).toMatchObject({ rollback: null, verify: null, rollback_inline: false });
  });

  test("names that do not begin with a digit are left alone and listed, unread", () => {
    const { left_alone } = bundleOf({
      "001_a.sql": UP,
      "verify/all.sql": [0xff],
      "rollback/rollback_template.sql": "-- migrate: nonsense",
      "rollback/emergency_rollback.sql": [0],
    });
    expect(left_alone).toEqual([
      "rollback/emergency_rollback.sql",
      "rollback/rollback_template.sql",
      "verify/all.sql",
    ]);
  });

  const INLINE = `${UP}\n-- MIGRATION DOWN (Rollback)\n/*\n${DOWN}*/\n`;

  test("the block after MIGRATION DOWN is the rollback where there is no file", () => {
    const { migrations, warnings } = bundleOf({ "001_a.sql": INLINE });
    const [migration] = migrations;
    expect(migration?.rollback_inline).toBe(true);
    expect(migration?.rollback?.path).toBe("001_a.sql");
    expect(migration?.rollback?.text.trim()).toBe(DOWN.trim());
    expect(warnings).toEqual([]);
  });

  test("an inline rollback's checksum changes with the block alone", () => {
    const checksum = (text: string) => bundleOf({ "001_a.sql": text }).migrations[0]?.rollback?.checksum;
    expect(checksum(`-- A comment above.\n${INLINE}`)).toBe(checksum(INLINE));
    expect(checksum(INLINE.replaceAll("\n", "\r\n"))).toBe(checksum(INLINE));
    expect(checksum(INLINE.replace(DOWN, "DROP TABLE t CASCADE;\n"))).not.toBe(checksum(INLINE));
  });

  test("the block's directives are read like those of a file", () => {
    const text = INLINE.replace(DOWN, `-- migrate: nonsense\n${DOWN}`);
    expect(faultsOf(() => bundleOf({ "001_a.sql": text }))).toMatchObject([
      { code: "directive-unknown", file: "001_a.sql", line: 5 },
    ]);
  });

  test("a rollback file wins over the block, with a warning", () => {
    const { migrations, warnings } = bundleOf({
      "001_a.sql": INLINE,
      "rollback/001_rollback.sql": "DROP TABLE IF EXISTS t;\n",
    });
    expect(migrations[0]?.rollback?.path).toBe("rollback/001_rollback.sql");
    expect(migrations[0]?.rollback_inline).toBe(false);
    expect(warnings).toMatchObject([{ code: "two-rollbacks", file: "001_a.sql" }]);
  });
});

describe("checksums", () => {
  const scripts = (text: string) => bundleOf({ "001_a.sql": text }).migrations[0]?.up;

  test("the one is of the normalised text, the other of the bytes", () => {
    const unix = scripts("SELECT 1;\nSELECT 'ä';\n");
    expect(unix?.checksum).toBe(sha256("SELECT 1;\nSELECT 'ä';\n"));
    expect(unix?.checksum_raw).toBe(unix?.checksum);
    for (const other of [
      "SELECT 1;\r\nSELECT 'ä';\r\n",
      "SELECT 1;\rSELECT 'ä';\r",
      "\uFEFFSELECT 1;\nSELECT 'ä';\n",
      "\uFEFFSELECT 1;\r\nSELECT 'ä';\r\n",
    ]) {
      expect(scripts(other)?.checksum).toBe(unix?.checksum);
      expect(scripts(other)?.checksum_raw).toBe(sha256(other));
    }
    expect(scripts("SELECT 1;\n\nSELECT 'ä';\n")?.checksum).not.toBe(unix?.checksum);
  });

  test("a leading byte order mark is not part of the text, line ends are", () => {
    expect(scripts("\uFEFFSELECT 1;\r\n")?.text).toBe("SELECT 1;\r\n");
  });
});

describe("the digest", () => {
  const FILES = { "001_a.sql": UP, "rollback/001_rollback.sql": DOWN, "rollback/hand.sql": "-- by hand" };
  const digest = (files: Record<string, string>) => bundleOf(files).digest;

  test("is the same for the same files in any order", () => {
    expect(digest(FILES)).toMatch(/^[0-9a-f]{64}$/);
    expect(digest(Object.fromEntries(Object.entries(FILES).reverse()))).toBe(digest(FILES));
    expect(digest({ ...FILES, "README.md": "x", "seed/01_x.sql": "x", "g/bundle.json": "x" })).toBe(
      digest(FILES),
    );
  });

  test.each<[string, Record<string, string>]>([
    ["a byte of a migration", { "001_a.sql": `${UP} ` }],
    ["a line end", { "001_a.sql": UP.replace("\n", "\r\n") }],
    ["a script that is left alone", { "rollback/hand.sql": "-- by foot" }],
    ["another file", { "verify/001_verify.sql": CHECK }],
    ["the bundle's name", { "bundle.json": '{"name": "other"}' }],
    ["a blank in bundle.json", { "bundle.json": "{ }" }],
  ])("changes with %s", (_, change) => {
    expect(digest({ ...FILES, ...change })).not.toBe(digest(FILES));
  });

  test("changes with the name that a folder gives", () => {
    const files = sourceFiles(FILES);
    const [one, other] = ["one", "other"].map((name) => readBundle(files, { name, path: "/x" }).digest);
    expect(one).not.toBe(other);
  });
});

test("source and default name are the caller's", () => {
  const bundle = bundleOf({ "001_a.sql": UP });
  expect(bundle.source).toBe("/srv/facilities");
  expect(bundle.options.name).toBe("facilities");
});

test.each<[string, Record<string, string>]>([
  ["no file", {}],
  ["options alone", { "bundle.json": "{}" }],
  ["seeds and templates alone", { "seed/01_x.sql": UP, "migration_template.sql": UP }],
  ["nothing but what is left alone", { "rollback/hand.sql": DOWN }],
])("a bundle of %s is empty", (_, files) => {
  expect(faultsOf(() => bundleOf(files))).toMatchObject([
    { code: "empty-bundle", message: "/srv/facilities holds no migration." },
  ]);
});

test("thirty thousand files are read in a moment", () => {
  const files: Record<string, string> = {};
  for (let at = 1; at <= 10_000; at++) {
    const label = String(at).padStart(5, "0");
    files[`${label}_add_table.sql`] = `BEGIN;\nCREATE TABLE t${at} (id int PRIMARY KEY);\nCOMMIT;\n`;
    files[`rollback/${label}_rollback.sql`] = `DROP TABLE t${at};\n`;
    files[`verify/${label}_add_table_verify.sql`] = CHECK;
  }
  const sources = sourceFiles(files);
  const { made, cpu_ms } = cpuTimed(() => readBundle(sources, { name: "big", path: "/big" }));
  expect(cpu_ms).toBeLessThan(20_000);
  const { migrations } = made;
  expect(migrations).toHaveLength(10_000);
  expect(migrations.every(({ rollback, verify }) => rollback !== null && verify !== null)).toBe(true);
});
