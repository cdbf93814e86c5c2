import { defineConfig } from "vitest/config"

/** The tests that drive real clients: npm run test:e2e. Each file starts a client of its own, which takes its time. */
export default defineConfig({
  test: {
    include: ["test/e2e/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
    ...(process.env["CI"] === "true" ? { allowOnly: false } : {}),
    globalSetup: ["test/support/globalSetup.ts"]
  }
})
