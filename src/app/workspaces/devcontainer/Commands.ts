/** Lifecycle commands, as hooks: text for a shell, a program and its arguments, or several with names, run one after the other. */
import { piecesOf, type Reference } from "../../../domain/workspace/References.ts"
import type { Hook, HookStage, Variable } from "../../../domain/workspace/Spec.ts"
import type { Place } from "./Place.ts"
import type { Part } from "./Reading.ts"

/** In this order, after which stage they belong to. */
const stages: ReadonlyArray<readonly [string, HookStage]> = [
  ["onCreateCommand", "setup"],
  ["updateContentCommand", "setup"],
  ["postCreateCommand", "setup"],
  ["postStartCommand", "start"]
]

/** Milliseconds; installing what a project needs takes long. */
const limit = 30 * 60_000

export const commands: Part = (whole, { nested }) => {
  const all = stages.flatMap(([key, stage]) => hooksOf(whole.at(key), key, stage))
  const hooks = all.map(({ hook }) => hook)
  const variables = Object.assign({}, ...all.map((one) => one.variables)) as Record<string, Variable>
  const asRoot = hooks.filter(({ command }) => /(?:^|[\s;&|])sudo\s/.test([command].flat().join(" ")))
  return {
    layer: { ...(hooks.length === 0 ? {} : { hooks }), variables },
    notes: [
      ...(whole.at("initializeCommand") === undefined
        ? []
        : ["initializeCommand is not run: it is for this machine itself, outside of the workspace."]),
      ...(whole.at("postAttachCommand") === undefined
        ? []
        : ["postAttachCommand is not run: nothing attaches to a workspace."]),
      ...(nested || asRoot.length === 0
        ? []
        : [
            `${asRoot.map(({ name }) => name).join(", ")}: sudo gains no rights in a workspace. What needs root belongs into the image.`
          ])
    ]
  }
}

interface Read {
  readonly hook: Hook
  readonly variables: Readonly<Record<string, Variable>>
}

const hooksOf = (place: Place | undefined, name: string, stage: HookStage): ReadonlyArray<Read> => {
  if (place === undefined) return []
  if (place.isObject) return place.entries().flatMap(([key, inner]) => hooksOf(inner, `${name}.${key}`, stage))
  if (!place.isList) {
    const text = place.text()
    return text.trim() === "" ? [] : [read(name, stage, inShell(text), variablesIn([text]))]
  }
  const words = place.items().map((item) => item.text())
  const [first, ...rest] = words
  if (first === undefined) return []
  const variables = variablesIn(words)
  return [read(name, stage, words.some(refers) ? words.map(quoted).join(" ") : ([first, ...rest] as const), variables)]
}

const read = (name: string, stage: HookStage, command: Hook["command"], variables: Read["variables"]): Read => ({
  hook: { stage, name, command, timeoutMs: limit },
  variables
})

const refers = (text: string): boolean => piecesOf(text).some((piece) => typeof piece !== "string")

/** What a command refers to is among its variables when it runs; nothing of it gets into the text of the command, or the log. */
const inShell = (text: string): string =>
  piecesOf(text)
    .map((piece) => (typeof piece === "string" ? piece : shellOf(piece)))
    .join("")

const quoted = (word: string): string =>
  `"${piecesOf(word)
    .map((piece) => (typeof piece === "string" ? piece.replaceAll(/[\\"$`]/g, String.raw`\$&`) : shellOf(piece)))
    .join("")}"`

const shellOf = (reference: Reference): string => {
  const fallback = "fallback" in reference ? reference.fallback : undefined
  return `\${${variableOf(reference)}${fallback === undefined ? "" : `:-${fallback.replaceAll(/[\\"$`}]/g, String.raw`\$&`)}`}}`
}

const variableOf = (reference: Reference): string => {
  switch (reference.kind) {
    case "folder":
      return "containerWorkspaceFolder"
    case "basename":
      return "containerWorkspaceFolderBasename"
    case "id":
      return "devcontainerId"
    case "inside":
      return reference.name
    case "outside":
      return `localEnv_${reference.name}`
  }
}

const variablesIn = (texts: ReadonlyArray<string>): Read["variables"] => {
  const variables: Record<string, Variable> = {}
  for (const piece of texts.flatMap(piecesOf)) {
    if (typeof piece === "string" || piece.kind === "inside") continue
    variables[variableOf(piece)] =
      piece.kind === "outside" ? { fromEnvironment: piece.name, fallback: "" } : { text: `\${${variableOf(piece)}}` }
  }
  return variables
}
