/** `nexus boulder`: what holds agents to their work until it is proved done. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Find from "../../app/Find.ts"
import * as Boulder from "../../app/boulder/Boulder.ts"
import { standings } from "../../app/boulder/Standings.ts"
import * as TaskList from "../../app/boulder/TaskList.ts"
import { Nexus } from "../../app/Nexus.ts"
import { checkoutHere } from "../../app/ProjectOf.ts"
import { silences } from "../../app/Silence.ts"
import { SessionId } from "../../domain/Ids.ts"
import { durationOf } from "../../domain/Moment.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { standingLines } from "./boulderLines.ts"
import { runCommand } from "./run.ts"
import { explainCommand, historyCommand, simulateCommand } from "./decisions.ts"

/** How the boulder stands, printed. */
const printed = Effect.gen(function* () {
  const output = yield* Output
  const found = yield* standings
  yield* output.result(found, () => standingLines(found, output))
})

const status = Command.make("status", { ...globals }, () => withLog(printed)).pipe(
  Command.withDescription("Show which runs hold agents to their work, and how it stands")
)

const arm = Command.make(
  "arm",
  {
    project: Options.boolean("project").pipe(
      Options.withDescription("Every conversation in this project, not only in this checkout")
    ),
    session: Options.text("session").pipe(
      Options.withDescription("Only this conversation, such as claude:601ddb06-…"),
      Options.optional
    ),
    task: Options.text("task").pipe(
      Options.withDescription("Only this task; may be repeated. Default: all"),
      Options.repeated
    ),
    gate: Options.text("gate").pipe(
      Options.withDescription("A gate that has to pass; may be repeated. Default: as configured, else all"),
      Options.repeated
    ),
    observe: Options.boolean("observe").pipe(Options.withDescription("Decide and record, and let every agent go")),
    ...globals
  },
  (given) =>
    withLog(
      Effect.gen(function* () {
        const { caller } = yield* Nexus
        if (given.project && Option.isSome(given.session))
          return yield* new UsageWrong({ message: "--project and --session exclude each other." })
        const session = Option.isSome(given.session)
          ? yield* sessionNamed(given.session.value)
          : given.project
            ? undefined
            : caller?.session
        yield* Boulder.arm({
          scope: given.project ? "project" : session === undefined ? "checkout" : { session },
          tasks: given.task.map(TaskList.idOf),
          gates: given.gate,
          observe: given.observe
        })
        const { note } = yield* Output
        for (const { agent, detail, fix } of yield* silences(yield* checkoutHere))
          yield* note(`nexus: ${agent} will not be held: ${detail}. ${fix}`)
        yield* printed
      })
    )
).pipe(Command.withDescription("Hold agents here to their tasks and gates from now on"))

/** One that was heard of: a mistyped one would hold nobody. */
const sessionNamed = (name: string) => Effect.map(Find.session(name), ({ id }) => SessionId.make(id))

const run = Args.text({ name: "RUN" }).pipe(Args.withDescription("Such as R-1. Default: every run"), Args.optional)

const disarm = Command.make("disarm", { run, ...globals }, (given) =>
  withLog(Effect.zipRight(Boulder.disarm(Option.getOrNull(given.run)), printed))
).pipe(Command.withDescription("Let agents go: end a run, or all of them"))

const reset = Command.make("reset", { run, ...globals }, (given) =>
  withLog(Effect.zipRight(Boulder.reset(Option.getOrNull(given.run)), printed))
).pipe(Command.withDescription("Forgive what a run, or all of them, used of the limits"))

const pause = Command.make(
  "pause",
  {
    for: Options.text("for").pipe(
      Options.withDescription("How long, such as 30m or 2h. Default: until it is resumed"),
      Options.optional
    ),
    reason: Options.text("reason").pipe(Options.withDescription("Why, in a sentence"), Options.optional),
    ...globals
  },
  (given) =>
    withLog(
      Effect.gen(function* () {
        const lasts = Option.isNone(given.for) ? null : durationOf(given.for.value)
        if (lasts === undefined)
          return yield* new UsageWrong({
            message: `--for: ${JSON.stringify(Option.getOrElse(given.for, () => ""))} is no length of time. Such as 90s, 30m, 2h, 1d.`
          })
        yield* Boulder.pause(Option.getOrNull(given.reason), lasts)
        yield* printed
      })
    )
).pipe(Command.withDescription("Let every agent in the project go until it is resumed"))

const resume = Command.make("resume", { ...globals }, () => withLog(Effect.zipRight(Boulder.resume, printed))).pipe(
  Command.withDescription("End a pause, answer escalations, and forgive what was used of the limits")
)

export const boulderCommand = Command.make("boulder").pipe(
  Command.withSubcommands([
    status,
    arm,
    disarm,
    pause,
    resume,
    reset,
    runCommand,
    historyCommand,
    explainCommand,
    simulateCommand
  ]),
  Command.withDescription("Hold agents to their work until it is proved done")
)
