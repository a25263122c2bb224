import { defineConfig } from "vitest/config";

// What is timed through the machinery of the tests, which is read as it stands.
export default defineConfig({
  test: { globalSetup: ["test/support/server.ts"], include: ["bench/**/*.bench.ts"], fileParallelism: false },
});
