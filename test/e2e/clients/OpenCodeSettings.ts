/** How OpenCode (1.18.33) is set up for a scripted model, with nothing beyond this machine. */
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { put, type World } from "../../support/cli.ts"
import type { ModelServer } from "../model/ModelServer.ts"

const place = join(import.meta.dirname, "../node_modules/opencode-linux-x64/bin/opencode")

/** The client's program: the one that is asked for, else the one that `npm run test:e2e` installs. */
export const openCodeProgram: string | undefined =
  process.env["NEXUS_E2E_OPENCODE"] ?? (existsSync(place) ? place : undefined)

/** The scripted model, as the client names it. */
export const openCodeModel = "scripted/model-1"

const settingsFor = (model: ModelServer) => ({
  autoupdate: false,
  share: "disabled",
  snapshot: false,
  lsp: false,
  formatter: false,
  model: openCodeModel,
  small_model: openCodeModel,
  enabled_providers: ["scripted"],
  provider: {
    scripted: {
      npm: "@ai-sdk/openai-compatible",
      name: "Scripted",
      options: { baseURL: `${model.url}/v1`, apiKey: "none" },
      models: { "model-1": { name: "Model 1", tool_call: true, limit: { context: 100_000, output: 4000 } } }
    }
  }
})

/** `settings`: beside those that the tests need. */
export const environmentFor = (world: World, repository: string, model: ModelServer, settings: object = {}) => ({
  ...world.env,
  // The client takes this for the folder that it is started in, before that itself.
  PWD: repository,
  XDG_STATE_HOME: join(world.user, "state"),
  OPENCODE_CONFIG_CONTENT: JSON.stringify({ ...settingsFor(model), ...settings }),
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_MODELS_FETCH: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
  OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
  NEXUS_OPENCODE_DEBOUNCE_MS: "100",
  // Whoever runs the tests may be at work in a client of their own.
  OPENCODE: undefined,
  CLAUDECODE: undefined
})

/**
 * What the client finds in the user's folder of its configuration, so that it does not install its plugins' library there: without
 * a network it would wait for that for ever. In the repository, `nexus init` sees to it.
 */
export const pretendInstalled = (world: World): void => {
  const folder = join(world.user, "config", "opencode")
  const dependencies = { "@opencode-ai/plugin": "1.18.33" }
  mkdirSync(join(folder, "node_modules"), { recursive: true })
  put(join(folder, "package.json"), JSON.stringify({ dependencies }))
  put(join(folder, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages: { "": { dependencies } } }))
}
