/** `nexus trace export`. */
import { resolve } from "node:path"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { writeAtomically } from "../../app/AtomicFile.ts"
import { Nexus } from "../../app/Nexus.ts"
import { exported, formats } from "../../app/trace/Export.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { print } from "../print.ts"
import { withLog } from "../withLog.ts"
import { range } from "./range.ts"

const options = {
  range,
  format: Options.choice("format", formats).pipe(
    Options.withDescription("agent-trace: one record a commit, one a line; jsonl, csv: one row a range of lines"),
    Options.withDefault("agent-trace")
  ),
  output: Options.text("output").pipe(
    Options.withAlias("o"),
    Options.withDescription("Write this file, for you alone to read, in place of one that is there"),
    Options.optional
  )
}

export const exportCommand = Command.make("export", { ...options, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const { cwd } = yield* Nexus
      if (output.json && given.format === "csv" && Option.isNone(given.output))
        return yield* new UsageWrong({ message: "--format csv prints no JSON: give -o FILE, or leave --json out." })
      const { report, done } = output.progress("Exporting")
      const texts = exported(Option.getOrUndefined(given.range), given.format, report)
      if (Option.isNone(given.output))
        return yield* Stream.runForEach(texts, (text) => Effect.sync(() => print(1, text))).pipe(
          Effect.ensuring(Effect.sync(done))
        )
      const file = resolve(cwd, given.output.value)
      yield* writeAtomically(file, texts).pipe(Effect.ensuring(Effect.sync(done)))
      yield* output.result({ file, format: given.format }, () => [`Wrote ${file}`])
    })
  )
).pipe(Command.withDescription("Print attribution in forms that other programs read"))
