/** What holds of all that is said: defaults < the user's file < the project's < the environment < options of the command. */
import { join } from "node:path"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type Content, contentOf, type Said, textOf } from "./ConfigFile.ts"
import { ConfigUnreadable } from "./ConfigUnreadable.ts"
import type { GateSettings } from "./GateSettings.ts"
import { readings } from "./Kinds.ts"
import { type Key, keys, settingOf } from "./Settings.ts"
import { emptySection, type Section } from "./workspace/Section.ts"

/** Who says so. */
export type Origin =
  | { readonly kind: "default" }
  | { readonly kind: "user" | "project"; readonly file: string }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "option" }

export interface Held extends Said {
  readonly origin: Origin
}

export interface Layers {
  readonly settings: ReadonlyMap<Key, Held>
  readonly gates: GateSettings
  /** Of the user's and of the project's file: a workspace is what both say together. */
  readonly workspace: { readonly user: Section; readonly project: Section }
}

export interface Sources {
  readonly userFile: string
  /** The top of the checkout; undefined outside of any. */
  readonly checkout: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What the command line says, by key, in JSON. */
  readonly options?: ReadonlyMap<Key, Said>
}

export const projectFile = (checkout: string): string => join(checkout, ".nexus", "config.jsonc")

export const layersOf = (sources: Sources): Either.Either<Layers, ConfigUnreadable> =>
  Either.gen(function* () {
    const settings = new Map<Key, Held>()
    const take = (said: ReadonlyMap<Key, Said>, origin: Origin) =>
      said.forEach((one, key) => settings.set(key, { ...one, origin }))
    const user = yield* fromFile(sources.userFile)
    take(user.settings, { kind: "user", file: sources.userFile })
    let gates = user.gates
    let workspace = { user: user.workspace, project: emptySection }
    if (sources.checkout !== undefined) {
      const file = projectFile(sources.checkout)
      const project = yield* fromFile(file)
      take(project.settings, { kind: "project", file })
      gates = { ...gates, ...project.gates }
      workspace = { ...workspace, project: project.workspace }
    }
    for (const [key, held] of yield* fromEnvironment(sources.environment)) settings.set(key, held)
    if (sources.options !== undefined) take(sources.options, { kind: "option" })
    return { settings, gates, workspace }
  })

/** What holds of one setting, whether or not anybody says anything about it. */
export const held = ({ settings }: Layers, key: Key): Held => {
  const { kind, default: value } = settingOf(key)
  return settings.get(key) ?? { written: kind.encode(value), value, origin: { kind: "default" } }
}

/** What a text that is no JSON says about a setting; none when that is not allowed. */
export const said = (key: Key, text: string): Option.Option<Said> =>
  Option.firstSomeOf(
    readings(text).map((written) => Option.map(settingOf(key).kind.decode(written), (value) => ({ written, value })))
  )

/** What a setting may be, and that a text is nothing of the kind. */
export const refusal = (key: Key, text: string): string =>
  `${key} is ${settingOf(key).kind.allowed}, not ${JSON.stringify(text)}`

const nothing: Content = { settings: new Map(), gates: {}, workspace: emptySection }

const fromFile = (file: string): Either.Either<Content, ConfigUnreadable> =>
  Either.flatMap(textOf(file), (text) => (text === undefined ? Either.right(nothing) : contentOf(file, text)))

/** Only the variables that are known by their exact names count; an empty one counts as not set. */
const fromEnvironment = (
  environment: Sources["environment"]
): Either.Either<ReadonlyMap<Key, Held>, ConfigUnreadable> => {
  const found = new Map<Key, Held>()
  for (const key of keys) {
    const variable = settingOf(key).variables.find((name) => (environment[name] ?? "") !== "")
    if (variable === undefined) continue
    const text = environment[variable] ?? ""
    const one = said(key, text)
    if (Option.isNone(one)) return Either.left(new ConfigUnreadable({ source: variable, reason: refusal(key, text) }))
    found.set(key, { ...one.value, origin: { kind: "environment", variable } })
  }
  return Either.right(found)
}
