import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { ArchiveReport, PublishReport } from "#engine/report_files.ts";
import { readArchive } from "#io/bundles/archive.ts";
import { run } from "../../cli/run.ts";
import { s3Error, startEdge } from "../support/edge_stub.ts";
import { fakeInterrupt, fakeTerminal } from "../support/fake_terminal.ts";
import { expectValidReport } from "../support/report_schema.ts";
import { awsEnvironment, PLANTED, s3Bucket } from "../support/s3_edge.ts";
import { sqlFolder } from "../support/sql_folder.ts";
import { plainZip } from "../support/zip_bytes.ts";

const FILES = {
  "bundle.json": '{"name": "facilities", "version": "1.0.0"}',
  "1_rooms.sql": "CREATE TABLE rooms ();\n",
};
const UNNAMED = { "1_rooms.sql": "CREATE TABLE rooms ();\n" };

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "bundle-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
});

/** One command line, with its report; `env` is also the SDK's. */
async function command<R>(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const terminal = fakeTerminal([...words, "--json"], { cwd, env });
  const status = await run(terminal, fakeInterrupt());
  const report: unknown = JSON.parse(terminal.out());
  expectValidReport(report);
  for (const secret of Object.values(PLANTED)) expect(terminal.out() + terminal.err()).not.toContain(secret);
  return {
    status,
    report: report as R & { readonly error: { readonly code: string; readonly message: string } | null },
  };
}
const bundle = (...words: string[]) => command<ArchiveReport>(["bundle", ...words]);
const codeOf = async (...words: string[]) => (await command(words)).report.error?.code;

describe("bundle", () => {
  test("writes an archive that can be read, with its facts", async () => {
    const { status, report } = await bundle(sqlFolder(FILES), "--out", "x.zip");
    expect(status).toBe(0);
    expect(report).toMatchObject({
      file: "x.zip",
      written: true,
      bundle: { name: "facilities", version: "1.0.0" },
    });
    const bytes = readFileSync(join(cwd, "x.zip"));
    const archive = await readArchive(bytes);
    expect(report).toMatchObject({ archive_sha256: archive.archive_sha256, size: bytes.length });
    expect(archive.manifest?.digest).toBe(report.bundle?.digest);
    expect(readdirSync(cwd)).toEqual(["x.zip"]);
  });

  test("takes the place of an older archive, and of nothing else", async () => {
    await bundle(sqlFolder(FILES), "--out", "x.zip");
    expect((await bundle(sqlFolder(FILES), "--out", "x.zip")).report.written).toBe(false);
    const more = { ...FILES, "2_keys.sql": "CREATE TABLE keys ();\n" };
    expect((await bundle("--dir", sqlFolder(more), "--out", "x.zip")).report).toMatchObject({
      written: true,
      bundle: { migrations: 2 },
    });
    writeFileSync(join(cwd, "notes.txt"), "mine");
    expect(await codeOf("bundle", sqlFolder(FILES), "--out", "notes.txt")).toBe("file-exists");
    expect(readFileSync(join(cwd, "notes.txt"), "utf8")).toBe("mine");
    expect(await codeOf("bundle", sqlFolder(FILES), "--out", "none/x.zip")).toBe("unwritable-file");
    expect(await codeOf("bundle", sqlFolder(FILES))).toBe("bad-argument");
  });

  test("names what bundle.json does not, and contradicts it in nothing", async () => {
    const named = ["--name", "rooms", "--version", "1.2.0"];
    const { report } = await bundle(sqlFolder(UNNAMED), "--out", "x.zip", ...named);
    expect(report.bundle).toMatchObject({ name: "rooms", version: "1.2.0" });
    const again = await bundle("--bundle", "x.zip", "--out", "y.zip");
    expect(again.report).toMatchObject({
      archive_sha256: report.archive_sha256,
      bundle: { version: "1.2.0" },
    });
    const folder = sqlFolder(FILES);
    expect(await codeOf("bundle", folder, "--out", "z.zip", "--name", "rooms")).toBe("bad-argument");
    expect(await codeOf("bundle", folder, "--out", "z.zip", "--version", "2")).toBe("bad-argument");
    expect(await codeOf("bundle", folder, "--out", "z.zip", "--name", "a/b")).toBe("bad-argument");
    expect(await codeOf("bundle", sqlFolder(UNNAMED), "--out", "z.zip", "--version", "latest")).toBe(
      "bad-argument",
    );
    expect(existsSync(join(cwd, "z.zip"))).toBe(false);
  });

  test("puts nothing that check refuses into an archive", async () => {
    const wrong = { ...FILES, "2_keys.sql": "CREATE TABEL keys ();\n" };
    expect(await codeOf("bundle", sqlFolder(wrong), "--out", "x.zip")).toBe("syntax-error");
    const empty = { ...FILES, "2_keys.sql": "-- nothing yet\n" };
    expect(await codeOf("bundle", sqlFolder(empty), "--out", "x.zip", "--strict")).toBe("empty-migration");
    expect(existsSync(join(cwd, "x.zip"))).toBe(false);
    expect((await bundle(sqlFolder(empty), "--out", "x.zip")).report.warnings).toMatchObject([
      { code: "empty-migration" },
    ]);
  });
});

