/** `nexus trace import`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { importFile } from "../../app/trace/Import.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { importLines } from "./importLines.ts"

const file = Args.text({ name: "FILE" }).pipe(
  Args.withDescription("Agent Trace records: one, a list of them, or one a line; -: standard input")
)

export const importCommand = Command.make("import", { file, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const { report, done } = output.progress("Importing")
      const result = yield* importFile(given.file, report).pipe(Effect.ensuring(Effect.sync(done)))
      yield* output.result(result, () => importLines(result))
    })
  )
).pipe(Command.withDescription("Record attribution that was made elsewhere, marked as such"))
