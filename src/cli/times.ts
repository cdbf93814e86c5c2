/** Times as users write them in options. */
import * as Effect from "effect/Effect"
import { momentOf, timeExamples } from "../domain/Moment.ts"
import { UsageWrong } from "./Invocation.ts"

/** What `momentOf` reads, of a date its beginning: milliseconds since 1970. */
export const parseTime = (option: string, text: string): Effect.Effect<number, UsageWrong> =>
  Effect.suspend(() => {
    const moment = momentOf(text, Date.now())
    return moment === undefined
      ? new UsageWrong({ message: `${option}: ${JSON.stringify(text)} is no time. ${timeExamples}` })
      : Effect.succeed(moment.start)
  })
