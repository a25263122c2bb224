import { defineConfig } from "vitest/config";

/** The suites of test/storm/ in their long form; `npm test` runs the same files in their short one. */
export default defineConfig({
  test: {
    name: "storm",
    include: ["test/storm/**/*.test.ts"],
    globalSetup: ["test/support/server.ts"],
    env: { PAWS_STORM: "long" },
    testTimeout: 3_600_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 30_000 } },
    // What one suite measures or times must not depend on another's load.
    fileParallelism: false,
  },
});
