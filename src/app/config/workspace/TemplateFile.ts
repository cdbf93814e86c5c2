/** A template.jsonc: what the settings have under `workspace`, at its top, and a description. */
import * as Either from "effect/Either"
import { leaves, lineAt, valueOf, within } from "../ConfigFile.ts"
import { ConfigUnreadable } from "../ConfigUnreadable.ts"
import { nearest } from "../../nearest.ts"
import { fieldKeys, generalField } from "./Fields.ts"
import { type Section, sectionFrom } from "./Section.ts"

export interface TemplateFile extends Section {
  readonly description: string | undefined
}

const known = [...fieldKeys, "description", "$schema"]

/** `source`: what the text is called in what is told of it. */
export const contentOfTemplate = (source: string, text: string): Either.Either<TemplateFile, ConfigUnreadable> =>
  Either.gen(function* () {
    const value = yield* valueOf(source, text)
    const wrong = (path: ReadonlyArray<string>, reason: string) =>
      Either.left(new ConfigUnreadable({ source, reason: `line ${lineAt(text, path)}: ${reason}` }))
    for (const path of leaves(value)) {
      const key = generalField(path.join("."))
      if (!known.includes(key)) return yield* wrong(path, `there is no key ${path.join(".")}.${guess(path.join("."))}`)
    }
    const description = within(value, ["description"])
    if (description !== undefined && typeof description !== "string")
      return yield* wrong(["description"], `description is a text, not ${JSON.stringify(description)}`)
    const section = yield* Either.mapLeft(
      sectionFrom((key) => within(value, key.split(".")), ""),
      ({ key, reason }) => new ConfigUnreadable({ source, reason: `line ${lineAt(text, key.split("."))}: ${reason}` })
    )
    for (const [name, variable] of Object.entries(section.layer.variables ?? {}))
      if ("fromFile" in variable)
        return yield* wrong(
          ["env", name],
          `env.${name}: a template takes no files of this machine. Use fromEnvironment, or set it in the project's settings`
        )
    return { ...section, description }
  })

const guess = (key: string): string => {
  const within = known.find((one) => one.startsWith(`${key}.`))
  if (within !== undefined) return ` It holds keys, such as ${within}.`
  // What is under `workspace` in settings stands at the top of a template.
  const inner = key.replace(/^workspace\./, "")
  const near = known.includes(generalField(inner)) ? inner : nearest(generalField(key), known)
  return near === undefined ? "" : ` Did you mean ${near}?`
}
