import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { fault, MigrationFault } from "#engine/errors.ts";
import { sleep } from "../system.ts";
import { tooLarge } from "./archive.ts";
import { asked, faultOf } from "./s3_ask.ts";
import { openClient, S3_LIMITS, type S3Limits } from "./s3_client.ts";
import { bundleFolder, placeText, type S3Place } from "./s3_place.ts";
import { publishObject } from "./s3_publish.ts";

/** An object whole, with the version that it is; null where the bucket has no versions. */
export interface FoundObject {
  readonly bytes: Buffer;
  readonly version_id: string | null;
}

/** Where bundles are kept. Everything throws a MigrationFault. */
export interface BundleStore {
  /** The key of the newest version of a bundle. */
  newest(bucket: string, name: string, signal: AbortSignal): Promise<string>;
  /** The object, or that version of it, under the limit of an archive's bytes. */
  read(place: S3Place, signal: AbortSignal): Promise<FoundObject>;
  /** Writes a new object, never over another. */
  publish(
    place: Omit<S3Place, "version_id">,
    bytes: Buffer,
    sha256: string,
    signal: AbortSignal,
  ): Promise<Published>;
  readonly limits: S3Limits;
  close(): void;
}

/** An object as it stands in its bucket after publishing. */
export interface Published {
  readonly version_id: string;
  /** False where the same bytes were there already. */
  readonly created: boolean;
}

/** The store of this environment; nothing is asked yet. */
export function openStore(env: NodeJS.ProcessEnv, limits: S3Limits = S3_LIMITS): BundleStore {
  const client = openClient(env, limits);
  const read: BundleStore["read"] = (place, signal) => readObject(client, place, limits, signal);
  return {
    limits,
    newest: (bucket, name, signal) => newestKey(client, bucket, name, signal),
    read,
    publish: (place, bytes, sha256, signal) => publishObject({ client, read }, place, bytes, sha256, signal),
    close: () => client.destroy(),
  };
}

/** S3's times are whole seconds: of two in the same one, the higher version is the newer. */
const NATURAL = new Intl.Collator("en", { numeric: true });

async function newestKey(
  client: S3Client,
  bucket: string,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const folder = bundleFolder(name);
  const where = `s3://${bucket}/${folder}`;
  let newest: { readonly key: string; readonly at: number } | null = null;
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, ContinuationToken: token });
    const page = await asked({ where, did: "list" }, signal, () =>
      client.send(command, { abortSignal: signal }),
    );
    for (const { Key: key = "", LastModified: modified } of page.Contents ?? []) {
      if (!/^[^/]+\.zip$/.test(key.slice(folder.length))) continue;
      const at = modified?.getTime() ?? 0;
      const later =
        newest === null || at > newest.at || (at === newest.at && NATURAL.compare(key, newest.key) > 0);
      if (later) newest = { key, at };
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  if (newest !== null) return newest.key;
  throw new MigrationFault(fault("bundle-absent", `${where} holds no version of the bundle ${name}.`));
}

/**
 * Which version is read is settled by the first answer's head, before a byte of its body counts: a body that breaks
 * off is asked for again by that version's id.
 */
async function readObject(
  client: S3Client,
  place: S3Place,
  limits: S3Limits,
  signal: AbortSignal,
): Promise<FoundObject> {
  let settled = place;
  for (let attempt = 1; ; attempt += 1) {
    const request = { where: placeText(settled), did: "read" } as const;
    const { bucket: Bucket, key: Key, version_id } = settled;
    const command = new GetObjectCommand({
      Bucket,
      Key,
      ...(version_id !== null && { VersionId: version_id }),
      ChecksumMode: "ENABLED",
    });
    const answer = await asked(request, signal, () => client.send(command, { abortSignal: signal }));
    // `null` is the version of what was written without versions: anyone may write over it.
    const found = answer.VersionId === "null" ? null : (answer.VersionId ?? null);
    settled = { ...settled, version_id: version_id ?? found };
    const body = await bodyOf(answer, placeText(settled), limits.object_bytes, signal);
    if (Buffer.isBuffer(body)) return { bytes: body, version_id: settled.version_id };
    if (attempt >= limits.attempts || signal.aborted) throw faultOf(body.error, request, signal);
    await sleep(100 * 2 ** attempt, signal);
  }
}

/** The body under the limit, or why it did not come whole. Throws `archive-too-large`. */
async function bodyOf(
  answer: GetObjectCommandOutput,
  where: string,
  most: number,
  signal: AbortSignal,
): Promise<Buffer | { readonly error: unknown }> {
  const stream = answer.Body as NodeJS.ReadableStream & { destroy(): void };
  const stop = (): void => stream.destroy();
  const chunks: Buffer[] = [];
  let length = 0;
  const hold = (found: number): void => {
    const [wrong] = tooLarge("archive-too-large", found, most, `${where} has`);
    if (wrong !== undefined) throw new MigrationFault(wrong);
  };
  try {
    signal.addEventListener("abort", stop, { once: true });
    hold(answer.ContentLength ?? 0);
    for await (const chunk of stream) {
      length += chunk.length;
      hold(length);
      chunks.push(chunk as Buffer);
    }
    if (signal.aborted) return { error: signal.reason };
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof MigrationFault) throw error;
    return { error };
  } finally {
    signal.removeEventListener("abort", stop);
    stream.destroy();
  }
}
