import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findPassword, passwordFromFile } from "#io/password_file.ts";

const key = { host: "db", port: 5432, database: "school", user: "ann" };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pgpass-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("takes the first line that fits, with * for everything", () => {
  const text =
    "#db:5432:school:ann:comment\ndb:5432:other:ann:no\n*:*:school:*:first\ndb:5432:school:ann:second\n";
  expect(findPassword(text, key)).toBe("first");
  expect(findPassword("db:5432:school:bob:x", key)).toBeNull();
  expect(findPassword("db:5432:school:ann:", key)).toBeNull();
  expect(findPassword("", key)).toBeNull();
  expect(findPassword("#db:5432:school:ann:x", { ...key, host: "#db" })).toBeNull();
});

it("knows escaped colons, backslashes and stars, and the line ends of Windows", () => {
  expect(findPassword("db:5432:school:ann:a\\:b\\\\c\r\nx", key)).toBe("a:b\\c");
  expect(findPassword("\\*:5432:school:ann:x", key)).toBeNull();
  expect(findPassword("\\::5432:school:ann:x", { ...key, host: ":" })).toBe("x");
});

it("has a socket under localhost", () => {
  expect(findPassword("localhost:5432:school:ann:x", { ...key, host: "/tmp" })).toBe("x");
});

it.skipIf(process.platform === "win32")("passes over a file that others may read, and says so", () => {
  const file = join(folder, "pgpass");
  writeFileSync(file, "*:*:*:*:secret\n");
  chmodSync(file, 0o600);
  expect(passwordFromFile(file, key)).toEqual({ password: "secret", ignored: null });
  chmodSync(file, 0o640);
  expect(passwordFromFile(file, key)).toMatchObject({
    password: null,
    ignored: expect.stringContaining("0600"),
  });
  expect(passwordFromFile(folder, key)).toMatchObject({ password: null, ignored: expect.any(String) });
  expect(passwordFromFile(join(folder, "none"), key)).toEqual({ password: null, ignored: null });
});
