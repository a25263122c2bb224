import { defineConfig } from "vitest/config";
import { machineBinaries, reportMissing } from "./test/support/machine_postgres.ts";

/** They end what hangs. A machine that is busy with other work may take ten times as long as an idle one. */
const patience = { testTimeout: 180_000, hookTimeout: 300_000, expect: { poll: { timeout: 60_000 } } };

const shared = { ...patience, globalSetup: ["test/support/server.ts"] };

const AWS = "test/aws/**/*.test.ts";

const embedded = {
  test: { ...shared, name: "embedded", include: ["test/**/*.test.ts"], exclude: [AWS] },
};

// The functions in Lambda's own runtime, and on imitations of AWS that the set-up starts.
const aws = {
  test: {
    name: "aws",
    include: [AWS],
    globalSetup: ["test/aws/support/launcher.ts"],
    ...patience,
    testTimeout: 600_000,
    hookTimeout: 1_800_000,
  },
};

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
    projects: [embedded, ...(hasPostgres15 ? [postgres15] : []), aws],
    // Two cores, and tests that wait more than they compute.
    maxWorkers: 3,
    // Of the set-ups too: several servers are stopped.
    teardownTimeout: 120_000,
  },
});
