import { describe, expect, test } from "vitest";
import { statusOf } from "#engine/errors.ts";
import { bundleOf, faultsOf } from "../../support/source_files.ts";

const SQL = "SELECT 1;\n";
type Files = Readonly<Record<string, string>>;
const files = (...paths: readonly string[]): Files => Object.fromEntries(paths.map((path) => [path, SQL]));

/** Every fault as its code, file and message; all of them `bad_input`. */
function refusals(contents: Files) {
  const faults = faultsOf(() => bundleOf(contents));
  expect(faults.map(statusOf)).toEqual(faults.map(() => "bad_input"));
  return faults.map(({ code, file, message }) => ({ code, file, message }));
}

describe("names", () => {
  test("a forward file without a version", () => {
    expect(refusals(files("001_a.sql", "core/add_rooms.sql"))).toEqual([
      {
        code: "no-version",
        file: "core/add_rooms.sql",
        message: "core/add_rooms.sql does not begin with a version.",
      },
    ]);
  });

  test.each([
    ["1234567890123456789_a.sql", "version-too-long"],
    ["20250230_a.sql", "impossible-date"],
    ["20250102_250000_a.sql", "impossible-date"],
    ["000_a.sql", "version-zero"],
  ])("%s: %s", (path, code) => {
    expect(refusals(files("001_a.sql", `g/${path}`))).toMatchObject([{ code, file: `g/${path}` }]);
  });

  test("its scripts are not reported beside a migration whose name is at fault", () => {
    const found = refusals(
      files("20250230_a.sql", "rollback/20250230_rollback.sql", "verify/20250230_a_verify.sql"),
    );
    expect(found.map(({ code }) => code)).toEqual(["impossible-date"]);
  });

  test("two files of one version, with both paths", () => {
    expect(refusals(files("one/005_a.sql", "two/5_b.sql"))).toEqual([
      {
        code: "duplicate-version",
        file: "two/5_b.sql",
        message: "one/005_a.sql and two/5_b.sql are both version 5.",
      },
    ]);
    expect(refusals(files("20250713_a.sql", "20250713_000000_b.sql", "20250713000000_c.sql"))).toMatchObject([
      { code: "duplicate-version" },
      { code: "duplicate-version" },
    ]);
  });

  test("a script beside its migration is said to belong into a folder", () => {
    const [found] = faultsOf(() => bundleOf(files("005_a.sql", "005_a_rollback.sql")));
    expect(found).toMatchObject({
      code: "duplicate-version",
      remedy: expect.stringContaining("move 005_a_rollback.sql into a folder rollback/"),
    });
    const [other] = faultsOf(() => bundleOf(files("005_a.sql", "005_a_verify.sql")));
    expect(other?.remedy).toContain("a folder verify/");
  });

  test("a control character, which a terminal would obey", () => {
    expect(refusals(files("001_a.sql", "002_\u001b[2Jb.sql"))).toMatchObject([
      { code: "bad-name", message: '"002_\\u001b[2Jb.sql" has a control character in its name.' },
    ]);
  });
});

describe.each(["rollback", "verify"])("a script below %s/", (role) => {
  const orphan = (path: string, ...others: readonly string[]) => {
    const found = faultsOf(() => bundleOf(files("005_a.sql", ...others, path)));
    expect(found).toMatchObject([{ code: "orphan-script", file: path }]);
    expect(found.map(statusOf)).toEqual(["bad_input"]);
    return `${found[0]?.message} ${found[0]?.remedy}`;
  };

  test("without its migration", () => {
    expect(orphan(`${role}/006_${role}.sql`)).toContain("no migration has the version 006");
    expect(orphan(`${role}/20250230_${role}.sql`)).toContain("20250230");
  });

  test("named after another migration, or with another ending", () => {
    for (const stem of [`005_b_${role}`, `5_${role}`, "005_a", "005_a_undo", `005_${role}_${role}`]) {
      const says = orphan(`${role}/${stem}.sql`);
      expect(says).toContain("of 005_a.sql");
      expect(says).toContain(`005_a_${role}.sql or 005_${role}.sql`);
    }
  });

  test("beside another folder than its migration's", () => {
    expect(orphan(`h/${role}/006_${role}.sql`, "g/006_b.sql")).toContain("belongs to g/006_b.sql");
    expect(orphan(`g/${role}/006_${role}.sql`, "g/deep/006_b.sql")).toContain(
      `${role}/ at the bundle's root`,
    );
  });

  test.each([
    ["both names", `${role}/005_${role}.sql`, `${role}/005_a_${role}.sql`],
    ["both folders", `g/${role}/006_${role}.sql`, `${role}/006_${role}.sql`],
    ["two groups", `${role}/005_${role}.sql`, `${role}/old/005_${role}.sql`],
  ])("twice: %s", (_, one, two) => {
    const found = refusals(files("005_a.sql", "g/006_b.sql", one, two));
    expect(found).toMatchObject([{ code: "duplicate-script" }]);
    expect(found[0]?.message).toContain(one);
    expect(found[0]?.message).toContain(two);
    expect([one, two]).toContain(found[0]?.file);
  });
});

test("a rollback is not a verification", () => {
  expect(refusals(files("005_a.sql", "rollback/005_verify.sql"))).toMatchObject([{ code: "orphan-script" }]);
});

test("every fault is found, in order of path and line", () => {
  const found = refusals({
    ...files("verify/009_verify.sql", "rollback/008_rollback.sql", "b/001_x.sql", "a/001_x.sql", "add.sql"),
    "c/003_x.sql": "SELECT '\uFEFF\0';",
    "c/004_x.sql": "-- migrate: nonsense\nSELECT 1;",
    "rollback/003_rollback.sql": "-- migrate: nonsense\nSELECT 1;",
  });
  expect(found.map(({ code, file }) => `${file} ${code}`)).toEqual([
    "add.sql no-version",
    "b/001_x.sql duplicate-version",
    "c/003_x.sql nul-byte",
    "c/003_x.sql bom-inside",
    "c/004_x.sql directive-unknown",
    "rollback/003_rollback.sql directive-unknown",
    "rollback/008_rollback.sql orphan-script",
    "verify/009_verify.sql orphan-script",
  ]);
});
