/** Where a command takes many words, the library takes an option that it does not know for one of them. */
import * as Effect from "effect/Effect"
import { nearest } from "../app/nearest.ts"
import { UsageWrong } from "./Invocation.ts"

/** Fails when one of the words looks like an option; `known`: what the command has, without the dashes. */
export const noOption = (
  words: ReadonlyArray<string>,
  known: ReadonlyArray<string>
): Effect.Effect<void, UsageWrong> => {
  const option = words.find((word) => /^--[a-z]/.test(word))
  if (option === undefined) return Effect.void
  const meant = nearest(
    option,
    known.map((name) => `--${name}`)
  )
  return new UsageWrong({
    message: `There is no option ${option}.${meant === undefined ? "" : ` Did you mean ${meant}?`}`
  })
}
