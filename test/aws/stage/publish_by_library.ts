import { openStore } from "#io/bundles/s3.ts";
import { bundleKey } from "#io/bundles/s3_place.ts";
import { writeArchive } from "#io/bundles/write_archive.ts";
import { readFolder } from "#io/folder.ts";
import { type Emulator, environmentOf } from "../support/emulator.ts";
export async function publishByLibrary(
  emulator: Emulator,
  folder: string,
  bucket: string,
  name: string,
  version: string,
) {
  const { files, source } = readFolder(folder);
  const archive = await writeArchive(files, { ...source, name, version });
  Object.assign(process.env, environmentOf(emulator));
  const store = openStore(process.env);
  const key = bundleKey(name, version);
  const { version_id } = await store.publish(
    { bucket, key },
    archive.bytes,
    archive.archive_sha256,
    new AbortController().signal,
  );
  store.close();
  return { key, version_id, archive_sha256: archive.archive_sha256, digest: archive.bundle.digest };
}
