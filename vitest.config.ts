import { configDefaults, defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // They drive real clients: npm run test:e2e.
    exclude: [...configDefaults.exclude, "test/e2e/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Some tests start many processes of their own.
    maxWorkers: 2,
    // A skipped test is a failure where everything must run.
    ...(process.env["CI"] === "true" ? { allowOnly: false } : {}),
    globalSetup: ["test/support/globalSetup.ts"]
  }
})
