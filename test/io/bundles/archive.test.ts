import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { crc32, deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ZipFile } from "yazl";
import { readArchived } from "#engine/bundle/archived.ts";
import { readBundle } from "#engine/bundle/bundle.ts";
import { readSource } from "#engine/bundle/source.ts";
import { statusOf } from "#engine/errors.ts";
import { readArchive } from "#io/bundles/archive.ts";
import { ARCHIVE_LIMITS } from "#io/bundles/archive_limits.ts";
import { writeArchive } from "#io/bundles/write_archive.ts";
import { faultsOf, faultsOfPromise, sourceFiles } from "../../support/source_files.ts";
import { plainZip, type ZipEntry, zipOf } from "../../support/zip_bytes.ts";

const TEXTS = {
  "001_rooms.sql": "CREATE TABLE rooms (id bigint);\n",
  "grouped/002_keys.sql": "CREATE TABLE keys (id bigint);\n",
  "rollback/001_rooms_rollback.sql": "DROP TABLE rooms;\n",
  "verify/001_rooms_verify.sql": "SELECT 'PASS' AS status;\n",
};
const A = { name: "1_a.sql", text: "SELECT 1;\n" };
const SOURCE = { name: "facilities", version: null, path: "/srv/facilities" };
const folder = readBundle(sourceFiles(TEXTS), SOURCE);
const written = (texts: Readonly<Record<string, string>> = TEXTS) => writeArchive(sourceFiles(texts), SOURCE);
const from = { name: null, fallback: "facilities", path: "/srv/facilities.zip" };
const packedOf = (text: string): Buffer => deflateRawSync(Buffer.from(text));
const crcOf = (bytes: Buffer): Buffer => {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(bytes));
  return sum;
};
const codes = async (archive: Uint8Array, limits = ARCHIVE_LIMITS) => {
  const faults = await faultsOfPromise(() => readArchive(archive, limits));
  expect(faults.map(statusOf)).toEqual(faults.map(() => "bad_input"));
  return faults.map(({ code }) => code);
};
const texts = async (archive: Uint8Array) => {
  const { files } = await readArchive(archive);
  return Object.fromEntries(files.map((file) => [file.path, Buffer.from(readSource(file).bytes).toString()]));
};

describe("an archive that we wrote", () => {
  test("gives back the files, and the digest of their folder", async () => {
    const { bytes, archive_sha256, bundle } = await written();
    expect(await texts(bytes)).toEqual(TEXTS);
    const archive = await readArchive(bytes);
    expect(archive).toMatchObject({
      archive_sha256,
      top: null,
      manifest: { name: "facilities", version: null },
    });
    expect(readArchived(archive, from)).toMatchObject({ digest: folder.digest, source: from.path });
    expect(bundle.digest).toBe(folder.digest);
  });

  test("has the same bytes on every machine, in whatever order the files are found", async () => {
    const { archive_sha256 } = await written();
    // Of this archive as Node 20, 22 and 24 wrote it, in three time zones: a change of the format changes it.
    expect(archive_sha256).toBe("b4bc61cd958f2deabc90571740697bbca594d2d4a941383bad8023acdf422053");
    const turned = await writeArchive(sourceFiles(TEXTS).toReversed(), SOURCE);
    expect(turned.archive_sha256).toBe(archive_sha256);
  });

  test("carries a name and a version that its files do not give", async () => {
    const { bytes } = await writeArchive(sourceFiles(TEXTS), { ...SOURCE, name: "rooms", version: "1.2.0" });
    const bundle = readArchived(await readArchive(bytes), from);
    expect(bundle.options).toMatchObject({ name: "rooms", version: "1.2.0" });
  });

  test("keeps the only folder of its files", async () => {
    const grouped = { "01_core/001_rooms.sql": TEXTS["001_rooms.sql"] };
    const { bytes, bundle } = await written(grouped);
    expect(await texts(bytes)).toEqual(grouped);
    expect(readArchived(await readArchive(bytes), from).digest).toBe(bundle.digest);
  });

  test("holds no file that is no part of a bundle", async () => {
    const { bytes } = await written({
      ...TEXTS,
      "README.md": "no",
      "seed/1.sql": "no",
      ".git/1_x.sql": "no",
    });
    expect(bytes.equals((await written()).bytes)).toBe(true);
  });

  test("is not written where it could not be read", async () => {
    const of = (files: Readonly<Record<string, string>>, limits = ARCHIVE_LIMITS) =>
      faultsOfPromise(() => writeArchive(sourceFiles(files), SOURCE, limits)).then((faults) =>
        faults.map(({ code }) => code),
      );
    expect(await of({ "1_a.sql": "", "1_A.sql": "" })).toEqual(["archive-case-clash"]);
    expect(await of({ "a\\1_a.sql": "" })).toEqual(["archive-backslash"]);
    expect(await of(TEXTS, { ...ARCHIVE_LIMITS, entries: 4 })).toEqual(["archive-too-many-entries"]);
    expect(await of(TEXTS, { ...ARCHIVE_LIMITS, archive_bytes: 1000 })).toEqual(["archive-too-large"]);
  });
});

