import { configDefaults, defineConfig } from "vitest/config"
import { provision } from "./scripts/provision.mjs"

const isCi = process.env["CI"] === "true"
// Only a look; under CI=true the set-up below installs and starts what is missing instead.
const lacks = isCi ? undefined : (await provision({ installs: false })).lacks
if (lacks !== undefined) process.stderr.write(`Left out: the tests that need a container engine. ${lacks}\n`)

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Those of e2e drive real clients: npm run test:e2e. A test that cannot run is no test here: none is skipped.
    exclude: [...configDefaults.exclude, "test/e2e/**", ...(lacks === undefined ? [] : ["test/**/Docker*.test.ts"])],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Some tests start many processes of their own.
    maxWorkers: 2,
    // A skipped test is a failure where everything must run.
    ...(isCi ? { allowOnly: false } : {}),
    globalSetup: ["test/support/globalSetup.ts", "test/support/provisionEngine.ts"]
  }
})
