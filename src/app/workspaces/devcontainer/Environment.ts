/** `containerEnv` and `remoteEnv`, and as whom programs run. */
import { piecesOf } from "../../../domain/workspace/References.ts"
import type { Variable } from "../../../domain/workspace/Spec.ts"
import type { Place } from "./Place.ts"
import type { Part } from "./Reading.ts"

export const environment: Part = (whole) => {
  const container = variablesIn(whole.at("containerEnv"))
  const remote = variablesIn(whole.at("remoteEnv"), whole.at("containerEnv"))
  const secrets =
    whole
      .at("secrets")
      ?.entries()
      .map(([name]) => name) ?? []
  const missing = secrets.filter((name) => !(name in container) && !(name in remote))
  return {
    layer: { variables: { ...container, ...remote } },
    notes:
      missing.length === 0
        ? []
        : [
            `It expects secrets: ${missing.join(", ")}. Hand them over: ${missing.map((name) => `--env ${name}`).join(" ")}`
          ]
  }
}

/** `others`: what its values refer to before what the image sets. */
const variablesIn = (place: Place | undefined, others?: Place): Readonly<Record<string, Variable>> => {
  const variables: Record<string, Variable> = {}
  for (const [name, value] of place?.entries() ?? []) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw value.wrong(`${JSON.stringify(name)} can't be a variable.`)
    // null: it is to be unset, which one that nobody set is.
    if (value.isText) variables[name] = variableOf(withOthers(value.text(), others))
  }
  return variables
}

const withOthers = (text: string, others: Place | undefined): string =>
  text.replaceAll(/\$\{containerEnv:([^}:]+)(?::[^}]*)?\}/g, (written, name: string) => {
    const other = others?.at(name)
    return other?.isText === true ? other.text() : written
  })

/** One of this machine's environment is only referred to: its value is looked up at each start, and is in no log. */
export const variableOf = (text: string): Variable => {
  const pieces = piecesOf(text)
  const [only] = pieces
  if (pieces.every((piece) => typeof piece === "string")) return { value: text }
  return pieces.length === 1 && typeof only === "object" && only.kind === "outside"
    ? { fromEnvironment: only.name, fallback: only.fallback ?? "" }
    : { text }
}

/** The account whose name, home and shell commands get. Its number is the worktree's owner's, whose files must stay theirs. */
export const user: Part = (whole) => {
  const place = whole.at("remoteUser") ?? whole.at("containerUser")
  const name = place?.plain().trim() ?? ""
  if (place === undefined || name === "") return {}
  if (/^(?:root|0)(?::.*)?$/.test(name))
    return {
      notes: [
        `${place.name} ${name}: commands run as the owner of the worktree all the same, so that its files stay theirs. What needs root belongs into the image.`
      ]
    }
  if (!/^[\w][\w.-]*$/.test(name))
    throw place.wrong(`${place.name}: ${JSON.stringify(name)} is no user.`, "Such as: node.")
  const kept = whole.at("updateRemoteUserUID")
  return {
    layer: { user: name },
    notes:
      kept !== undefined && !kept.flag()
        ? [
            `updateRemoteUserUID: ${name} gets the number of the worktree's owner all the same, so that files stay theirs.`
          ]
        : []
  }
}