describe("a plain zip", () => {
  test("of what is in the folder gives the folder's digest", async () => {
    const archive = await readArchive(plainZip(TEXTS));
    expect(archive.manifest).toBeNull();
    expect(readArchived(archive, from).digest).toBe(folder.digest);
  });

  test("of the folder itself gives it too, and the folder's name", async () => {
    const inside = Object.entries(TEXTS).map(([path, text]) => [`facilities/${path}`, text]);
    const mac = {
      "__MACOSX/facilities/._001_rooms.sql": "no",
      "facilities/.DS_Store": "no",
      "README.md": "no",
    };
    const archive = await readArchive(plainZip({ ...Object.fromEntries(inside), ...mac }));
    expect(archive.top).toBe("facilities");
    const bundle = readArchived(archive, { ...from, fallback: "artifact" });
    expect(bundle.digest).toBe(folder.digest);
  });

  test("may list its folders, name files from `./`, and give names in whatever way zip has", async () => {
    const names = { utf8: Buffer.from("2_größe.sql"), field: Buffer.from("3_#U00fc.sql") };
    const path = Buffer.concat([Buffer.from([1]), crcOf(names.field), Buffer.from("3_ü.sql")]);
    const extra = Buffer.concat([Buffer.from([0x75, 0x70, path.length, 0]), path]);
    const archive = zipOf([
      { name: "./" },
      { name: "rollback/", mode: 0o40755 },
      { ...A, name: "./1_a.sql" },
      { ...A, name: names.utf8, flags: 0 },
      { ...A, name: names.field, flags: 0, extra },
    ]);
    expect(Object.keys(await texts(archive))).toEqual(["1_a.sql", "2_größe.sql", "3_ü.sql"]);
  });

  test("may be written in the large form, and as a stream whose sizes follow the files", async () => {
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from(A.text), "1_a.sql", { forceZip64Format: true });
    zip.addReadStream(Readable.from([A.text, A.text]), "2_b.sql", { forceZip64Format: true });
    zip.addReadStream(Readable.from([A.text]), "3_c.sql");
    zip.end({ forceZip64Format: true, comment: "" });
    const bytes = await buffer(zip.outputStream);
    expect(await texts(bytes)).toEqual({ "1_a.sql": A.text, "2_b.sql": A.text + A.text, "3_c.sql": A.text });
    expect(await codes(Buffer.concat([bytes, Buffer.from("more")]))).toEqual(["archive-damaged"]);
  });

  test("keeps a folder that means something at the root", async () => {
    expect((await readArchive(plainZip({ "verify/1_a_verify.sql": "" }))).top).toBeNull();
    expect((await readArchive(plainZip({ "a/1_a.sql": "", "b/2_b.sql": "" }))).top).toBeNull();
    expect((await readArchive(plainZip({ "a/1_a.sql": "", "2_b.sql": "" }))).top).toBeNull();
  });

  test("may have a comment at its end", async () => {
    expect(await texts(zipOf([A], 1, "made by a pipeline"))).toEqual({ [A.name]: A.text });
  });
});

