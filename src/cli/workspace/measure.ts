/** `nexus workspace logs`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Writable } from "node:stream"
import { logs } from "../../app/workspaces/Measure.ts"
import { hookLog } from "../../app/workspaces/hooks/HookLog.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { print } from "../print.ts"
import { name } from "./show.ts"
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
    hook: Options.text("hook").pipe(
      Options.withDescription("What this hook printed when it was run last: setup, start, stop, teardown or health"),
      Options.optional
    ),
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
        if (Option.isSome(given.hook)) {
          if (given.follow || Option.isSome(given.service))
            yield* new UsageWrong({ message: "--hook goes with neither --follow nor --service." })
          const { text } = yield* hookLog(given.name, given.hook.value)
          to.stdout.end(lastOf(text, tail))
          return
        }
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

const lastOf = (text: string, count: number | undefined): string => {
  if (count === undefined) return text
  const lines = text.replace(/\n$/, "").split("\n")
  return count === 0 || text === "" ? "" : `${lines.slice(-count).join("\n")}\n`
}

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
