/** `nexus trace stats`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { groupings, stats, type Stats, type Tally } from "../../app/trace/Stats.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { table } from "../Table.ts"
import { withLog } from "../withLog.ts"
import { colours } from "./Contributors.ts"
import { range } from "./range.ts"

const by = Options.choice("by", groupings).pipe(
  Options.withDescription("What to group lines by; weeks are those of the author date (ISO 8601)"),
  Options.withDefault("model")
)

export const statsCommand = Command.make("stats", { by, range, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const { report, done } = output.progress("Counting")
      const found = yield* stats(given.by, Option.getOrUndefined(given.range), report).pipe(
        Effect.ensuring(Effect.sync(done))
      )
      yield* output.result(found, () =>
        found.items.length === 0 ? ["No lines were introduced by these commits."] : statsTable(found, output.style)
      )
    })
  )
).pipe(Command.withDescription("Count the lines that commits introduced, by contributor"))

type Style = Output["Type"]["style"]

const classes = ["ai", "mixed", "human", "unknown"] as const

const statsTable = ({ by, items, total }: Stats, style: Style): ReadonlyArray<string> => {
  const cells = (tally: Tally) => [
    ...classes.map((name) => (tally[name] === 0 ? style("dim", "0") : style(colours[name], String(tally[name])))),
    String(tally.lines),
    `${(100 * tally.share).toFixed(1)} %`
  ]
  return table(
    [by, ...classes, "lines", "AI share"],
    [...items.map(({ key, ...tally }) => [key ?? "–", ...cells(tally)]), [style("bold", "total"), ...cells(total)]],
    style
  )
}
