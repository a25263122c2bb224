import { expect, test } from "vitest";
import type { AdoptReport, BaselineReport, RepairReport } from "#engine/report_settled.ts";
import { rendered } from "../../support/rendered.ts";
import { RUN_ID, sampleFault, sampleHead, sampleStep } from "../../support/sample_reports.ts";

const migration = { version: "1", label: "001", name: "initial_schema" };
const adopted = [
  { ...migration, id: "1.0", applied_at: "2024-01-01T10:00:00.123456Z", applied_by: "deploy\u001b[31m" },
  { version: "2", label: "002", name: "more", id: "1.1", applied_at: null, applied_by: null },
];
const adoption: AdoptReport = {
  command: "adopt",
  from: "rails",
  table: "public.schema_migrations",
  renamed_to: "public.schema_migrations_before_adoption",
  adopted,
  repeatables: [],
  written: true,
  ...sampleHead(),
};

test("an adoption, done, shown, refused and unknown", () => {
  expect(rendered(adoption)).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  initial_schema   1.0   2024-01-01 10:00:00 UTC   deploy\\x1b[31m
      002  more             1.1
    2 migrations of rails (public.schema_migrations) adopted. No script was run. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    public.schema_migrations is public.schema_migrations_before_adoption from now on.
    "
  `);
  expect(rendered({ ...adoption, ...sampleHead({ run_id: null }), written: false })).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  initial_schema   1.0   2024-01-01 10:00:00 UTC   deploy\\x1b[31m
      002  more             1.1
    2 migrations of rails (public.schema_migrations) would be adopted. Nothing was changed.
    public.schema_migrations would be public.schema_migrations_before_adoption from now on.
    "
  `);
  const error = sampleFault("adopt-dirty", "golang-migrate left version 3 dirty.");
  const refused = sampleHead({ run_id: null, status: "refused", error, refusals: [error] });
  expect(rendered({ ...adoption, ...refused, adopted: [], written: false })).toContain(
    "\nNothing was adopted.\n",
  );
  const unknown = sampleHead({ status: "unknown", error: sampleFault("unknown-commit", "x") });
  expect(rendered({ ...adoption, ...unknown, written: false })).toContain(
    "Whether the history was adopted is not known.",
  );
});

test("a baseline, and one that its verifications do not prove", () => {
  const baseline: BaselineReport = {
    command: "baseline",
    version: "1",
    baselined: [migration],
    written: true,
    ...sampleHead(),
  };
  expect(rendered(baseline)).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  initial_schema
    1 migration recorded as applied. No migration was run. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
  const error = sampleFault("check-failed", "1 of the checks failed: a.");
  const steps = [sampleStep("001", "initial_schema", { direction: "verify", status: "failed", error })];
  const failed = sampleHead({ run_id: null, status: "failed", steps, error });
  expect(rendered({ ...baseline, ...failed, written: false })).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  initial_schema   FAILED   41 ms
           error: 1 of the checks failed: a.
             remedy: See the failed check; nothing of this step was kept.  [check-failed]
    Nothing was recorded.
    "
  `);
});

test("a repair, shown, done, and of nothing", () => {
  const before = { name: "initial", label: "001", checksum: "a", checksum_raw: "a", rollback_checksum: null };
  const repair: RepairReport = {
    command: "repair",
    repaired: [
      {
        ...migration,
        before,
        after: { ...before, name: "initial_schema", checksum: "b", checksum_raw: "b" },
      },
      { version: "2", label: "002", name: "more", before, after: { ...before, checksum_raw: "c" } },
      { version: "3", label: "003", name: "last", before, after: { ...before, rollback_checksum: "d" } },
    ],
    written: true,
    ...sampleHead(),
  };
  expect(rendered(repair)).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)  ->  paws360@localhost:5432 (PostgreSQL 18.1)
      001  initial_schema   name, script
      002  more             line ends
      003  last             rollback
    3 migrations recorded as the files are now. Run 0192f3a1-7c4e-7a52-9d10-3b8f6f0c2e11.
    "
  `);
  expect(rendered({ ...repair, run_id: null, written: false })).toContain(
    "3 migrations would be recorded as the files are now. Nothing was changed.",
  );
  expect(rendered({ ...repair, run_id: null, repaired: [], written: false })).toContain("nothing to do");
  expect(rendered(repair)).toContain(RUN_ID);
});
