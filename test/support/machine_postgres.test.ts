import { afterEach, expect, inject, it, vi } from "vitest";
import { onServer } from "./database.ts";
import { machineBinaries, reportMissing } from "./machine_postgres.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it("runs the suites on the server that the project is named after", async () => {
  const { rows } = await onServer("SHOW server_version");
  expect(Number.parseInt(rows[0].server_version, 10)).toBe(inject("server").binDir === null ? 18 : 15);
});

it("finds no server that is not there", () => {
  expect(machineBinaries(99)).toBeNull();
});

it("says what is missing and what to do, and fails in CI", () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  vi.stubEnv("CI", "");
  reportMissing(99);
  expect(write).toHaveBeenCalledWith(
    expect.stringMatching(/SKIPPED {2}PostgreSQL 99 is not .* postgresql-99/),
  );
  vi.stubEnv("CI", "true");
  expect(() => reportMissing(99)).toThrow(/PostgreSQL 99 is not .* postgresql-99/);
});
