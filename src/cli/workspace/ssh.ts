/** `nexus workspace ssh NAME`: a shell in it. Read without the command line's machinery, as `exec` is. */
import * as Effect from "effect/Effect"
import { shell } from "../../app/workspaces/Shell.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { print } from "../print.ts"
import { run } from "../run.ts"
import { type Globals, takeGlobals } from "../takeGlobals.ts"
import { afterDashes } from "./afterDashes.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

const usage = "nexus workspace ssh NAME [-A|--forward-agent] [-- COMMAND [ARGUMENT …]]"

const options = {
  "forward-agent": { type: "boolean", short: "A" },
  help: { type: "boolean", short: "h" }
} as const

export const main = (args: ReadonlyArray<string>): Promise<void> => {
  const globals = takeGlobals(args)
  return run(sshFrom(globals), globals)
}

const sshFrom = ({ rest, json }: Globals) =>
  Effect.gen(function* () {
    const words = rest.slice(2)
    const { name, command, values } = yield* afterDashes(words, options, usage)
    if (values.help === true)
      return print(
        1,
        `${usage}\n\nOpens a shell in a workspace, or runs a command there at this terminal. ~. at the beginning of a line ends it.\n`
      )
    if (name === undefined) return yield* new UsageWrong({ message: `Usage: ${usage}` })
    const forwardAgent = values["forward-agent"] === true
    const agent = process.env["SSH_AUTH_SOCK"]
    if (forwardAgent && agent === undefined)
      return yield* new UsageWrong({ message: "--forward-agent: no agent is here: SSH_AUTH_SOCK is not set." })
    const output = yield* Output
    const tell = yield* say
    yield* withWorkspaces(
      Effect.gen(function* () {
        const terminal = {
          input: process.stdin,
          output: json ? process.stderr : process.stdout,
          error: process.stderr,
          type: process.env["TERM"] ?? "dumb"
        }
        const ended = yield* shell(name, { command, forwardAgent, agent, terminal }, tell)
        if (json) yield* output.result(ended, () => [])
        process.exitCode = ended.exit ?? 0
        // What nobody will read any more would keep this process.
        process.stdin.destroy()
      })
    )
  })
