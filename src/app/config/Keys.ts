/** The names of settings: which there are, and which one a mistyped one was meant to be. */
import { checkNames, optionNames } from "../gates/BuiltInSettings.ts"
import { nearest } from "../nearest.ts"
import { gateKeys, generalOf } from "./GateSettings.ts"
import { fieldKeys, generalField } from "./workspace/Fields.ts"
import { isKey, keys } from "./Settings.ts"

/** Of the gates that are built in, which are also switched on and off as a whole. */
export const builtInKeys: ReadonlyArray<string> = checkNames.flatMap((name) => [
  `gates.${name}`,
  ...optionNames(name).map((option) => `gates.${name}.${option}`)
])

/** What new workspaces of a project are like. */
export const workspaceKeys: ReadonlyArray<string> = fieldKeys.map((key) => `workspace.${key}`)

const general = (key: string): string => (key.startsWith("workspace.") ? generalField(key) : generalOf(key))

const known: ReadonlyArray<string> = [...keys, ...gateKeys, ...builtInKeys, ...workspaceKeys]

/** What settings lie in, such as "enforcer.limits". */
const groups: ReadonlyArray<string> = [
  ...new Set(
    known.flatMap((key) =>
      key.split(".").flatMap((_, index, words) => (index === 0 ? [] : [words.slice(0, index).join(".")]))
    )
  )
]

/** Whether a key can be set; whether a file may hold it may depend on what else it holds. */
export const isSettable = (key: string): boolean => isKnown(key) || builtInKeys.includes(key)

export const isKnown = (key: string): boolean => isKey(key) || [...gateKeys, ...workspaceKeys].includes(general(key))

/** " Did you mean …?", or one of the group that was named; "" where nothing is near. */
export const suggestion = (key: string): string => {
  const within = known.find((one) => one.startsWith(`${key}.`))
  if (within !== undefined) return ` It holds settings, such as ${within}.`
  const last = (one: string) => one.slice(one.lastIndexOf(".") + 1)
  const guess =
    nearest(key, [...known, ...groups]) ?? nearest(general(key), known) ?? known.find((one) => last(one) === last(key))
  return guess === undefined ? "" : ` Did you mean ${guess}?`
}
