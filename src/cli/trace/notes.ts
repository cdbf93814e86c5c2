/** `nexus trace notes`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Notes from "../../app/trace/Notes.ts"
import { globals } from "../Globals.ts"
import { Output } from "../Output.ts"
import { withLog } from "../withLog.ts"
import { importLines } from "./importLines.ts"
import { range } from "./range.ts"

const gitAi = Options.boolean("git-ai").pipe(Options.withDescription("Also git-ai's notes, refs/notes/ai"))

const remote = Args.text({ name: "REMOTE" }).pipe(
  Args.withDescription("A remote's name or URL"),
  Args.withDefault("origin")
)

const force = Options.boolean("force").pipe(
  Options.withDescription("With --git-ai: write over notes that are not from Nexus")
)

const write = Command.make("write", { range, gitAi, force, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const { report, done } = output.progress("Writing notes")
      const items = yield* Notes.write(Option.getOrUndefined(given.range), given, report).pipe(
        Effect.ensuring(Effect.sync(done))
      )
      yield* output.result({ items }, () =>
        items.flatMap(({ ref, written, unchanged, skipped }) => [
          `${ref}: ${written} written, ${unchanged} as they were`,
          ...skipped.map(({ name, reason }) => `  ${name.slice(0, 10)}: ${reason}`)
        ])
      )
    })
  )
).pipe(Command.withDescription("Put attribution into notes on commits, refs/notes/nexus"))

const read = Command.make("read", globals, () =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const { report, done } = output.progress("Reading notes")
      const items = yield* Notes.read(report).pipe(Effect.ensuring(Effect.sync(done)))
      yield* output.result({ items }, () =>
        items.length === 0
          ? ["There are no notes with attribution here. Get those of a remote with: nexus trace notes fetch"]
          : items.flatMap(importLines)
      )
    })
  )
).pipe(Command.withDescription("Import the notes of Nexus, and those of git-ai where there are any"))

const push = Command.make("push", { remote, gitAi, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const done = yield* Notes.push(given.remote, given.gitAi)
      yield* output.result(done, () => done.refs.map((ref) => `Pushed ${ref} to ${done.remote}`))
    })
  )
).pipe(Command.withDescription("Send notes to a remote"))

const fetch = Command.make("fetch", { remote, gitAi, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const done = yield* Notes.fetch(given.remote, given.gitAi)
      yield* output.result(done, () => [
        ...done.refs.map((ref) => `Fetched ${ref} from ${done.remote}`),
        "Import them with: nexus trace notes read"
      ])
    })
  )
).pipe(Command.withDescription("Get notes from a remote"))

export const notesCommand = Command.make("notes").pipe(
  Command.withSubcommands([write, read, push, fetch]),
  Command.withDescription("Carry attribution with the repository, in git notes")
)
