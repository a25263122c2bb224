import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Call } from "../../cli/call.ts";
import { bundleFolder } from "../../cli/source.ts";

let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "job-"));
  mkdirSync(join(cwd, "migrations", "school"), { recursive: true });
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const folder = (options: object, env: Record<string, string> = {}): string =>
  bundleFolder({ options, terminal: { env, cwd } } as unknown as Call);

it("is --dir, else MIGRATION_DIR, both from where the command runs", () => {
  expect(folder({ dir: "x" }, { MIGRATION_DIR: "y" })).toBe(join(cwd, "x"));
  expect(folder({}, { MIGRATION_DIR: "/y" })).toBe("/y");
});

it("is else the database's own below migrations where there is one", () => {
  expect(folder({}, { DB_NAME: "school" })).toBe(join(cwd, "migrations", "school"));
  expect(folder({ dbname: "school" })).toBe(join(cwd, "migrations", "school"));
  expect(folder({}, { DATABASE_URL: "postgres://h/school" })).toBe(join(cwd, "migrations", "school"));
  expect(folder({})).toBe(join(cwd, "migrations"));
});

it("is not led elsewhere by a database's name", () => {
  for (const name of ["..", ".", "../migrations/school", "school/.."]) {
    expect(folder({ dbname: name })).toBe(join(cwd, "migrations"));
  }
});
