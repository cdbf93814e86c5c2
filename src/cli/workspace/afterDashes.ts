/** Command lines of which a part is another command, after `--`: the command line's library knows none such. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util"
import * as Effect from "effect/Effect"
import { UsageWrong } from "../Invocation.ts"

/**
 * The words before `--`, read, and the command: what comes after `--`, or else after the workspace's name. Undefined name or
 * command: there is none. Fails with UsageWrong for an option that is none of `options`, and for words between name and `--`.
 */
export const afterDashes = <const Options extends ParseArgsOptionsConfig>(
  words: ReadonlyArray<string>,
  options: Options,
  usage: string
) =>
  Effect.gen(function* () {
    const end = words.indexOf("--")
    const own = end === -1 ? words : words.slice(0, end)
    const { values, positionals } = yield* Effect.try({
      try: () => parseArgs({ args: [...own], allowPositionals: true, options }),
      catch: (cause) =>
        new UsageWrong({ message: `${cause instanceof Error ? cause.message : String(cause)}. Usage: ${usage}` })
    })
    const [name, ...more] = positionals
    const [program, ...rest] = end === -1 ? more : words.slice(end + 1)
    if (end !== -1 && (more.length > 0 || program === undefined))
      return yield* new UsageWrong({ message: `Usage: ${usage}` })
    return { values, name, command: program === undefined ? undefined : ([program, ...rest] as const) }
  })
