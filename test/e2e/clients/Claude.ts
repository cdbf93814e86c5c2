/** Claude Code in a repository, with a scripted model behind it and no network: one prompt, and its process ends. */
import { join } from "node:path"
import { put, type World } from "../../support/cli.ts"
import { type Running, start } from "../../support/processes.ts"
import type { ModelServer } from "../model/ModelServer.ts"
import { installed } from "./Installed.ts"
import { openScreen, type Screen } from "./Screen.ts"

/** The client's program, where this machine has it. */
export const claudeProgram = installed("NEXUS_E2E_CLAUDE", "claude")

/** What the client is told to ask for: it warns of names that it does not know. */
export const claudeModel = "claude-opus-5-5"

const environmentFor = (world: World, repository: string, model: ModelServer) => ({
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
  CLAUDE_CODE_SESSION_ID: undefined
})

const flags = ["--permission-mode", "bypassPermissions", "--model", claudeModel]

/** `claude -p`, with `args` beside the prompt. */
export const runClaude = (
  world: World,
  repository: string,
  model: ModelServer,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Running => {
  put(join(world.user, ".claude.json"), JSON.stringify({ hasCompletedOnboarding: true }))
  return start(claudeProgram ?? "claude", ["-p", ...flags, ...args], {
    cwd: repository,
    env: { ...environmentFor(world, repository, model), ...env }
  })
}

/** Its terminal interface, of which a person has answered everything that it asks at its first start. */
export const openClaude = (world: World, repository: string, model: ModelServer): Promise<Screen> => {
  put(
    join(world.user, ".claude.json"),
    JSON.stringify({
      hasCompletedOnboarding: true,
      bypassPermissionsModeAccepted: true,
      customApiKeyResponses: { approved: ["none"], rejected: [] },
      projects: { [repository]: { hasTrustDialogAccepted: true } },
      // How long it is idle until it says so.
      messageIdleNotifThresholdMs: 1000
    })
  )
  const env = { ...environmentFor(world, repository, model), TERM: "xterm-256color" }
  return openScreen([claudeProgram ?? "claude", ...flags], { cwd: repository, env, folder: world.root })
}
