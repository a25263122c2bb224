import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import {
  type Archive,
  holdArchive,
  NO_PINS,
  nameOf,
  type Pins,
  readArchived,
} from "#engine/bundle/archived.ts";
import type { Bundle } from "#engine/bundle/bundle.ts";
import { fault, MigrationFault } from "#engine/errors.ts";
import type { BundleSource } from "#engine/seam.ts";
import { reason, unreadable } from "../folder_walk.ts";
import { archiveSha256, readArchive, tooLarge } from "./archive.ts";
import { ARCHIVE_LIMITS } from "./archive_limits.ts";

/** A zip file on this machine. */
export const fileSource = (path: string): BundleSource => ({
  reference: null,
  read: async () => openArchived(zipBytes(path), { name: null, fallback: stem(path), path }, NO_PINS),
});

/** Pinned bytes are compared before anything in them is believed. */
export async function openArchived(
  bytes: Buffer,
  source: Parameters<typeof readArchived>[1],
  pins: Pins,
): Promise<Bundle> {
  holdArchive(archiveSha256(bytes), pins, source.path);
  return readArchived(await readArchive(bytes), source, pins);
}

/** The last part of a path without its ending. */
export const stem = (path: string): string => basename(path).replace(/\.zip$/i, "");

/** A zip file's archive, with the name that it has where bundle.json gives none. Throws a MigrationFault. */
export async function readZip(
  path: string,
): Promise<{ readonly archive: Archive; readonly name: string; readonly path: string }> {
  const archive = await readArchive(zipBytes(path));
  return { archive, name: nameOf(archive, { name: null, fallback: stem(path) }), path };
}

function zipBytes(path: string): Buffer {
  try {
    const found = statSync(path);
    if (found.isDirectory()) {
      const said = `${path} is a folder; --bundle takes a zip file.`;
      throw new MigrationFault(fault("bad-argument", said, { remedy: "Name a folder with --dir." }));
    }
    // A device may have no end, and a pipe no writer.
    if (!found.isFile()) throw new MigrationFault(unreadable(path, "it is no regular file"));
    const [wrong] = tooLarge("archive-too-large", found.size, ARCHIVE_LIMITS.archive_bytes, `${path} has`);
    if (wrong !== undefined) throw new MigrationFault(wrong);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof MigrationFault) throw error;
    const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new MigrationFault(unreadable(path, absent ? "there is no such file" : reason(error)));
  }
}