describe("--bundle", () => {
  test("reads a zip file, ours or a plain one", async () => {
    await bundle(sqlFolder(FILES), "--out", "x.zip");
    expect((await command<ArchiveReport>(["check", "--bundle", "x.zip"])).report.bundle).toMatchObject({
      name: "facilities",
      source: join(cwd, "x.zip"),
    });
    writeFileSync(join(cwd, "artifact.zip"), plainZip({ "rooms/1_rooms.sql": UNNAMED["1_rooms.sql"] }));
    const { report } = await command<ArchiveReport>(["check", "--bundle", "artifact.zip"]);
    expect(report.bundle).toMatchObject({ name: "rooms", version: null });
  });

  test("says what is wrong with it", async () => {
    writeFileSync(join(cwd, "x.zip"), "PK");
    expect(await codeOf("check", "--bundle", "x.zip")).toBe("not-an-archive");
    expect(await codeOf("status", "--bundle", "none.zip")).toBe("unreadable-file");
    expect(await codeOf("plan", "--bundle", "s3://x")).toBe("bad-argument");
    expect(await codeOf("check", "--bundle", "x.zip", "--dir", "y")).toBe("bad-argument");
    expect(await codeOf("check", "folder", "--bundle", "x.zip")).toBe("bad-argument");
    expect(await codeOf("check", "folder", "--dir", "y")).toBe("bad-argument");
  });

  test("is not taken by a verb that reads no bundle", async () => {
    for (const words of [["create", "x"], ["runs"], ["demo"], ["invoke", "apply", "--function", "f"]]) {
      expect(await codeOf(...words, "--bundle", "x.zip"), words[0]).toBe("bad-argument");
    }
    for (const words of [
      ["publish", "--bucket", "bundles-here"],
      ["bundle", "--out", "x.zip"],
    ]) {
      expect(await codeOf(...words, "--bundle", "s3://bundles-here/x"), words[0]).toBe("bad-argument");
    }
  });
});

describe("publish", () => {
  test("prints what pins the bundle, and once more for the same bytes", async () => {
    const env = await s3Bucket();
    const words = ["publish", sqlFolder(FILES), "--bucket", "bundles-here"];
    const first = await command<PublishReport>(words, env);
    expect(first.status).toBe(0);
    expect(first.report).toMatchObject({
      bucket: "bundles-here",
      written: true,
      published: {
        name: "facilities",
        version: "1.0.0",
        key: "bundles/facilities/1.0.0.zip",
        version_id: "v1",
        archive_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        digest: first.report.bundle?.digest,
      },
    });
    const second = await command<PublishReport>(words, env);
    expect(second).toMatchObject({
      status: 0,
      report: { written: false, published: first.report.published },
    });

    const other = sqlFolder({ ...FILES, "2_keys.sql": "CREATE TABLE keys ();\n" });
    const third = await command<PublishReport>(["publish", other, "--bucket", "bundles-here"], env);
    expect(third).toMatchObject({ status: 2, report: { error: { code: "bundle-version-exists" } } });
  });

  test("what it published is read by key, by version and as the latest", async () => {
    const env = await s3Bucket();
    await command(["publish", sqlFolder(FILES), "--bucket", "bundles-here"], env);
    const key = "s3://bundles-here/bundles/facilities";
    for (const at of [`${key}/1.0.0.zip`, `${key}/1.0.0.zip?versionId=v1`, `${key}/latest`]) {
      const { status, report } = await command<ArchiveReport>(["check", "--bundle", at], env);
      expect(status, JSON.stringify(report.error)).toBe(0);
      expect(report.bundle).toMatchObject({ source: `${key}/1.0.0.zip?versionId=v1`, name: "facilities" });
    }
    expect((await command(["check", "--bundle", `${key}/2.0.0.zip`], env)).report.error?.code).toBe(
      "bundle-absent",
    );
  });

  test("needs a name and a version from somewhere", async () => {
    const env = await s3Bucket();
    const publish = (...words: string[]) =>
      command<PublishReport>(["publish", "--bucket", "bundles-here", ...words], env);
    const { report } = await publish(sqlFolder(UNNAMED));
    expect(report.error?.message).toBe("bundle.json gives no name, and there is no --name.");
    expect(report.refusals.map(({ message }) => message)).toEqual([
      "bundle.json gives no name, and there is no --name.",
      "bundle.json gives no version, and there is no --version.",
    ]);
    const named = await publish(sqlFolder(UNNAMED), "--name", "rooms", "--version", "7f3c2a1");
    expect(named.report.published).toMatchObject({
      name: "rooms",
      version: "7f3c2a1",
      key: "bundles/rooms/7f3c2a1.zip",
    });
    expect((await publish("--bundle", "none.zip")).report.error?.code).toBe("unreadable-file");
  });

  test("takes an archive that was made before, with the name and version in it", async () => {
    const env = await s3Bucket();
    const made = await bundle(sqlFolder(UNNAMED), "--out", "x.zip", "--name", "rooms", "--version", "3");
    const { report } = await command<PublishReport>(
      ["publish", "--bundle", "x.zip", "--bucket", "bundles-here"],
      env,
    );
    expect(report.published).toMatchObject({
      key: "bundles/rooms/3.zip",
      archive_sha256: made.report.archive_sha256,
    });
  });

  test("says what stands in the way", async () => {
    const stub = await startEdge(s3Error(404, "NoSuchBucket"));
    onTestFinished(() => stub.close());
    const words = ["publish", sqlFolder(FILES), "--bucket", "bundles-here"];
    const { status, report } = await command<PublishReport>(words, awsEnvironment(stub.endpoint));
    expect({ status, code: report.error?.code }).toEqual({ status: 5, code: "no-such-bucket" });
    expect(await codeOf("publish", sqlFolder(FILES), "--bucket", "Not A Bucket")).toBe("bad-argument");
  });
});
