import { defineConfig } from "vitest/config";
import { machineBinaries, reportMissing } from "./test/support/machine_postgres.ts";

const shared = {
  globalSetup: ["test/support/server.ts"],
  testTimeout: 60_000,
  hookTimeout: 120_000,
};

const embedded = { test: { ...shared, name: "embedded", include: ["test/**/*.test.ts"] } };

const DEPENDS_ON_SERVER = [
  "engine/outside",
  "engine/run",
  "engine/step",
  "engine/watch",
  "migrations",
  "support",
];

// What depends on the server's version runs once more on an older one.
const postgres15 = {
  test: {
    ...shared,
    name: "pg15",
    include: DEPENDS_ON_SERVER.map((folder) => `test/${folder}/**/*.test.ts`),
  },
};

const hasPostgres15 = machineBinaries(15) !== null;
if (!hasPostgres15) reportMissing(15);

export default defineConfig({
  test: {
    projects: hasPostgres15 ? [embedded, postgres15] : [embedded],
    // Two cores, and tests that wait more than they compute.
    maxWorkers: 3,
  },
});
