import { createHash } from "node:crypto";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { migrations } from "../stage/bundle_folders.ts";
import { expectFailure, reportOf } from "../stage/outcome.ts";
import type { Stage } from "../stage/stage.ts";
import { appliedTo, runsOf, truthOf } from "../stage/truth.ts";
import type { PublishedBundle } from "../support/deployed_app.ts";
import { clientOf } from "../support/emulator.ts";

const NOT_THERE = "0".repeat(64);

/** What is published is what runs, or nothing does. */
export function bundleCases(stage: Stage): void {
  const { emulator } = stage;

  describe("a published bundle", () => {
    let one: PublishedBundle;
    let two: PublishedBundle;
    beforeAll(async () => {
      one = await stage.publish("1", migrations(1), "pins");
      two = await stage.publish("2", migrations(2), "pins");
    });
    beforeEach(() => stage.database.reset());

    it("stands in the bucket with the bytes that were told", async () => {
      const s3 = new S3Client({ ...clientOf(emulator), forcePathStyle: true });
      const { Body } = await s3.send(
        new GetObjectCommand({ Bucket: stage.app.bucket, Key: one.key, VersionId: one.version_id }),
      );
      const bytes = (await Body?.transformToByteArray()) ?? [];
      expect(createHash("sha256").update(Buffer.from(bytes)).digest("hex")).toBe(one.archive_sha256);
      expect(one.key).toBe("bundles/pins/1.zip");
    });

    it("is not written over", async () => {
      await expect(stage.publish("1", migrations(3), "pins")).rejects.toThrow("bundle-version-exists");
      // The same bytes once more: a pipeline may run twice.
      expect(await stage.publish("1", migrations(1), "pins")).toMatchObject({ version_id: one.version_id });
    });

    it("is applied by all that pins it", async () => {
      const { key, version_id, archive_sha256, digest } = one;
      reportOf(await stage.invoke("apply", { bundle: { key, version_id, archive_sha256, digest } }));
      expect(await truthOf(stage.database)).toEqual(appliedTo(1));
    });

    it("without a version the newest is meant, and which it was is recorded", async () => {
      reportOf(await stage.invoke("apply", { run_id: "newest", bundle: { name: "pins" } }));
      expect(await truthOf(stage.database)).toEqual(appliedTo(2));
      expect(await runsOf(stage.database)).toMatchObject([
        { bundle_source: expect.stringContaining(`/pins/2.zip?versionId=${two.version_id}`) },
      ]);
    });

    it.each([
      ["an absent version", () => ({ name: "pins", version: "9" }), "bundle-absent"],
      [
        "a version id of another object",
        () => ({ ...pin(one), version_id: two.version_id }),
        "bundle-version-absent",
      ],
      ["another archive", () => ({ ...pin(one), archive_sha256: NOT_THERE }), "archive-sha256-differs"],
      ["another digest", () => ({ ...pin(one), digest: two.digest }), "bundle-digest-differs"],
    ] as const)("%s is refused, and the database is not touched", async (_, bundle, code) => {
      const answer = await stage.invoke("apply", { run_id: "pinned", bundle: bundle() });
      expectFailure(emulator, answer, { status: "bad_input", run_id: "pinned", code });
      expect(await truthOf(stage.database)).toEqual(appliedTo(0));
      expect(await runsOf(stage.database)).toEqual([]);
    });

    it("a bucket that is not there is told as such, by the function and by publish", async () => {
      const missing = { environment: { BUNDLE_BUCKET: "paws-e2e-no-such-bucket" } };
      const answer = await stage.withFunction("apply", missing, (invoke) =>
        invoke({ run_id: "nowhere", bundle: { name: "pins", version: "1" } }),
      );
      expectFailure(emulator, answer, {
        status: "unreachable",
        run_id: "nowhere",
        code: "no-such-bucket",
      });
      expect(await runsOf(stage.database)).toEqual([]);
    });
  });
}

const pin = ({ key }: PublishedBundle) => ({ key });
