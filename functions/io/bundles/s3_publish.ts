import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { fault, MigrationFault } from "#engine/errors.ts";
import { sleep } from "../system.ts";
import { archiveSha256 } from "./archive.ts";
import type { BundleStore, Published } from "./s3.ts";
import { asked } from "./s3_ask.ts";
import { placeText, type S3Place } from "./s3_place.ts";

/** How often a write that ran into another one is tried. */
const CONFLICTS = 3;

/**
 * Writes a new object. One that is there already with the same bytes counts as published: a pipeline may run twice,
 * and an answer may be lost. With other bytes it is `bundle-version-exists`: a version is written once.
 */
export async function publishObject(
  { client, read }: Pick<BundleStore, "read"> & { readonly client: S3Client },
  { bucket, key }: Omit<S3Place, "version_id">,
  bytes: Buffer,
  sha256: string,
  signal: AbortSignal,
): Promise<Published> {
  const place = { bucket, key, version_id: null };
  const where = placeText(place);
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: bytes,
    ContentType: "application/zip",
    // S3 keeps it only where the bytes that came have it.
    ChecksumSHA256: Buffer.from(sha256, "hex").toString("base64"),
    IfNoneMatch: "*",
  });
  for (let attempt = 1; ; attempt += 1) {
    const answer = await asked({ where, did: "publish" }, signal, () =>
      client.send(command, { abortSignal: signal }).catch(conditionOf),
    );
    if (typeof answer !== "string") return { version_id: versioned(answer.VersionId, where), created: true };
    if (answer === "exists") return sameAs(sha256, await existing(read, place, signal), where);
    if (attempt >= CONFLICTS) {
      throw new MigrationFault(fault("s3-failed", `${where} cannot be published: somebody else writes it.`));
    }
    await sleep(200 * attempt, signal);
  }
}

/** Whether an object is there already, or is being written by somebody else; else the error is thrown on. */
function conditionOf(error: unknown): "exists" | "conflict" {
  const { name } = error as Error;
  if (name === "PreconditionFailed") return "exists";
  if (name === "ConditionalRequestConflict") return "conflict";
  throw error;
}

async function existing(read: BundleStore["read"], place: S3Place, signal: AbortSignal) {
  try {
    return await read(place, signal);
  } catch (error) {
    if (!(error instanceof MigrationFault) || error.faults[0].code !== "s3-access-denied") throw error;
    const said = `${placeText(place)} is there already, and this login may not read it to compare.`;
    throw new MigrationFault(fault("bundle-version-exists", said));
  }
}

function sameAs(sha256: string, found: Awaited<ReturnType<BundleStore["read"]>>, where: string): Published {
  const other = archiveSha256(found.bytes);
  if (other === sha256) return { version_id: versioned(found.version_id, where), created: false };
  const said = `${where} is there already with the sha256 ${other}; this archive has ${sha256}.`;
  throw new MigrationFault(fault("bundle-version-exists", said));
}

function versioned(version_id: string | null | undefined, where: string): string {
  if (typeof version_id === "string" && version_id !== "null") return version_id;
  const said = `${where} is published, but its bucket keeps no versions: what will be read there cannot be pinned.`;
  throw new MigrationFault(fault("bucket-not-versioned", said));
}
