/**
 * `nexus workspace exec NAME -- COMMAND …`: the command's own output, errors and exit code. Read without the command line's
 * machinery, which knows no `--`, and would make every command wait for it.
 */
import * as Effect from "effect/Effect"
import { execute } from "../../app/workspaces/Execute.ts"
import { durationOf } from "../../domain/Moment.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { print } from "../print.ts"
import { run } from "../run.ts"
import { type Globals, takeGlobals } from "../takeGlobals.ts"
import { afterDashes } from "./afterDashes.ts"
import { variablesFrom } from "./specOptions.ts"
import { say, withWorkspaces } from "./withWorkspaces.ts"

export const execUsage = `nexus workspace exec NAME [--cwd FOLDER] [--env NAME=VALUE] [--timeout 30s] [--detach] -- COMMAND [ARGUMENT …]`

const options = {
  cwd: { type: "string" },
  env: { type: "string", multiple: true },
  timeout: { type: "string" },
  detach: { type: "boolean" }
} as const

/** A command that was ended because it took too long exits so, as timeout(1) has it. */
const timedOutExit = 124

export const main = (args: ReadonlyArray<string>): Promise<void> => {
  const globals = takeGlobals(args)
  return run(execFrom(globals), globals)
}

const execFrom = ({ rest, json }: Globals) =>
  Effect.gen(function* () {
    const words = rest.slice(2)
    if (words[0] === "--help" || words[0] === "-h")
      return print(1, `${execUsage}\n\nRuns a command in a workspace, with its output, errors, input and exit code.\n`)
    const { name, command, values } = yield* afterDashes(words, options, execUsage)
    if (name === undefined || command === undefined) return yield* new UsageWrong({ message: `Usage: ${execUsage}` })
    const variables = yield* variablesFrom(values.env ?? [])
    const resolved = Object.fromEntries(
      Object.entries(variables).flatMap(([key, variable]) =>
        "value" in variable
          ? [[key, variable.value]]
          : "fromEnvironment" in variable
            ? [[key, process.env[key] ?? ""]]
            : []
      )
    )
    const timeout = yield* timeoutOf(values.timeout)
    const output = yield* Output
    const tell = yield* say
    yield* withWorkspaces(
      Effect.gen(function* () {
        const ended = yield* execute(
          name,
          {
            command,
            variables: resolved,
            detach: values.detach === true,
            timeout,
            cwd: values.cwd,
            stdin: process.stdin,
            stdout: json ? process.stderr : process.stdout,
            stderr: process.stderr
          },
          tell
        )
        if (json) yield* output.result(ended, () => [])
        process.exitCode = ended.timedOut ? timedOutExit : (ended.exit ?? 0)
        if (ended.timedOut) print(2, `nexus: ended after ${values.timeout}\n`)
        // What nobody will read any more would keep this process.
        process.stdin.destroy()
      })
    )
  })

const timeoutOf = (text: string | undefined): Effect.Effect<number | undefined, UsageWrong> => {
  if (text === undefined) return Effect.succeed(undefined)
  const ms = durationOf(text)
  return ms === undefined
    ? new UsageWrong({ message: `--timeout: ${JSON.stringify(text)} is no time. Such as: 30s, 5m.` })
    : Effect.succeed(ms)
}
