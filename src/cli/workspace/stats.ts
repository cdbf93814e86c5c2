/** `nexus workspace stats`: now, as it goes on, or over some time. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { historyOf } from "../../app/workspaces/keep/UsageHistory.ts"
import { measure, measureOn } from "../../app/workspaces/Measure.ts"
import { momentOf, timeExamples } from "../../domain/Moment.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { print } from "../print.ts"
import { historyLines, sampleView, usageTable, usageView } from "./usageLines.ts"
import { withWorkspaces } from "./withWorkspaces.ts"

const noWorkspaces = "No workspaces yet. Make one: nexus workspace create feat-x"

/** Milliseconds between two readings. */
const pace = 1000

export const statsCommand = Command.make(
  "stats",
  {
    name: Args.text({ name: "NAME" }).pipe(
      Args.withDescription("A workspace of this project; default: all of them"),
      Args.optional
    ),
    watch: Options.boolean("watch").pipe(Options.withDescription("Again each second, until Ctrl-C")),
    history: Options.boolean("history").pipe(
      Options.withDescription("What one workspace used until now, a sample a minute, for seven days")
    ),
    since: Options.text("since").pipe(
      Options.withDescription("With --history: since when; default: 1h"),
      Options.optional
    ),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const name = Option.getOrUndefined(given.name)
        if (given.watch && given.history)
          return yield* new UsageWrong({ message: "Only one of --watch and --history can be given." })
        if (!given.history && Option.isSome(given.since))
          return yield* new UsageWrong({ message: "--since is of no use without --history." })
        if (given.history && name === undefined)
          return yield* new UsageWrong({ message: "--history: name a workspace." })
        if (given.history && name !== undefined)
          return yield* history(
            name,
            Option.getOrElse(given.since, () => "1h")
          )
        return yield* given.watch ? watch(name) : once(name)
      })
    )
).pipe(Command.withDescription("What workspaces use now, and used"))

const once = (name: string | undefined) =>
  Effect.gen(function* () {
    const output = yield* Output
    const items = yield* measure(name)
    for (const { name, why } of items) if (why !== undefined) yield* output.note(`${name}: ${why}`)
    yield* output.result({ items: items.map(usageView) }, () =>
      items.length === 0 ? [noWorkspaces] : usageTable(items, output)
    )
  })

const history = (name: string, text: string) =>
  Effect.gen(function* () {
    const output = yield* Output
    const until = Date.now()
    const since = momentOf(text, until)?.start
    if (since === undefined || since >= until)
      return yield* new UsageWrong({
        message: `--since: ${JSON.stringify(text)} is no time of the past. ${timeExamples}`
      })
    const { workspace, samples } = yield* historyOf(name, since)
    yield* output.result({ name: workspace.name, items: samples.map(sampleView) }, () =>
      samples.length === 0
        ? [
            `Nothing was noted of ${workspace.name} in that time. It is noted each minute while it runs; see: nexus doctor`
          ]
        : historyLines(samples, { since, until }, output)
    )
  })

/** On a terminal in place, else one table after the other; with --json a line for each reading. */
const watch = (name: string | undefined) =>
  Effect.gen(function* () {
    const output = yield* Output
    let drawn = 0
    const again = yield* measureOn(name)
    while (true) {
      const items = yield* again
      if (output.json) for (const item of items) yield* output.line(JSON.stringify(usageView(item)))
      else {
        const lines = items.length === 0 ? [noWorkspaces] : usageTable(items, output)
        // Up to where the last table began, and whatever is below is cleared (ECMA-48: CUU, ED).
        const back = process.stdout.isTTY && drawn > 0 ? `\u001B[${drawn}A\u001B[0J` : ""
        print(1, `${back}${lines.join("\n")}\n`)
        drawn = lines.length
      }
      yield* Effect.sleep(pace)
    }
  })
