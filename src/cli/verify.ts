/** `nexus verify`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { EventLog } from "../events/EventLog.ts"
import { type Verification, verify } from "../events/Verify.ts"
import { globals } from "./Globals.ts"
import { IntegrityBroken, UsageWrong } from "./Invocation.ts"
import { Output } from "./Output.ts"
import { withLog } from "./withLog.ts"

const options = {
  from: Options.integer("from").pipe(Options.withDescription("Only from this position"), Options.optional),
  to: Options.integer("to").pipe(Options.withDescription("Only up to this position"), Options.optional)
}

export const verifyCommand = Command.make("verify", { ...options, ...globals }, ({ from, to }) =>
  withLog(
    Effect.gen(function* () {
      const { database } = yield* EventLog
      const output = yield* Output
      if (
        Option.exists(from, (first) => first < 1) ||
        Option.exists(Option.all([from, to]), ([first, last]) => last < first)
      ) {
        return yield* new UsageWrong({
          message: "--from and --to are positions, from 1, and --to is not before --from."
        })
      }
      const { report, done } = output.progress("Verifying")
      const found = yield* verify(database, {
        from: Option.getOrUndefined(from),
        to: Option.getOrUndefined(to),
        progress: report
      }).pipe(Effect.ensuring(Effect.sync(done)))
      yield* output.result(found, () => verificationLines(found, output))
      if (found.finding !== null) {
        return yield* new IntegrityBroken({ message: `Event ${found.finding.position}: ${found.finding.problem}.` })
      }
    })
  )
).pipe(Command.withDescription("Check the chain of hashes, and name the first position that is wrong"))

export const verificationLines = (found: Verification, output: Output["Type"]): ReadonlyArray<string> =>
  found.finding === null
    ? [
        `${output.style("green", "✓")} ${found.events} events hold together${found.blobs > 0 ? `, and ${found.blobs} stored contents` : ""}${found.destroyed > 0 ? `; the payloads of ${found.destroyed} were destroyed` : ""}`,
        `  head ${found.head}`
      ]
    : [`${output.style("red", "✗")} event ${found.finding.position}: ${found.finding.problem}`]
