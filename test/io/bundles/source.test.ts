import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { MigrationFault } from "#engine/errors.ts";
import { parsePlace, placeText } from "#io/bundles/s3_place.ts";
import { type S3BundleRequest, s3Source } from "#io/bundles/s3_source.ts";
import { fileSource } from "#io/bundles/source.ts";
import { writeArchive } from "#io/bundles/write_archive.ts";
import { answer, type EdgeScript, s3Error } from "../../support/edge_stub.ts";
import { s3Edge, s3Listing, s3Object } from "../../support/s3_edge.ts";
import { faultsOf, faultsOfPromise, sourceFiles } from "../../support/source_files.ts";
import { plainZip } from "../../support/zip_bytes.ts";

const archiveOf = (version: string) =>
  writeArchive(sourceFiles({ "1_a.sql": `SELECT ${version};\n` }), {
    name: "paws360",
    version,
    path: "/srv",
  });
const one = await archiveOf("1");
const two = await archiveOf("2");

const REQUEST: S3BundleRequest = {
  bucket: "bundles-here",
  name: "paws360",
  version: null,
  key: null,
  version_id: null,
  archive_sha256: null,
  digest: null,
};
const KEY = "bundles/paws360/1.zip";
const objects = { [KEY]: { v1: one.bytes, v2: two.bytes }, "bundles/paws360/2.zip": { v3: two.bytes } };

/** A bucket of which nothing changes but what is the newest. */
function bucket(newest: () => string): EdgeScript {
  return ({ url }) => {
    const { pathname, searchParams } = new URL(url, "http://s3");
    if (searchParams.has("list-type")) return s3Listing([[newest(), "2026-01-01T00:00:00Z"]]);
    const versions: Readonly<Record<string, Buffer>> =
      objects[pathname.slice("/bundles-here/".length) as typeof KEY] ?? {};
    const id = searchParams.get("versionId") ?? Object.keys(versions).at(-1) ?? "";
    const bytes = versions[id];
    return bytes === undefined ? s3Error(404, "NoSuchKey") : s3Object(bytes, id);
  };
}

test("a device is no archive: it may have no end", async () => {
  await expect(() => fileSource("/dev/null").read(null)).rejects.toThrow(/no regular file/);
});

