import { describe, expect, it, test } from "vitest";
import { readArchived } from "#engine/bundle/archived.ts";
import { checkBundle } from "#engine/bundle/check.ts";
import { createRepeatable } from "#engine/bundle/create_repeatable.ts";
import { readArchive } from "#io/bundles/archive.ts";
import { writeArchive } from "#io/bundles/write_archive.ts";
import { bundleOf, faultsOf, sourceFiles } from "../../support/source_files.ts";

const ONE = { "1_a.sql": "SELECT 1;" };
const VIEW = "CREATE OR REPLACE VIEW v AS SELECT 1 AS a;";
const CHECK = "SELECT 'PASS' AS status;";
const found = (files: Readonly<Record<string, string>>) =>
  bundleOf({ ...ONE, ...files }).repeatables.map(({ name, up, verify }) => [
    name,
    up.path,
    verify?.path ?? null,
  ]);
const codes = (files: Readonly<Record<string, string>>) =>
  faultsOf(() => bundleOf({ ...ONE, ...files })).map(({ code, file }) => `${code} ${file}`);

describe("a repeatable migration", () => {
  test.each<[string, Record<string, string>, (string | null)[][]]>([
    ["R__ among the forward files", { "core/R__v.sql": VIEW }, [["v", "core/R__v.sql", null]]],
    [
      "any file below repeatable/, in order of name",
      { "repeatable/views/020_b.sql": VIEW, "repeatable/R__010_a.sql": VIEW, "R__100_c.sql": VIEW },
      [
        ["010_a", "repeatable/R__010_a.sql", null],
        ["020_b", "repeatable/views/020_b.sql", null],
        ["100_c", "R__100_c.sql", null],
      ],
    ],
    [
      "its verification by either name, at the root, beside it or below repeatable/",
      {
        "R__v.sql": VIEW,
        "verify/R__v_verify.sql": CHECK,
        "core/R__w.sql": VIEW,
        "core/verify/w_verify.sql": CHECK,
        "repeatable/x.sql": VIEW,
        "repeatable/verify/x_verify.sql": CHECK,
      },
      [
        ["v", "R__v.sql", "verify/R__v_verify.sql"],
        ["w", "core/R__w.sql", "core/verify/w_verify.sql"],
        ["x", "repeatable/x.sql", "repeatable/verify/x_verify.sql"],
      ],
    ],
    [
      "a template is one too: nothing with a name is passed over",
      { "R__mail_template.sql": VIEW },
      [["mail_template", "R__mail_template.sql", null]],
    ],
    ["not below rollback/, verify/ or seed/", { "seed/R__v.sql": VIEW, "seed/repeatable/v.sql": VIEW }, []],
    ["not what `ignore` lists", { "bundle.json": '{"ignore": ["R__v.sql"]}', "R__v.sql": VIEW }, []],
  ])("%s", (_, files, repeatables) => {
    expect(found(files)).toEqual(repeatables);
  });

  it("stands beside no versioned one, nor has to", () => {
    expect(bundleOf({ ...ONE, "repeatable/2_b.sql": VIEW }).migrations).toHaveLength(1);
    const alone = bundleOf({ "R__v.sql": `-- Description: rooms\n-- migrate: lock-timeout 5s\n${VIEW}` });
    expect(alone.migrations).toEqual([]);
    expect(alone.repeatables).toMatchObject([
      { version: null, label: "", header: { description: "rooms" }, directives: { lock_timeout_ms: 5_000 } },
    ]);
  });

  it("leaves a verification that both are named by to the versioned one", () => {
    const bundle = bundleOf({
      "7_v.sql": VIEW,
      "repeatable/7_v.sql": VIEW,
      "verify/7_v_verify.sql": CHECK,
      "verify/R__7_v_verify.sql": CHECK,
    });
    expect(bundle.migrations[0]?.verify?.path).toBe("verify/7_v_verify.sql");
    expect(bundle.repeatables[0]?.verify?.path).toBe("verify/R__7_v_verify.sql");
  });
});

