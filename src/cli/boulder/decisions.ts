/** `nexus boulder history`, `explain` and `simulate`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Find from "../../app/Find.ts"
import * as Decisions from "../../app/boulder/Decisions.ts"
import { isoTime } from "../../app/isoTime.ts"
import { UsageWrong } from "../Invocation.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { shownTime } from "../shownTime.ts"
import { table } from "../Table.ts"
import { withLog } from "../withLog.ts"

const colours = { allow: "green", continue: "yellow", escalate: "red" } as const

export const historyCommand = Command.make(
  "history",
  {
    limit: Options.integer("limit").pipe(Options.withDescription("At most so many"), Options.withDefault(50)),
    session: Options.text("session").pipe(Options.withDescription("Only of this conversation"), Options.optional),
    ...globals
  },
  ({ limit, session }) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        if (limit < 1)
          return yield* new UsageWrong({ message: `--limit: ${limit} is no number of decisions; at least 1.` })
        const of = Option.isNone(session) ? undefined : (yield* Find.session(session.value)).id
        const all = yield* Decisions.history({ limit, session: of })
        const items = all.map(({ position, run, session: of, verdict, rule, reason, would, confirmed, time }) => ({
          id: position,
          time: isoTime(time),
          run,
          session: of,
          verdict,
          rule,
          reason,
          would,
          confirmed
        }))
        yield* output.result({ items }, () =>
          items.length === 0
            ? ["No stop was decided yet."]
            : table(
                ["decision", "time", "run", "conversation", "verdict", "rule", "reason"],
                items.map((one) => [
                  String(one.id),
                  shownTime(one.time),
                  one.run,
                  one.session.slice(0, 16),
                  `${one.would === null ? output.style(colours[one.verdict], one.verdict) : `allow (would ${one.would})`}${one.confirmed === false ? " (lost)" : ""}`,
                  one.rule,
                  one.reason
                ]),
                output.style
              )
        )
      })
    )
).pipe(Command.withDescription("List what was decided when agents wanted to stop, the newest first"))

export const explainCommand = Command.make(
  "explain",
  {
    decision: Args.integer({ name: "DECISION" }).pipe(
      Args.withDescription("Its number in nexus boulder history. Default: the last one"),
      Args.optional
    ),
    ...globals
  },
  ({ decision }) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        const found = yield* Decisions.explain(Option.getOrUndefined(decision))
        yield* output.result(found, () => [
          `${output.style("bold", `Decision ${found.id}`)} of ${shownTime(found.time)} on ${found.session}, ${found.run}: ${output.style(colours[found.verdict], found.verdict)}${found.would === undefined ? "" : ` (would ${found.would})`}`,
          found.reason,
          "",
          ...found.rules.map(
            ({ name, applied }, index) =>
              `${index + 1} ${applied ? output.style("bold", `${name}: applies`) : `${name}: does not apply`}`
          ),
          "",
          ...factLines(found.facts),
          "",
          "The limits were:",
          ...factLines(found.limits),
          ...(found.text === null
            ? []
            : ["", "The agent was told:", ...found.text.split("\n").map((line) => `  ${line}`)])
        ])
      })
    )
).pipe(Command.withDescription("Say why a stop was decided as it was, fact by fact"))

/** Each fact with its name in the JSON; what is there in several parts, part by part. */
const factLines = (facts: object, prefix = ""): ReadonlyArray<string> =>
  Object.entries(facts).flatMap(([key, value]): ReadonlyArray<string> => {
    const name = `${prefix}${key}`
    if (name === "fingerprints") return []
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return factLines(value as object, `${name}.`)
    return [`${name} = ${JSON.stringify(value)}`]
  })

/** A recorded verdict did not come out again. */
export class DecisionsDiffer extends Schema.TaggedError<DecisionsDiffer>()("DecisionsDiffer", { count: Schema.Int }) {
  override get message() {
    return `${this.count} recorded ${this.count === 1 ? "verdict does" : "verdicts do"} not come out again.`
  }
}

export const simulateCommand = Command.make(
  "simulate",
  {
    file: Args.text({ name: "FILE" }).pipe(
      Args.withDescription("Facts as nexus boulder explain --json prints them, one or many; - is standard input")
    ),
    ...globals
  },
  ({ file }) =>
    withLog(
      Effect.gen(function* () {
        const output = yield* Output
        const items = yield* Decisions.simulate(file)
        yield* output.result({ items }, () =>
          items.map(
            ({ verdict, rule, reason, isSame }) =>
              `${output.style(colours[verdict], verdict)}, ${rule}: ${reason}${isSame ? "" : output.style("red", " (not what was recorded)")}`
          )
        )
        const differing = items.filter(({ isSame }) => !isSame).length
        if (differing > 0) return yield* new DecisionsDiffer({ count: differing })
      })
    )
).pipe(
  Command.withDescription("Decide on recorded facts; ends with code 5 when a recorded verdict does not come out again")
)
