import { expect, test } from "vitest";
import { type Archive, readArchived } from "#engine/bundle/archived.ts";
import { readSource } from "#engine/bundle/source.ts";
import { MigrationFault } from "#engine/errors.ts";
import { readArchive } from "#io/bundles/archive.ts";
import { openArchived } from "#io/bundles/source.ts";
import { writeArchive } from "#io/bundles/write_archive.ts";
import { runSeed, seeded } from "../../support/random.ts";
import { sourceFiles } from "../../support/source_files.ts";
import { plainZip, zipOf } from "../../support/zip_bytes.ts";

const TEXTS = {
  "001_rooms.sql": "CREATE TABLE rooms (id bigint);\n".repeat(20),
  "grouped/002_keys.sql": "CREATE TABLE keys (id bigint);\n",
  "rollback/001_rooms_rollback.sql": "DROP TABLE rooms;\n",
};
const SOURCE = { name: "facilities", version: "1.0.0", path: "/srv/facilities" };
const ours = await writeArchive(sourceFiles(TEXTS), SOURCE);
const other = await writeArchive(sourceFiles({ "003_x.sql": "SELECT 3;\n" }), SOURCE);
const { manifest } = ours.bundle;
const deflated = zipOf(
  Object.entries({ "manifest.json": manifest, ...TEXTS }).map(([name, text]) => ({
    name,
    text,
    deflate: true,
  })),
);
const ORIGINALS = [ours.bytes, deflated, plainZip(TEXTS)];

const MUTATIONS = 6000;
const seed = runSeed("archive mutations");

/** Some bytes of another value, a piece cut out, doubled, moved or put in from elsewhere, or the end cut off. */
function mutated(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes);
  const at = (most: number) => Math.floor(random() * most);
  // The directory is where the lies are: half of all changes are in it.
  const somewhere = () =>
    random() < 0.5 ? at(copy.length) : copy.length - 1 - at(Math.min(400, copy.length));
  const [from, to] = [somewhere(), somewhere()].sort((a, b) => a - b) as [number, number];
  const piece = copy.subarray(from, Math.min(to, from + 1 + at(64)));
  switch (at(7)) {
    case 0:
      copy[from] = (copy[from] ?? 0) ^ (1 << at(8));
      return copy;
    case 1:
      for (let n = 1 + at(4); n > 0; n -= 1) copy[somewhere()] = random() < 0.5 ? 0xff : at(256);
      return copy;
    case 2:
      return copy.subarray(0, from);
    case 3:
      return Buffer.concat([copy.subarray(0, from), copy.subarray(from + piece.length)]);
    case 4:
      return Buffer.concat([copy.subarray(0, to), piece, copy.subarray(to)]);
    case 5:
      return Buffer.concat([copy.subarray(0, from), other.bytes.subarray(at(other.bytes.length))]);
    default:
      return Buffer.concat([copy.subarray(0, from), other.bytes, copy.subarray(from)]);
  }
}

const textsOf = ({ files }: Archive) =>
  files.map((file) => [file.path, Buffer.from(readSource(file).bytes).toString()] as const).sort();

/** The archive, or null for a fault with a code; anything else is thrown on. */
async function read<T>(act: () => Promise<T>): Promise<T | null> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof MigrationFault) return null;
    throw error;
  }
}

test("a damaged archive is refused by name, or gives exactly the files that its manifest names", async () => {
  const random = seeded(seed);
  const wanted = JSON.stringify(Object.entries(TEXTS).sort());
  let taken = 0;
  for (let round = 0; round < MUTATIONS; round += 1) {
    const original = ORIGINALS[round % ORIGINALS.length] ?? ours.bytes;
    const bytes = mutated(original, random);
    const where = `round ${round} of seed ${seed}`;
    const archive = await read(() => readArchive(bytes));
    if (archive === null) continue;
    taken += 1;
    if (archive.manifest === null) continue;
    // Whatever was changed, it was neither a file nor what names it.
    if (archive.manifest.digest === ours.bundle.digest)
      expect(JSON.stringify(textsOf(archive)), where).toBe(wanted);
    else await read(async () => readArchived(archive, { name: null, fallback: "x", path: "x" }));
  }
  // Dates, comments and the like may change; where nothing was taken, nothing was tried.
  expect(taken).toBeGreaterThan(MUTATIONS / 100);
  expect(taken).toBeLessThan(MUTATIONS / 2);
});

test("a pinned archive gives its own bytes or none", async () => {
  const random = seeded(seed + 1);
  const pins = { archive_sha256: ours.archive_sha256, digest: ours.bundle.digest };
  const from = { name: "facilities", fallback: "x", path: "x" };
  for (let round = 0; round < 1000; round += 1) {
    const bytes = mutated(ours.bytes, random);
    const bundle = await read(() => openArchived(bytes, from, pins));
    expect(bundle === null || bytes.equals(ours.bytes), `round ${round} of seed ${seed}`).toBe(true);
    // Without the pin of the bytes, that of the digest still holds every file.
    const byDigest = await read(() => openArchived(bytes, from, { ...pins, archive_sha256: null }));
    if (byDigest !== null) expect(byDigest.manifest).toBe(manifest);
  }
});