describe("is refused:", () => {
  test.each<[string, Record<string, string>, string[]]>([
    [
      "two of one name",
      { "R__v.sql": VIEW, "repeatable/v.sql": VIEW },
      ["duplicate-repeatable repeatable/v.sql"],
    ],
    [
      "two of one name but for its case",
      { "R__V.sql": VIEW, "repeatable/v.sql": VIEW },
      ["duplicate-repeatable repeatable/v.sql"],
    ],
    ["none behind R__", { "R__.sql": VIEW }, ["bad-name R__.sql"]],
    [
      "a directive of what it is not",
      { "R__v.sql": `-- migrate: no-transaction\n-- migrate: irreversible so\n${VIEW}` },
      ["repeatable-directive R__v.sql", "repeatable-directive R__v.sql"],
    ],
    ["an unknown directive", { "R__v.sql": `-- migrate: often\n${VIEW}` }, ["directive-unknown R__v.sql"]],
    [
      "two verifications",
      { "R__v.sql": VIEW, "verify/R__v_verify.sql": CHECK, "verify/v_verify.sql": CHECK },
      ["duplicate-script verify/v_verify.sql"],
    ],
    ["a verification of none", { "verify/R__v_verify.sql": CHECK }, ["orphan-script verify/R__v_verify.sql"]],
    [
      "a verification in another folder",
      { "a/R__v.sql": VIEW, "b/verify/v_verify.sql": CHECK },
      ["orphan-script b/verify/v_verify.sql"],
    ],
    [
      "a rollback script",
      { "R__v.sql": VIEW, "rollback/R__v_rollback.sql": "DROP VIEW v;" },
      ["orphan-script rollback/R__v_rollback.sql"],
    ],
  ])("%s", (_, files, wanted) => {
    expect(codes(files)).toEqual(wanted);
  });
});

it("stands in the manifest only where there is one", () => {
  expect(bundleOf(ONE).manifest).not.toContain("repeatables");
  const { manifest } = bundleOf({ ...ONE, "R__v.sql": VIEW, "verify/v_verify.sql": CHECK });
  expect(JSON.parse(manifest).repeatables).toEqual([
    { name: "v", up: "R__v.sql", verify: "verify/v_verify.sql" },
  ]);
});

it("goes into an archive and comes back", async () => {
  const files = { ...ONE, "repeatable/v.sql": VIEW, "repeatable/verify/v_verify.sql": CHECK };
  const source = { name: "facilities", version: null, path: "/srv/facilities" };
  const { bytes, bundle } = await writeArchive(sourceFiles(files), source);
  const back = readArchived(await readArchive(bytes), { name: null, fallback: "facilities", path: "/x" });
  expect([back.digest, back.repeatables]).toEqual([bundle.digest, bundle.repeatables]);
  expect(back.repeatables).toHaveLength(1);
});

it("is checked with the rest", async () => {
  const files = { ...ONE, "R__v.sql": `${VIEW} VACUUM;`, "verify/v_verify.sql": "SELECT 1 AS shown;" };
  const options = { allow: [], history_schema: "public", under_role: false, placeholders: null } as const;
  const checked = await checkBundle(bundleOf(files), options);
  expect(checked.files.map(({ path, role }) => `${path} ${role}`)).toEqual([
    "1_a.sql up",
    "R__v.sql repeatable",
    "verify/v_verify.sql verify",
  ]);
  expect(checked.faults.map(({ code }) => code)).toEqual(["needs-no-transaction"]);
  expect(checked.warnings.map(({ code }) => code)).toEqual(["verification-checks-nothing"]);
});

it.each([
  [[], "repeatable/R__room_views.sql"],
  [["1_a.sql", "core/R__a.sql"], "core/R__room_views.sql"],
  [["repeatable/views/a.sql", "R__a.sql"], "repeatable/views/R__room_views.sql"],
  [["R__a.sql"], "R__room_views.sql"],
])("is created beside those that there are: %j", (paths, path) => {
  const files = createRepeatable({ name: "Room views", paths });
  expect(files.map((file) => file.path)).toEqual([path, "verify/R__room_views_verify.sql"]);
  const [only] = bundleOf(Object.fromEntries(files.map((file) => [file.path, file.text]))).repeatables;
  expect([only?.up.path, only?.verify?.path]).toEqual([path, "verify/R__room_views_verify.sql"]);
});

it("is created under no name that the others could not have", () => {
  expect(faultsOf(() => createRepeatable({ name: "../x", paths: [] }))).toMatchObject([{ code: "bad-name" }]);
});
