/** What is configured here, and who says so. */
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Nexus } from "../Nexus.ts"
import { Repositories } from "../ports/Repositories.ts"
import { lineAt, type Said, textOf, within } from "./ConfigFile.ts"
import type { GateSettings } from "./GateSettings.ts"
import { isKnown, suggestion } from "./Keys.ts"
import { held, layersOf, type Origin, projectFile, refusal, said } from "./Layers.ts"
import { isKey, type Key, keys, settingOf } from "./Settings.ts"
import { timeText } from "./Times.ts"
import { fields } from "./workspace/Fields.ts"

export class SettingUnknown extends Schema.TaggedError<SettingUnknown>()("SettingUnknown", {
  key: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `There is no setting ${this.key}.`
  }
}

/** Fails with a hint at what was meant. */
export const settingUnknown = (key: string) =>
  new SettingUnknown({ key, hint: suggestion(key).trim() || "List them: nexus config show" })

/** A value that a setting can't have. */
export class SettingWrong extends Schema.TaggedError<SettingWrong>()("SettingWrong", { message: Schema.String }) {}

export interface Shown {
  readonly key: string
  /** As it would be written in a file. */
  readonly value: unknown
  readonly origin: Origin
  /** Of the file of its origin. */
  readonly line?: number
  /** "" for gates. */
  readonly description: string
}

/** `options`: "KEY=VALUE", which hold for this question only. Fails with SettingUnknown, SettingWrong, ConfigUnreadable. */
export const shown = (options: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { user, project, checkout } = yield* paths
    const layers = yield* layersOf({
      userFile: user.file,
      checkout,
      environment: process.env,
      options: yield* optionsOf(options)
    })
    const place = (origin: Origin, key: string): Pick<Shown, "origin" | "line"> => {
      const line = "file" in origin ? lineOf(origin.file, key) : undefined
      return { origin, ...(line === undefined ? {} : { line }) }
    }
    const single = keys.map((key): Shown => {
      const { written, origin } = held(layers, key)
      return { key, value: written, description: settingOf(key).description, ...place(origin, key) }
    })
    const gates = Object.entries(layers.gates).map(([name, gate]): Shown => {
      const kind = gate.origin === project?.file ? "project" : "user"
      const key = `gates.${name}`
      return { key, value: written(gate), description: "", ...place({ kind, file: gate.origin }, key) }
    })
    const workspace = (["user", "project"] as const).flatMap((kind) =>
      Object.entries(layers.workspace[kind].written).map(([name, value]): Shown => {
        const key = `workspace.${name}`
        const file = kind === "user" ? user.file : (project?.file ?? "")
        return { key, value, description: fields[name]?.description ?? "", ...place({ kind, file }, key) }
      })
    )
    return [...single, ...gates, ...workspace]
  })

/** One setting, or one gate. */
export const find = (key: string, options: ReadonlyArray<string>) =>
  Effect.flatMap(shown(options), (all): Effect.Effect<Shown, SettingUnknown | SettingWrong> => {
    const found = all.find((one) => one.key === key) ?? partOf(all, key)
    if (found !== undefined) return Effect.succeed(found)
    return isKnown(key) ? new SettingWrong({ message: `${key} is not set.` }) : settingUnknown(key)
  })

/** What is shown as part of something larger, such as one variable. */
const partOf = (all: ReadonlyArray<Shown>, key: string): Shown | undefined => {
  const whole = all.findLast((one) => key.startsWith(`${one.key}.`))
  const value = whole === undefined ? undefined : within(whole.value, key.slice(whole.key.length + 1).split("."))
  return whole === undefined || value === undefined ? undefined : { ...whole, key, value }
}

/** The files that settings may stand in; `project` is null outside of any checkout. */
export const paths = Effect.gen(function* () {
  const { home, cwd } = yield* Nexus
  const checkout = (yield* Repositories).checkoutOf(cwd)?.path
  const file = (path: string) => ({ file: path, exists: existsSync(path) })
  return {
    checkout,
    user: file(home.config),
    project: checkout === undefined ? null : file(projectFile(checkout))
  }
})

const optionsOf = (
  options: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<Key, Said>, SettingUnknown | SettingWrong> =>
  Effect.gen(function* () {
    const found = new Map<Key, Said>()
    for (const option of options) {
      const [, key, text] = /^([^=]*)=([^]*)$/.exec(option) ?? []
      if (key === undefined || text === undefined)
        return yield* new SettingWrong({ message: `--set is KEY=VALUE, not ${JSON.stringify(option)}` })
      if (!isKey(key) && isKnown(key))
        return yield* new SettingWrong({ message: `--set ${key}: gates and workspaces stand in files only.` })
      if (!isKey(key)) return yield* settingUnknown(key)
      const one = said(key, text)
      if (Option.isNone(one)) return yield* new SettingWrong({ message: refusal(key, text) })
      found.set(key, one.value)
    }
    return found
  })

const written = (setting: GateSettings[string]): unknown => {
  const timeout = setting.timeout === undefined ? {} : { timeout: timeText(setting.timeout) }
  if ("command" in setting) return { command: setting.command, ...timeout }
  return setting.off ? false : { ...setting.options, ...timeout }
}

/** From 1. */
const lineOf = (file: string, key: string): number | undefined => {
  const text = Either.getOrElse(textOf(file), () => undefined)
  return text === undefined ? undefined : lineAt(text, key.split("."))
}
