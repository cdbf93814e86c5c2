/** Codex (0.169.0) in a repository, with a scripted model behind it and no network: one prompt, and its process ends. */
import { join } from "node:path"
import { put, type World } from "../../support/cli.ts"
import { type Running, start } from "../../support/processes.ts"
import type { ModelServer } from "../model/ModelServer.ts"
import { installed } from "./Installed.ts"

/** The client's program, where this machine has it. */
export const codexProgram = installed("NEXUS_E2E_CODEX", "codex")

/** A model that the client knows, and offers its tools one by one. */
export const codexModel = "gpt-5.5"

/** A newer one, to which it offers one tool: a script that calls the others. */
export const scriptingModel = "gpt-6-astra"

/** Its hooks in a repository count only where a person trusts the folder. */
const settingsFor = (repository: string, model: ModelServer): string =>
  `model = "${codexModel}"
model_provider = "scripted"
check_for_update_on_startup = false

[model_providers.scripted]
name = "Scripted"
base_url = "${model.url}/v1"
wire_api = "responses"
env_key = "SCRIPTED_KEY"

[projects."${repository}"]
trust_level = "trusted"
`

export interface CodexOptions {
  /** Whether a person has reviewed the hooks, which is otherwise done in the client's own screen. */
  readonly reviewed?: boolean
  readonly model?: string
  readonly env?: Readonly<Record<string, string>>
}

/** `codex exec`. */
export const runCodex = (
  world: World,
  repository: string,
  model: ModelServer,
  prompt: string,
  { reviewed = true, model: name = codexModel, env = {} }: CodexOptions = {}
): Running => {
  put(join(world.user, ".codex/config.toml"), settingsFor(repository, model))
  return start(
    codexProgram ?? "codex",
    [
      "exec",
      "--dangerously-bypass-approvals-and-sandbox",
      ...(reviewed ? ["--dangerously-bypass-hook-trust"] : []),
      "--model",
      name,
      prompt
    ],
    {
      cwd: repository,
      env: {
        ...world.env,
        PWD: repository,
        CODEX_HOME: join(world.user, ".codex"),
        SCRIPTED_KEY: "none",
        // Whoever runs the tests may be at work in a client of their own.
        CLAUDECODE: undefined,
        OPENCODE: undefined,
        GEMINI_CLI: undefined,
        ...env
      }
    }
  )
}