describe("refuses", () => {
  const small = { ...ARCHIVE_LIMITS, ratio_from_bytes: 100 };
  const big = "x".repeat(3000);
  const CASES: Readonly<Record<string, readonly [Uint8Array, readonly string[], typeof ARCHIVE_LIMITS?]>> = {
    "nothing at all": [Buffer.alloc(0), ["not-an-archive"]],
    "what is no zip": [Buffer.from("<html>Access Denied</html>".repeat(10)), ["not-an-archive"]],
    "an absolute path": [zipOf([{ ...A, name: "/etc/1_a.sql" }]), ["archive-absolute-path"]],
    "a way out": [zipOf([{ ...A, name: "a/../../1_a.sql" }]), ["archive-parent-path"]],
    "a backslash": [zipOf([{ ...A, name: "a\\1_a.sql" }]), ["archive-backslash"]],
    "a drive letter": [zipOf([{ ...A, name: "C:/1_a.sql" }]), ["archive-drive-letter"]],
    "NUL in a name": [zipOf([{ ...A, name: "1_a.sql\0.txt" }]), ["archive-control-character"]],
    "a control character in a name": [
      zipOf([{ ...A, name: "1_\x1b[2J.sql" }]),
      ["archive-control-character"],
    ],
    "an empty part of a name": [zipOf([{ ...A, name: "a//1_a.sql" }]), ["archive-bad-name"]],
    "no name": [zipOf([{ ...A, name: "" }]), ["archive-bad-name"]],
    "a name that is not UTF-8": [zipOf([{ ...A, name: Buffer.from([0x31, 0xff]) }]), ["archive-bad-name"]],
    "a link": [zipOf([{ ...A, mode: 0o120777, text: "/etc/passwd" }]), ["archive-link"]],
    "a device": [zipOf([{ ...A, mode: 0o060644 }]), ["archive-link"]],
    "an entry twice": [zipOf([A, A]), ["archive-duplicate-entry"]],
    "an entry twice by `./`": [zipOf([A, { ...A, name: "./1_a.sql" }]), ["archive-duplicate-entry"]],
    "names equal but for case": [zipOf([A, { ...A, name: "1_A.SQL" }]), ["archive-case-clash"]],
    "names equal but for composition": [
      zipOf([
        { ...A, name: "1_\u00fc.sql" },
        { ...A, name: "1_u\u0308.sql" },
      ]),
      ["archive-case-clash"],
    ],
    "an encrypted file": [
      zipOf([{ ...A, flags: 1, size: 10, packed: Buffer.alloc(22) }]),
      ["archive-encrypted"],
    ],
    "strong encryption": [zipOf([{ ...A, flags: 0x41 }]), ["archive-encrypted"]],
    "an unknown compression": [zipOf([{ ...A, method: 12 }]), ["archive-compression"]],
    "a wrong check sum": [zipOf([{ ...A, crc: 1 }]), ["archive-crc"]],
    "a wrong check sum of a deflated file": [zipOf([{ ...A, deflate: true, crc: 1 }]), ["archive-crc"]],
    "a stored file of two sizes": [zipOf([{ ...A, size: 3 }]), ["archive-size-differs"]],
    "more than was announced": [
      zipOf([{ name: "1_a.sql", text: big, deflate: true, size: 10 }]),
      ["archive-size-differs"],
    ],
    "less than was announced": [
      zipOf([{ name: "1_a.sql", text: big, deflate: true, size: 9999 }]),
      ["archive-size-differs"],
    ],
    "what does not inflate": [
      zipOf([{ ...A, method: 8, packed: Buffer.from("\xff\xff\xff") }]),
      ["archive-damaged"],
    ],
    "a deflated file cut short": [
      zipOf([{ ...A, method: 8, packed: packedOf(big).subarray(0, -3) }]),
      ["archive-damaged"],
    ],
    "something behind a deflated file": [
      zipOf([{ ...A, method: 8, packed: Buffer.concat([packedOf(A.text), Buffer.from("more")]) }]),
      ["archive-damaged"],
    ],
    "another name in a header": [zipOf([{ ...A, local_name: "1_b.sql" }]), ["archive-damaged"]],
    "two entries over the same bytes": [
      zipOf([A, { ...A, name: "1_b.sql", local_name: "1_b.sql", offset: 0 }]),
      ["archive-damaged"],
    ],
    "an entry within another's bytes": [
      zipOf([
        { name: "1_a.sql", text: zipOf([{ ...A, name: "2_b.sql" }]) },
        { ...A, name: "2_b.sql", offset: 30 + "1_a.sql".length },
      ]),
      ["archive-damaged"],
    ],
    "an entry outside": [zipOf([{ ...A, offset: 9999 }]), ["archive-damaged"]],
    "a directory that counts too few": [zipOf([A, { ...A, name: "2_b.sql" }], 1), ["archive-damaged"]],
    "a directory that counts too many": [zipOf([A], 2), ["archive-damaged"]],
    "too large an archive": [zipOf([A]), ["archive-too-large"], { ...ARCHIVE_LIMITS, archive_bytes: 20 }],
    "too many entries": [
      zipOf([A, { ...A, name: "2_b.sql" }]),
      ["archive-too-many-entries"],
      { ...ARCHIVE_LIMITS, entries: 1 },
    ],
    "too large a file": [zipOf([A]), ["archive-inflates"], { ...ARCHIVE_LIMITS, file_bytes: 9 }],
    "too much together": [
      zipOf([A, { ...A, name: "2_b.sql" }]),
      ["archive-inflates"],
      { ...ARCHIVE_LIMITS, total_bytes: 19 },
    ],
    "too good a compression": [plainZip({ "1_a.sql": big }), ["archive-ratio"], { ...small, ratio: 20 }],
    "every fault of the names at once": [
      zipOf([
        { ...A, name: "../1_a.sql" },
        { ...A, name: "/2_b.sql" },
        { ...A, name: "3_c.sql", mode: 0o120777 },
      ]),
      ["archive-parent-path", "archive-absolute-path", "archive-link"],
    ],
    "every fault of the bytes at once": [
      zipOf([
        { ...A, crc: 1 },
        { ...A, name: "2_b.sql", crc: 2 },
      ]),
      ["archive-crc", "archive-crc"],
    ],
  };
  test.each(Object.entries(CASES))("%s", async (_, [archive, wanted, limits]) => {
    expect(await codes(archive, limits)).toEqual(wanted);
  });

  test("what was cut off, at whatever length", async () => {
    const { bytes } = await written();
    const found = new Set<string>();
    for (let length = 4; length < bytes.length; length += 7) {
      for (const code of await codes(bytes.subarray(0, length))) found.add(code);
    }
    expect(found).toEqual(new Set(["archive-truncated"]));
  });

  test("a bomb, without inflating it", async () => {
    const bomb = packedOf("0".repeat(200 * 2 ** 20));
    const honest = zipOf([{ name: "1_a.sql", packed: bomb, method: 8, size: 200 * 2 ** 20 }]);
    expect(await codes(honest)).toEqual(["archive-inflates", "archive-ratio"]);
    const [lie] = await faultsOfPromise(() =>
      readArchive(zipOf([{ name: "1_a.sql", packed: bomb, method: 8, size: 10 }])),
    );
    expect(lie?.message).toBe("1_a.sql has 10 bytes by the archive's directory, and more in truth.");
  });
});