describe("a bundle in S3", () => {
  test("by name is the newest, by one version of one object", async () => {
    const { store, stub } = await s3Edge(bucket(() => KEY));
    const source = s3Source(REQUEST, store);
    expect(source.reference).toEqual(REQUEST);
    expect(stub.requests).toEqual([]);
    expect(await source.read(null)).toMatchObject({
      source: `s3://bundles-here/${KEY}?versionId=v2`,
      digest: two.bundle.digest,
    });
  });

  test("is the one of before where a run goes on, whatever is the newest by now", async () => {
    let newest = KEY;
    const { store, stub } = await s3Edge(bucket(() => newest));
    const source = s3Source({ ...REQUEST, version: "latest" }, store);
    const { source: recorded } = await source.read(null);
    newest = "bundles/paws360/2.zip";
    expect((await source.read(null)).source).toBe("s3://bundles-here/bundles/paws360/2.zip?versionId=v3");
    const before = stub.requests.length;
    expect((await source.read(recorded)).source).toBe(recorded);
    expect(stub.requests.slice(before).map(({ url }) => /versionId=v2|list-type/.exec(url)?.[0])).toEqual([
      "versionId=v2",
    ]);
  });

  test("is found by its version, its key, and the version of that", async () => {
    const { store } = await s3Edge(bucket(() => "none"));
    const sourceOf = async (request: Partial<S3BundleRequest>) =>
      (await s3Source({ ...REQUEST, ...request }, store).read(null)).source;
    expect(await sourceOf({ version: "2" })).toBe("s3://bundles-here/bundles/paws360/2.zip?versionId=v3");
    expect(await sourceOf({ name: null, key: KEY })).toBe(`s3://bundles-here/${KEY}?versionId=v2`);
    expect(await sourceOf({ version: "1", key: KEY, version_id: "v1" })).toBe(
      `s3://bundles-here/${KEY}?versionId=v1`,
    );
  });

  test("is held to what was pinned of it", async () => {
    const { store } = await s3Edge(bucket(() => KEY));
    const codesOf = async (request: Partial<S3BundleRequest>) => {
      const source = s3Source({ ...REQUEST, key: KEY, ...request }, store);
      return (await faultsOfPromise(() => source.read(null))).map(({ code }) => code);
    };
    const { archive_sha256, bundle } = two;
    expect(await codesOf({ archive_sha256: archive_sha256.toUpperCase(), digest: bundle.digest })).toEqual(
      [],
    );
    expect(await codesOf({ archive_sha256: one.archive_sha256 })).toEqual(["archive-sha256-differs"]);
    expect(await codesOf({ digest: one.bundle.digest })).toEqual(["bundle-digest-differs"]);
    expect(await codesOf({ name: "facilities" })).toEqual(["bundle-name-differs"]);
  });

  test("pinned by its bytes, is refused before they are believed", async () => {
    const { store } = await s3Edge(s3Object(Buffer.from("no zip at all")));
    const source = s3Source({ ...REQUEST, key: KEY, archive_sha256: one.archive_sha256 }, store);
    expect(await faultsOfPromise(() => source.read(null))).toMatchObject([
      { code: "archive-sha256-differs" },
    ]);
  });

  test("in a bucket without versions needs its bytes pinned", async () => {
    const { store } = await s3Edge(s3Object(one.bytes, null));
    const read = (archive_sha256: string | null) =>
      s3Source({ ...REQUEST, key: KEY, archive_sha256 }, store).read(null);
    expect(await faultsOfPromise(() => read(null))).toMatchObject([{ code: "bucket-not-versioned" }]);
    expect((await read(one.archive_sha256)).source).toBe(`s3://bundles-here/${KEY}`);
  });

  test("that is a pipeline's plain zip has the name that its key, its folder or the request gives", async () => {
    const nameOf = async (request: Partial<S3BundleRequest>, texts: Readonly<Record<string, string>>) => {
      const { store } = await s3Edge(s3Object(plainZip(texts)));
      return (await s3Source({ ...REQUEST, name: null, ...request }, store).read(null)).options.name;
    };
    expect(await nameOf({ key: KEY }, { "1_a.sql": "" })).toBe("paws360");
    expect(await nameOf({ key: "bundles/artifact" }, { "rooms/1_a.sql": "" })).toBe("rooms");
    expect(await nameOf({ key: "bundles/artifact.zip" }, { "1_a.sql": "" })).toBe("artifact");
    expect(await nameOf({ key: "bundles/x", name: "keys" }, { "rooms/1_a.sql": "" })).toBe("keys");
  });

  test.each([
    [{ name: null }, "No bundle is named"],
    [{ name: "../x" }, "not the name"],
    [{ version: "1/2" }, "not the version"],
    [{ key: "" }, "not the key"],
    [{ key: "a?versionId=1" }, "not the key"],
    [{ key: KEY, version_id: "a b" }, "not the id"],
    [{ version: "2", key: KEY }, "not that of paws360 2"],
    [{ version_id: "v1" }, "belongs to a key"],
    [{ archive_sha256: "abc" }, "wanted 64 hexadecimal digits"],
    [{ digest: `${"0".repeat(64)}\n` }, "wanted 64 hexadecimal digits"],
  ])("cannot be asked for by %j", async (request, says) => {
    const { store, stub } = await s3Edge(answer(200));
    const faults = faultsOf(() => s3Source({ ...REQUEST, ...request }, store));
    expect(faults).toMatchObject([{ code: "bad-argument", message: expect.stringContaining(says) }]);
    expect(stub.requests).toEqual([]);
  });
});

describe("a place in S3", () => {
  test.each([
    `s3://bundles-here/${KEY}`,
    `s3://bundles-here/${KEY}?versionId=3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY`,
    "s3://b.c-1/with space+plus%20/ü.zip",
  ])("is read as it is written: %s", (text) => {
    expect(placeText(parsePlace(text))).toBe(text);
  });

  test.each([
    "s3://",
    "s3://b",
    "s3://bundles-here/",
    "s3://bundles-here/a/",
    "s3://UPPER/a",
    "s3://bundles-here/a?x=1",
    "https://x/y",
  ])("is not %s", (text) => {
    expect(() => parsePlace(text)).toThrow(MigrationFault);
  });
});

describe("a zip file", () => {
  const folder = mkdtempSync(join(tmpdir(), "zip-"));
  const path = join(folder, "facilities.zip");

  test("is a source by its path", async () => {
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(path, one.bytes);
    const source = fileSource(path);
    expect(source.reference).toBeNull();
    expect(await source.read(null)).toMatchObject({ source: path, digest: one.bundle.digest });
    writeFileSync(path, plainZip({ "1_a.sql": "SELECT 1;\n" }));
    expect((await source.read(null)).options.name).toBe("facilities");

    truncateSync(path, 300 * 2 ** 20);
    expect(await faultsOfPromise(async () => source.read(null))).toMatchObject([
      { code: "archive-too-large" },
    ]);
    expect(await faultsOfPromise(async () => fileSource(folder).read(null))).toMatchObject([
      { code: "bad-argument", remedy: "Name a folder with --dir." },
    ]);
    expect(await faultsOfPromise(async () => fileSource(join(folder, "none.zip")).read(null))).toMatchObject([
      { code: "unreadable-file", message: expect.stringContaining("there is no such file") },
    ]);
    // Zero bytes long by its own account, and without an end.
    expect(await faultsOfPromise(async () => fileSource("/dev/null").read(null))).toMatchObject([
      { code: "unreadable-file", message: expect.stringContaining("it is no regular file") },
    ]);
  });
});
