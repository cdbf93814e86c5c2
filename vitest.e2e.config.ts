import { configDefaults, defineConfig } from "vitest/config"
import { claudeProgram } from "./test/e2e/clients/Claude.ts"
import { codexProgram } from "./test/e2e/clients/Codex.ts"
import { geminiProgram } from "./test/e2e/clients/Gemini.ts"
import { openCodeProgram } from "./test/e2e/clients/OpenCodeSettings.ts"
import { tmux } from "./test/e2e/clients/Screen.ts"

// The registry's OpenCode is for this platform; elsewhere it may be named by NEXUS_E2E_OPENCODE.
const hasOpenCode = openCodeProgram !== undefined || (process.platform === "linux" && process.arch === "x64")

/** The tests that drive real clients: npm run test:e2e. Each file starts a client of its own, which takes its time. */
export default defineConfig({
  test: {
    include: ["test/e2e/*.test.ts"],
    // A test that cannot run is no test here: none is skipped.
    exclude: [
      ...configDefaults.exclude,
      ...(claudeProgram === undefined ? ["test/e2e/Claude.test.ts"] : []),
      ...(claudeProgram === undefined || tmux === undefined ? ["test/e2e/ClaudeScreen.test.ts"] : []),
      ...(codexProgram === undefined ? ["test/e2e/Codex.test.ts"] : []),
      ...(geminiProgram === undefined ? ["test/e2e/Gemini.test.ts"] : []),
      ...(hasOpenCode ? [] : ["test/e2e/OpenCode.test.ts", "test/e2e/Boulder.test.ts"])
    ],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
    ...(process.env["CI"] === "true" ? { allowOnly: false } : {}),
    globalSetup: ["test/support/globalSetup.ts"]
  }
})
