/** `nexus trace blame`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { BlameRequest } from "../../app/trace/Trace.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { parseTime } from "../times.ts"
import { showBlame } from "./showBlame.ts"

const files = Args.text({ name: "FILE" }).pipe(
  Args.withDescription("A file; several are answered one after the other"),
  Args.atLeast(1)
)

/** Which state of a file is meant. */
export const states = {
  rev: Options.text("rev").pipe(Options.withDescription("At this revision"), Options.optional),
  index: Options.boolean("index").pipe(Options.withDescription("As it is staged")),
  worktree: Options.boolean("worktree").pipe(Options.withDescription("As it is on disk; the default")),
  at: Options.text("at").pipe(
    Options.withDescription("As it was recorded at this time: 2h, 2026-11-22T13:30"),
    Options.optional
  ),
  event: Options.integer("event").pipe(
    Options.withDescription("As it was after this event, by its position in the log"),
    Options.optional
  )
}

type States = {
  readonly rev: Option.Option<string>
  readonly index: boolean
  readonly worktree: boolean
  readonly at: Option.Option<string>
  readonly event: Option.Option<number>
}

/** The state that the options name; more than one is a mistake. */
export const stateOf = ({ rev, index, worktree, at, event }: States) =>
  Effect.gen(function* () {
    const named = [Option.isSome(rev), index, worktree, Option.isSome(at), Option.isSome(event)].filter(Boolean).length
    if (named > 1)
      return yield* new UsageWrong({
        message: "Give one of --rev, --index, --worktree, --at and --event, not several."
      })
    if (Option.isSome(event)) return { event: event.value }
    if (Option.isSome(at)) return { time: yield* parseTime("--at", at.value) }
    if (Option.isSome(rev)) return { of: { revision: rev.value } }
    return { of: index ? ("index" as const) : ("worktree" as const) }
  })

const options = {
  ...states,
  lines: Options.text("lines").pipe(
    Options.withAlias("L"),
    Options.withDescription("Only these lines: 10,20 or 10,+5 or 10"),
    Options.optional
  ),
  porcelain: Options.boolean("porcelain").pipe(Options.withDescription("For programs: one field a line, the text last"))
}

export const blameCommand = Command.make("blame", { files, ...options, ...globals }, (given) =>
  Effect.gen(function* () {
    const state = yield* stateOf(given)
    const lines = Option.isSome(given.lines) ? yield* rangeOf(given.lines.value) : undefined
    const requests = given.files.map((file): BlameRequest => ({
      file,
      ...state,
      ...(lines === undefined ? {} : { lines })
    }))
    yield* showBlame(requests, given.porcelain)
  })
).pipe(Command.withDescription("Show who wrote each line of a file: which model, in which session, or a person"))

const rangeOf = (text: string): Effect.Effect<readonly [number, number], UsageWrong> => {
  const [, from = "", plus, to] = /^(\d+)(?:,(\+?)(\d+))?$/.exec(text.trim()) ?? []
  const start = Number(from)
  const end = to === undefined ? start : plus === "+" ? start + Number(to) - 1 : Number(to)
  return from === "" || start < 1 || end < start
    ? Effect.fail(
        new UsageWrong({ message: `-L: ${JSON.stringify(text)} is no range of lines. Write 10,20 or 10,+5.` })
      )
    : Effect.succeed([start, end] as const)
}
