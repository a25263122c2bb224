import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { bundleKey } from "#io/bundles/s3_place.ts";
import { writeArchive } from "#io/bundles/write_archive.ts";
import type { PublishedBundle } from "../support/deployed_app.ts";
import { clientOf, type Emulator } from "../support/emulator.ts";
import type { Files } from "./bundle_folders.ts";

/** Where functions look for bundles; for what is about something else than publishing. */
export class BundleBucket {
  private readonly client: S3Client;
  private readonly name: string;

  constructor(emulator: Emulator, name: string) {
    this.client = new S3Client(clientOf(emulator));
    this.name = name;
  }

  async put(bundle: string, version: string, files: Files): Promise<PublishedBundle> {
    const sources = Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
    const written = await writeArchive(sources, { name: bundle, version, path: bundle });
    const key = bundleKey(bundle, version);
    const command = new PutObjectCommand({ Bucket: this.name, Key: key, Body: written.bytes });
    const { VersionId } = await this.client.send(command);
    const { archive_sha256, bundle: read } = written;
    return { key, version_id: VersionId ?? "", archive_sha256, digest: read.digest };
  }

  close(): void {
    this.client.destroy();
  }
}
