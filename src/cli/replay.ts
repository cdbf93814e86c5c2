/** `nexus replay`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Replay from "../app/Replay.ts"
import type { StoryLine } from "../app/StoryLine.ts"
import { plural } from "../domain/boulder/Wording.ts"
import { globals } from "./Globals.ts"
import { IntegrityBroken, UsageWrong } from "./Invocation.ts"
import { Output } from "./Output.ts"
import { sessionTable } from "./sessions.ts"
import { shownTime } from "./shownTime.ts"
import { parseTime } from "./times.ts"
import { verificationLines } from "./verify.ts"
import { withLog } from "./withLog.ts"

const options = {
  session: Options.text("session").pipe(
    Options.withDescription("Only this session: its id, or the beginning of it"),
    Options.optional
  ),
  workspace: Options.text("workspace").pipe(
    Options.withDescription(
      "Only this workspace, and what agents did in it: its name or id, also of one that is deleted"
    ),
    Options.optional
  ),
  at: Options.text("at").pipe(
    Options.withDescription("The story and state as of this time: 2h, 2026-11-22T13:30"),
    Options.optional
  ),
  until: Options.integer("until").pipe(
    Options.withDescription("The story and state as of this position"),
    Options.optional
  ),
  speed: Options.float("speed").pipe(
    Options.withDescription("Take the time that it took, so many times faster"),
    Options.optional
  ),
  verify: Options.boolean("verify").pipe(
    Options.withDescription("Prove the log and that the read models are what it gives")
  )
}

/** The longest pause of a replay with --speed, in milliseconds. */
const longestPause = 5000

export const replayCommand = Command.make("replay", { ...options, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      if (Option.isSome(given.at) && Option.isSome(given.until)) {
        return yield* new UsageWrong({ message: "Give --at TIME or --until POSITION, not both." })
      }
      if (Option.exists(given.speed, (speed) => !(speed > 0)))
        return yield* new UsageWrong({ message: "--speed must be more than 0." })
      if (Option.exists(given.until, (until) => until < 0))
        return yield* new UsageWrong({ message: "--until: a position is not negative." })
      const at = Option.isSome(given.at) ? yield* parseTime("--at", given.at.value) : undefined
      const bounds = yield* Replay.bounds({
        session: Option.getOrUndefined(given.session),
        workspace: Option.getOrUndefined(given.workspace),
        at,
        until: Option.getOrUndefined(given.until)
      })
      const progress = output.progress("Replaying")
      const proof = given.verify ? yield* Replay.proof(progress.report) : undefined
      const state = yield* Replay.stateAsOf(bounds, progress.report)
      progress.done()
      if (output.json) {
        const story = yield* Stream.runCollect(Stream.map(Replay.story(bounds), ({ told }) => told))
        yield* output.result({ ...bounds, story: [...story], state, verification: proof ?? null }, () => [])
      } else {
        yield* tell(bounds, Option.getOrUndefined(given.speed))
        yield* output.result(state, () => stateLines(state, output))
        if (proof !== undefined) yield* output.result(proof, () => ["", ...proofLines(proof, output)])
      }
      if (proof !== undefined && !proof.ok) {
        return yield* new IntegrityBroken({
          message: "The record does not hold together. See: nexus verify, nexus projections check"
        })
      }
    })
  )
).pipe(Command.withDescription("Tell the story in order, with the state of every read model at its end"))

type Output_ = Output["Type"]

export const tell = (bounds: Replay.Bounds, speed: number | undefined) =>
  Effect.gen(function* () {
    const output = yield* Output
    let last: { day: string; session: string | null; time: number } | undefined
    yield* Stream.runForEach(Replay.story(bounds), ({ event, told: line }) =>
      Effect.gen(function* () {
        const [day = "", clock = ""] = shownTime(line.time).split(" ")
        if (speed !== undefined && last !== undefined) {
          yield* Effect.sleep(Math.min(longestPause, Math.max(0, event.time - last.time) / speed))
        }
        if (last?.day !== day || last.session !== line.session) {
          yield* output.line(
            `${last === undefined ? "" : "\n"}${output.style("bold", `${day} ${line.session ?? "nexus"}`)}`
          )
        }
        last = { day, session: line.session, time: event.time }
        const indent = event.actor.kind === "agent" && event.actor.subagent !== undefined ? "  " : ""
        const position = output.style("dim", String(line.position).padStart(6))
        yield* output.line(
          `${position} ${clock} ${indent}${output.style("cyan", line.actor)} ${toldLine(line, output)}`
        )
      })
    )
  })

const toldLine = ({ type, line }: StoryLine, output: Output_): string => {
  switch (type) {
    case "PromptSubmitted":
      return output.style("bold", line)
    case "ToolFailed":
    case "StopFailed":
      return output.style("red", line)
    case "FileEdited":
      return output.style("green", line)
    default:
      return line
  }
}

type State = Effect.Effect.Success<ReturnType<typeof Replay.stateAsOf>>

export const stateLines = (state: State, output: Output_): ReadonlyArray<string> => [
  "",
  output.style("bold", `State as of event ${state.position}`),
  ...state.projects.map((project) => `  project ${project.name}: ${project.paths.join(", ")}`),
  ...(state.sessions.length === 0
    ? []
    : sessionTable(state.sessions, new Map(state.projects.map(({ id, name }) => [id, name])), output).map(
        (line) => `  ${line}`
      )),
  ...state.files.map((file) => `  ${file.operation.padEnd(8)} ${String(file.edits).padStart(3)}×  ${file.path}`)
]

type Proof = Effect.Effect.Success<ReturnType<typeof Replay.proof>>

export const proofLines = (proof: Proof, output: Output_): ReadonlyArray<string> => [
  ...verificationLines(proof.chain, output),
  ...proof.projections.map(({ name, same, position }) =>
    same
      ? `${output.style("green", "✓")} ${name} is what the log gives, up to event ${position}`
      : `${output.style("red", "✗")} ${name} differs from what the log gives: nexus projections check ${name}`
  ),
  ...(proof.decisions.checked === 0
    ? []
    : [
        proof.decisions.different.length === 0
          ? `${output.style("green", "✓")} ${plural(proof.decisions.checked, "decision")} about stops ${proof.decisions.checked === 1 ? "comes" : "come"} out of the recorded facts again`
          : `${output.style("red", "✗")} decisions ${proof.decisions.different.slice(0, 5).join(", ")} do not come out of their facts again`
      ]),
  ...proof.degraded.map(
    ({ name, degradedSince }) => `${output.style("red", "✗")} ${name} is degraded since event ${degradedSince}`
  )
]