describe("a manifest", () => {
  const around = async (change: (entries: ZipEntry[]) => readonly ZipEntry[]): Promise<Buffer> => {
    const { bundle } = await written();
    const entries = Object.entries(TEXTS).map(([name, text]): ZipEntry => ({ name, text }));
    return zipOf(change([{ name: "manifest.json", text: bundle.manifest }, ...entries]));
  };
  const edited = (edit: (manifest: Record<string, unknown>) => void) =>
    around(([manifest, ...rest]) => {
      const json = JSON.parse(String(manifest?.text));
      edit(json);
      return [{ name: "manifest.json", text: `${JSON.stringify(json, null, 1)}\n` }, ...rest];
    });

  test("that fits is taken", async () => {
    expect(readArchived(await readArchive(await around((all) => all)), from).digest).toBe(folder.digest);
  });

  test("that lists a file which is not there", async () => {
    expect(await codes(await around((all) => all.slice(0, -1)))).toEqual(["manifest-file-missing"]);
  });

  test("that does not list a file which is there", async () => {
    const more = [
      { ...A, name: "9_x.sql" },
      { name: "README.md", text: "" },
    ];
    expect(await codes(await around((all) => [...all, ...more]))).toEqual([
      "manifest-file-extra",
      "manifest-file-extra",
    ]);
  });

  test("of another file, or of another size", async () => {
    const other = (text: string) =>
      around(([manifest, first, ...rest]) => [manifest, { ...first, text }, ...rest] as ZipEntry[]);
    const same = TEXTS["001_rooms.sql"].replace("rooms", "vooms");
    expect(await codes(await other(same))).toEqual(["manifest-file-differs"]);
    expect(await codes(await other(`${same} `))).toEqual(["manifest-file-differs"]);
  });

  test("that is none", async () => {
    for (const text of ["", "[]", "null", "{", '{"format":2}', '{"format":1}', "\u00ff"]) {
      const archive = await around(([, ...rest]) => [
        { name: "manifest.json", text: Buffer.from(text, "latin1") },
        ...rest,
      ]);
      expect(await codes(archive), text).toEqual(["manifest-invalid"]);
    }
    expect(await codes(await edited((json) => Object.assign(json, { name: "../x" })))).toEqual([
      "manifest-invalid",
    ]);
    expect(await codes(await edited((json) => Object.assign(json, { version: 1 })))).toEqual([
      "manifest-invalid",
    ]);
    expect(await codes(await edited(({ files }) => (files as unknown[]).push({})))).toEqual([
      "manifest-invalid",
    ]);
    expect(
      await codes(await edited(({ files }) => (files as unknown[]).push((files as unknown[])[0]))),
    ).toEqual(["manifest-invalid"]);
  });

  test("of other migrations than the files make", async () => {
    const archive = await readArchive(await edited((json) => Object.assign(json, { migrations: [] })));
    expect(faultsOf(() => readArchived(archive, from)).map(({ code }) => code)).toEqual(["manifest-differs"]);
  });
});

describe("a pin", () => {
  test("of the digest or of the name is held against the bundle", async () => {
    const archive = await readArchive((await written()).bytes);
    const of = (name: string | null, digest: string | null) =>
      faultsOf(() => readArchived(archive, { ...from, name }, { archive_sha256: null, digest })).map(
        ({ code }) => code,
      );
    expect(of("facilities", folder.digest.toUpperCase())).toEqual([]);
    expect(of(null, "0".repeat(64))).toEqual(["bundle-digest-differs"]);
    expect(of("paws360", null)).toEqual(["bundle-name-differs"]);
  });
});
