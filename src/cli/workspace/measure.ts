/** `nexus workspace logs`, `stats`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Writable } from "node:stream"
import { isoTime } from "../../app/Views.ts"
import { logs, measure, type Reading } from "../../app/workspaces/Measure.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { print } from "../print.ts"
import { table } from "../Table.ts"
import { shownBytes } from "./checkpointLines.ts"
import { name } from "./life.ts"
import { withWorkspaces } from "./withWorkspaces.ts"

export const logsCommand = Command.make(
  "logs",
  {
    name,
    follow: Options.boolean("follow").pipe(Options.withDescription("Go on, until it stops or Ctrl-C")),
    service: Options.text("service").pipe(
      Options.withDescription("Of this service beside it instead, as its compose file calls it"),
      Options.optional
    ),
    tail: Options.integer("tail").pipe(Options.withDescription("Only the last so many lines"), Options.optional),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const tail = Option.getOrUndefined(given.tail)
        if (tail !== undefined && tail < 0) return yield* new UsageWrong({ message: "--tail: at least 0." })
        const to = output.json
          ? { stdout: jsonLines("stdout"), stderr: jsonLines("stderr") }
          : { stdout: plain(1), stderr: plain(2) }
        const { keepsLogs, workspace } = yield* logs(
          given.name,
          { follow: given.follow, tail, companion: Option.getOrUndefined(given.service) },
          to
        )
        yield* Effect.sync(() => {
          to.stdout.end()
          to.stderr.end()
        })
        if (!keepsLogs)
          yield* output.note(`The backend ${workspace.spec.backend} keeps no output of programs that nobody waits for.`)
      })
    )
).pipe(Command.withDescription("What a workspace's own programs printed: those that nobody waited for"))

const plain = (descriptor: 1 | 2) =>
  new Writable({
    write: (chunk: Buffer, _, done) => {
      print(descriptor, chunk.toString("utf8"))
      done()
    }
  })

/** One object a line. */
const jsonLines = (stream: "stdout" | "stderr") => {
  let rest = ""
  const tell = (line: string) => print(1, `${JSON.stringify({ stream, line })}\n`)
  return new Writable({
    write: (chunk: Buffer, _, done) => {
      const parts = `${rest}${chunk.toString("utf8")}`.split("\n")
      rest = parts.pop() ?? ""
      for (const part of parts) tell(part)
      done()
    },
    final: (done) => {
      if (rest !== "") tell(rest)
      done()
    }
  })
}

export const statsCommand = Command.make(
  "stats",
  {
    name: Args.text({ name: "NAME" }).pipe(
      Args.withDescription("A workspace of this project; default: all of them"),
      Args.optional
    ),
    ...globals
  },
  (given) =>
    withWorkspaces(
      Effect.gen(function* () {
        const output = yield* Output
        const items = yield* measure(Option.getOrUndefined(given.name))
        for (const { name, why } of items) if (why !== undefined) yield* output.note(`${name}: ${why}`)
        yield* output.result({ items: items.map(view) }, () =>
          items.length === 0
            ? ["No workspaces yet. Make one: nexus workspace create feat-x"]
            : table(
                ["NAME", "STATUS", "CPU", "MEMORY", "DISK", "NET IN", "NET OUT", "PROCESSES"],
                items.map(cells),
                output.style
              )
        )
      })
    )
).pipe(Command.withDescription("What workspaces use now"))

const view = ({ name, status, usage, why }: Reading) => {
  const { time, cpus, memoryBytes, diskBytes, networkInBytes, networkOutBytes, processes } = usage ?? {}
  return {
    name,
    status,
    time: time === undefined ? null : isoTime(time),
    cpus: cpus ?? null,
    memoryBytes: memoryBytes ?? null,
    diskBytes: diskBytes ?? null,
    networkInBytes: networkInBytes ?? null,
    networkOutBytes: networkOutBytes ?? null,
    processes: processes ?? null,
    why: why ?? null
  }
}

const cells = ({ name, status, usage }: Reading): ReadonlyArray<string> => {
  const bytes = (amount: number | undefined) => (amount === undefined ? "" : shownBytes(amount))
  return [
    name,
    status,
    usage?.cpus === undefined ? "" : `${Math.round(usage.cpus * 100)} %`,
    bytes(usage?.memoryBytes),
    bytes(usage?.diskBytes),
    bytes(usage?.networkInBytes),
    bytes(usage?.networkOutBytes),
    usage?.processes === undefined ? "" : String(usage.processes)
  ]
}
