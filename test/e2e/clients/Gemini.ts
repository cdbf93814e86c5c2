/** Gemini CLI (0.61.0) in a repository, with a scripted model behind it and no network: one prompt, and its process ends. */
import { join } from "node:path"
import { put, type World } from "../../support/cli.ts"
import { type Running, start } from "../../support/processes.ts"
import type { ModelServer } from "../model/ModelServer.ts"
import { installed } from "./Installed.ts"

/** The client's program, where this machine has it: a script for Node, which is run on the Node of these tests. */
export const geminiProgram = installed("NEXUS_E2E_GEMINI", "gemini")

/** Asked for by name, for otherwise it lets a model choose the model. */
export const geminiModel = "gemini-2.5-pro"

const settings = {
  security: { auth: { selectedType: "gemini-api-key" }, folderTrust: { enabled: true } },
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false }
}

export interface GeminiOptions {
  /** Whether a person trusts the folder, which is otherwise said in the client's own screen. */
  readonly trusted?: boolean
  readonly env?: Readonly<Record<string, string>>
}

/** `gemini -p`. */
export const runGemini = (
  world: World,
  repository: string,
  model: ModelServer,
  prompt: string,
  { trusted = true, env = {} }: GeminiOptions = {}
): Running => {
  put(join(world.user, ".gemini/settings.json"), JSON.stringify(settings))
  put(
    join(world.user, ".gemini/trustedFolders.json"),
    JSON.stringify({ [repository]: trusted ? "TRUST_FOLDER" : "DO_NOT_TRUST" })
  )
  return start(
    process.execPath,
    [geminiProgram ?? "gemini", ...(trusted ? ["--yolo"] : []), "--model", geminiModel, "-p", prompt],
    {
      cwd: repository,
      env: {
        ...world.env,
        PWD: repository,
        GOOGLE_GEMINI_BASE_URL: model.url,
        GEMINI_API_KEY: "none",
        // Whoever runs the tests may be at work in a client of their own.
        CLAUDECODE: undefined,
        OPENCODE: undefined,
        CODEX_SESSION_ID: undefined,
        CODEX_THREAD_ID: undefined,
        ...env
      }
    }
  )
}
