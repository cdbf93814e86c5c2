/** What is configured, as the rest of the program uses it; src/app/config/ has how it comes about, docs/config.md all settings. */
import * as Either from "effect/Either"
import { defaultLimits, type Limits } from "../domain/boulder/Limits.ts"
import type { ConfigUnreadable } from "./config/ConfigUnreadable.ts"
import type { GateSettings } from "./config/GateSettings.ts"
import { type Layers, layersOf, type Sources } from "./config/Layers.ts"
import { type Key, settings, type Values } from "./config/Settings.ts"

export interface Config {
  /** `full`: prompts are kept; `hash`: only their hash; `off`: only that there was one. */
  readonly prompts: Values["capture.prompts"]
  readonly gates: GateSettings
  readonly enforcer: {
    /** `observe`: decides and records, but never continues. */
    readonly mode: Values["enforcer.mode"]
    /** Whether `nexus task start` in an agent's own shell arms a run for that conversation. */
    readonly armOnStart: boolean
    /** The names of the gates that a run needs; null: all that the project has. */
    readonly gates: ReadonlyArray<string> | null
    /** Whether subagents are held to a run as well. */
    readonly subagents: boolean
    readonly limits: Limits
  }
  readonly workspace: {
    /** Whether a process looks after workspaces. */
    readonly keeper: boolean
    /** Milliseconds; null: never. */
    readonly idleStop: number | null
    readonly everyEdits: number | null
    readonly beforeRisk: boolean
    /** Milliseconds. */
    readonly patience: number
  }
}

/** What holds for a checkout (none: for the user). Files that are not there count as empty. */
export const load = (
  userFile: string,
  checkout: string | undefined,
  environment: Sources["environment"] = process.env
): Either.Either<Config, ConfigUnreadable> => Either.map(layersOf({ userFile, checkout, environment }), configOf)

/**
 * For hooks, which cannot stop and ask: with a configuration that can't be read, prompts are not kept, and no agent is told to
 * go on.
 */
export const loadSafely = (
  userFile: string,
  checkout: string | undefined,
  environment: Sources["environment"] = process.env
): Config => Either.getOrElse(load(userFile, checkout, environment), () => cautious)

/** The same, with what is wrong. */
export const loadTold = (
  userFile: string,
  checkout: string | undefined
): { readonly config: Config; readonly problem: string | null } =>
  Either.match(load(userFile, checkout), {
    onLeft: ({ message }) => ({ config: cautious, problem: message }),
    onRight: (config) => ({ config, problem: null })
  })

const configOf = (layers: Omit<Layers, "workspace">): Config => {
  const value = <K extends Key>(key: K): Values[K] =>
    (layers.settings.has(key) ? layers.settings.get(key)?.value : settings[key].default) as Values[K]
  const limits = Object.fromEntries(
    (Object.keys(defaultLimits) as ReadonlyArray<keyof Limits>).map((name) => [name, value(`enforcer.limits.${name}`)])
  ) as unknown as Limits
  return {
    prompts: value("capture.prompts"),
    gates: layers.gates,
    enforcer: {
      mode: value("enforcer.mode"),
      armOnStart: value("enforcer.armOnStart"),
      gates: value("enforcer.gates"),
      subagents: value("enforcer.subagents"),
      limits
    },
    workspace: {
      keeper: value("workspace.keeper"),
      idleStop: value("workspace.idleStop"),
      everyEdits: value("workspace.checkpointEveryEdits"),
      beforeRisk: value("workspace.checkpointBeforeRisk"),
      patience: value("workspace.checkpointPatience")
    }
  }
}

const defaults = configOf({ settings: new Map(), gates: {} })
const cautious: Config = { ...defaults, prompts: "hash", enforcer: { ...defaults.enforcer, mode: "off" } }
