/** What a workspace's programs find around them, and how scripts and editors get there. Secrets are never among it. */
import * as Effect from "effect/Effect"
import { referencesIn } from "../../domain/workspace/References.ts"
import type { Variable } from "../../domain/workspace/Spec.ts"
import { cleanText } from "../RedactPayload.ts"
import { Secrets } from "../ports/Secrets.ts"
import { find } from "./Find.ts"
import { portVariables } from "./PortVariables.ts"

export interface ShownVariable {
  readonly name: string
  /** Null where it is looked up when it is needed: `from` says where. */
  readonly value: string | null
  readonly from: { readonly environment: string } | { readonly file: string } | null
}

/** `own`: those of Nexus alone, which hold no secret and mean the same outside. */
export const variablesShown = (name: string) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const { redact } = yield* Secrets
    const own = Object.entries(portVariables(workspace)).map(([variable, value]): ShownVariable => ({
      name: variable,
      value,
      from: null
    }))
    const given = Object.entries(workspace.spec.variables).map(([variable, given]) =>
      shown(variable, given, (text) => cleanText(text, redact).text)
    )
    const names = new Set(given.map((one) => one.name))
    return { workspace, own, all: [...own.filter((one) => !names.has(one.name)), ...given] }
  })

const shown = (name: string, variable: Variable, clean: (text: string) => string): ShownVariable => {
  if ("fromEnvironment" in variable) return { name, value: null, from: { environment: variable.fromEnvironment } }
  if ("fromFile" in variable) return { name, value: null, from: { file: variable.fromFile } }
  if ("text" in variable) {
    const outside = referencesIn(variable.text).flatMap((one) => (one.kind === "outside" ? [one.name] : []))
    if (outside.length > 0) return { name, value: null, from: { environment: outside.join(", ") } }
  }
  const written = "text" in variable ? variable.text : variable.value
  // With its name: that tells a secret as well as its form does.
  const text = clean(`${name}=${written}`)
  return { name, value: text.startsWith(`${name}=`) ? text.slice(name.length + 1) : "[redacted]", from: null }
}

/** Lines for a POSIX shell, whatever the values hold. */
export const exportLines = (variables: ReadonlyArray<ShownVariable>): ReadonlyArray<string> =>
  variables.flatMap(({ name, value }) => (value === null ? [] : [`export ${name}=${quoted(value)}`]))

export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
