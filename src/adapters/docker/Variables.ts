/** Variables, as a file that a POSIX shell reads. */
import * as Effect from "effect/Effect"
import type { BackendFailed } from "../../app/ports/Backend.ts"
import type { Found } from "./Containers.ts"
import { failed } from "./EngineFailure.ts"

const isName = (name: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)

/**
 * Those that a command was given itself (their names are in NEXUS_GIVEN) stay as they are. Fails on a name that no shell takes, or a
 * value with a null byte in it.
 */
export const variablesFile = (variables: Readonly<Record<string, string>>): Effect.Effect<string, BackendFailed> => {
  const wrong = Object.entries(variables).find(([name, value]) => !isName(name) || value.includes("\0"))
  return wrong === undefined
    ? Effect.succeed(Object.entries(variables).map(line).join(""))
    : Effect.fail(failed("set the variables", "refused", `${JSON.stringify(wrong[0])} can't be a variable.`))
}

/** What the image sets, as an SSH server does not hand it on. */
export const imageVariables = ({ info }: Found): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (info.Config.Env ?? []).flatMap((line) => {
      const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value]]
    })
  )

const line = ([name, value]: readonly [string, string]): string =>
  `case " \${NEXUS_GIVEN-} " in *" ${name} "*) ;; *) export ${name}=${quoted(value)} ;; esac\n`

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`
