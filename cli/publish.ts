import type { PublishReport } from "#engine/report_files.ts";
import { bundleReport, emptyHead } from "#engine/run/report_head.ts";
import { openStore } from "#io/bundles/s3.ts";
import { S3_LIMITS } from "#io/bundles/s3_client.ts";
import { bundleKey, parsePlace } from "#io/bundles/s3_place.ts";
import { withTimeout } from "#io/system.ts";
import { archiveOf } from "./archive_of.ts";
import type { Verb } from "./call.ts";
import { finished } from "./finished.ts";

/** A slow line may take longer to send an archive than a function to read it. */
const DEADLINE_MS = 300_000;

export const run: Verb = async (call) => {
  const started = new Date();
  const bucket = String(call.options.bucket);
  const { bytes, archive_sha256, bundle } = await archiveOf(call, "named and versioned");
  const { name, version } = bundle.options;
  const key = bundleKey(name, version ?? "");
  parsePlace(`s3://${bucket}/${key}`);
  const store = openStore(call.terminal.env, S3_LIMITS);
  const signal = withTimeout(DEADLINE_MS, call.interrupt);
  const { version_id, created } = await store.publish({ bucket, key }, bytes, archive_sha256, signal);
  const report: PublishReport = {
    ...emptyHead(started),
    command: "publish",
    bundle: bundleReport(bundle),
    bucket,
    published: { name, version: version ?? "", key, version_id, archive_sha256, digest: bundle.digest },
    written: created,
    ...finished(started),
  };
  return report;
};
