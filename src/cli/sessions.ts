/** `nexus sessions` and `nexus session show`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Find from "../app/Find.ts"
import { Nexus } from "../app/Nexus.ts"
import * as Replay from "../app/Replay.ts"
import { sessionView } from "../app/Views.ts"
import { EventLog } from "../events/EventLog.ts"
import * as FilesTouched from "../projections/FilesTouched.ts"
import * as Projects from "../projections/Projects.ts"
import * as Sessions from "../projections/Sessions.ts"
import { globals } from "./Globals.ts"
import { Output } from "./Output.ts"
import { table } from "./Table.ts"
import { shownTime } from "./shownTime.ts"
import { withLog } from "./withLog.ts"

const options = {
  project: Options.text("project").pipe(
    Options.withDescription("Only of this project: its name, id or path"),
    Options.optional
  ),
  agent: Options.text("agent").pipe(Options.withDescription("Only of this agent"), Options.optional),
  active: Options.boolean("active").pipe(Options.withDescription("Only those that have not ended"))
}

export const sessionsCommand = Command.make("sessions", { ...options, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const { database } = yield* EventLog
      const { cwd } = yield* Nexus
      const output = yield* Output
      const project = Option.isSome(given.project) ? (yield* Find.project(given.project.value, cwd)).id : undefined
      const rows = Sessions.list(database, {
        active: given.active,
        ...(project === undefined ? {} : { project }),
        ...(Option.isSome(given.agent) ? { agent: given.agent.value } : {})
      })
      const names = new Map(Projects.list(database).map((row) => [row.id, row.name]))
      const items = rows.map(sessionView)
      yield* output.result({ items }, () =>
        items.length === 0
          ? ['No sessions yet. Run "nexus init" in a repository, and work with your agent.']
          : sessionTable(items, names, output)
      )
    })
  )
).pipe(Command.withDescription("List sessions, the most recently active first"))

export const sessionTable = (
  items: ReadonlyArray<ReturnType<typeof sessionView>>,
  names: ReadonlyMap<string, string>,
  output: Output["Type"]
): ReadonlyArray<string> =>
  table(
    [
      "session",
      "agent",
      "model",
      "project",
      "state",
      "prompts",
      "tools",
      "edits",
      "failures",
      "tokens out",
      "last activity"
    ],
    items.map((one) => [
      one.session.slice(0, 8),
      one.agent,
      one.model ?? "?",
      names.get(one.project ?? "") ?? "–",
      one.state,
      String(one.counts.prompts),
      String(one.counts.tools),
      String(one.counts.edits),
      String(one.counts.failures),
      one.tokens === null ? "?" : String(one.tokens.output),
      shownTime(one.active)
    ]),
    output.style
  )

const showCommand = Command.make("show", { id: Args.text({ name: "ID" }), ...globals }, ({ id }) =>
  withLog(
    Effect.gen(function* () {
      const { database } = yield* EventLog
      const output = yield* Output
      const row = yield* Find.session(id)
      const view = sessionView(row)
      const files = FilesTouched.ofSession(database, row.id)
      const timeline = Replay.timelineOf(database, row.id)
      yield* output.result({ ...view, files, timeline }, () => [
        `${output.style("bold", row.id)} ${view.state}, ${view.model ?? "model unknown"}, in ${view.cwd}`,
        `${shownTime(view.started)} to ${shownTime(view.active)}: ${Object.entries(view.counts)
          .map(([name, count]) => `${count} ${name}`)
          .join(", ")}`,
        ...(files.length === 0 ? [] : ["", output.style("bold", "Files")]),
        ...files.map((file) => `  ${file.operation.padEnd(8)} ${String(file.edits).padStart(3)}×  ${file.path}`),
        "",
        output.style("bold", "Timeline"),
        ...timeline.map(({ position, line }) => `${output.style("dim", String(position).padStart(6))} ${line}`)
      ])
    })
  )
).pipe(Command.withDescription("Show one session: its counts, files and timeline"))

export const sessionCommand = Command.make("session").pipe(
  Command.withSubcommands([showCommand]),
  Command.withDescription("Look at one session")
)
