/** Claude Code in a repository, with a scripted model behind it and no network: one prompt, and its process ends. */
import { join } from "node:path"
import { put, type World } from "../../support/cli.ts"
import { type Running, start } from "../../support/processes.ts"
import type { ModelServer } from "../model/ModelServer.ts"
import { installed } from "./Installed.ts"

/** The client's program, where this machine has it. */
export const claudeProgram = installed("NEXUS_E2E_CLAUDE", "claude")

/** What the client is told to ask for: it warns of names that it does not know. */
export const claudeModel = "claude-opus-5-5"

/** `claude -p`, with `args` beside the prompt. */
export const runClaude = (
  world: World,
  repository: string,
  model: ModelServer,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Running => {
  put(join(world.user, ".claude.json"), JSON.stringify({ hasCompletedOnboarding: true }))
  return start(
    claudeProgram ?? "claude",
    ["-p", "--permission-mode", "bypassPermissions", "--model", claudeModel, ...args],
    {
      cwd: repository,
      env: {
        ...world.env,
        PWD: repository,
        ANTHROPIC_BASE_URL: model.url,
        ANTHROPIC_API_KEY: "none",
        DISABLE_TELEMETRY: "1",
        DISABLE_AUTOUPDATER: "1",
        DISABLE_ERROR_REPORTING: "1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        // It lets no administrator pass over permissions elsewhere.
        IS_SANDBOX: "1",
        // Whoever runs the tests may be at work in this client.
        CLAUDECODE: undefined,
        CLAUDE_CODE_SESSION_ID: undefined,
        ...env
      }
    }
  )
}
