import { expect, test } from "vitest";
import type { ArchiveReport, PublishReport } from "#engine/report_files.ts";
import { rendered } from "../../support/rendered.ts";
import { sampleFault, sampleHead } from "../../support/sample_reports.ts";

const head = sampleHead({ run_id: null, target: null });
const sha = "3f9c".repeat(16);
const archive: ArchiveReport = {
  command: "bundle",
  file: "build/paws360.zip",
  size: 1234,
  archive_sha256: sha,
  written: true,
  ...head,
};
const publication: PublishReport = {
  command: "publish",
  bucket: "bundles-here",
  published: {
    name: "paws360",
    version: "1.0.0",
    key: "bundles/paws360/1.0.0.zip",
    version_id: "3sL4kqtJlcpXroDTDmJ",
    archive_sha256: sha,
    digest: "0f".repeat(32),
  },
  written: true,
  ...head,
};

test("bundle shows whole values, on any terminal", () => {
  expect(rendered(archive, { width: 40 })).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)
      file:            build/paws360.zip
      bytes:           1234
      archive_sha256:  3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c
      digest:          3f9c0b7a5d1e2f4c8b6a90d7e1c3f5a2b4d6e8f0a1c3e5d7f9b0a2c4e6d8f1b3
    Written.
    "
  `);
});

test("publish shows what pins the bundle", () => {
  expect(rendered(publication)).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)
      bucket:          bundles-here
      key:             bundles/paws360/1.0.0.zip
      version_id:      3sL4kqtJlcpXroDTDmJ
      archive_sha256:  3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c
      digest:          0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f
    Published.
    "
  `);
});

test("the same once more, with a warning", () => {
  const warnings = [sampleFault("empty-migration", "002_x.sql has no statement.")];
  expect(rendered({ ...publication, written: false, warnings })).toMatchInlineSnapshot(`
    "paws360  bundle 1.0.0 (7 migrations, sha256 3f9c0b7a...)
      bucket:          bundles-here
      key:             bundles/paws360/1.0.0.zip
      version_id:      3sL4kqtJlcpXroDTDmJ
      archive_sha256:  3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c3f9c
      digest:          0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f

    warning: 002_x.sql has no statement.
      remedy: Add statements, or leave it as a marker.  [empty-migration]

    The same bytes were published before.
    "
  `);
  expect(rendered({ ...archive, written: false })).toContain("The same bytes were there already.");
});
