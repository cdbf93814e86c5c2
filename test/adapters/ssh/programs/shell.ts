/** A program whose terminal is a shell over SSH, as `nexus workspace ssh` is. Arguments: a JSON object. */
import { writeFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { layer } from "../../../../src/adapters/ssh/Ssh2.ts"
import { type Destination, type ShellOptions, Ssh } from "../../../../src/app/ports/Ssh.ts"

interface Asked {
  readonly home: string
  readonly destination: Destination
  readonly agent?: string
  readonly cwd?: string
  readonly command?: readonly [string, ...ReadonlyArray<string>]
  /** Where it writes how the shell ended, and whether the terminal is raw afterwards. */
  readonly report: string
}

const { home, destination, agent, report, ...options } = JSON.parse(process.argv[2] ?? "") as Asked

const ended = await Effect.gen(function* () {
  const ssh = yield* Ssh
  const to = yield* ssh.connect(destination, agent === undefined ? {} : { agent })
  const shell: ShellOptions = {
    ...options,
    terminal: { input: process.stdin, output: process.stdout, error: process.stderr, type: "xterm" },
    forwardAgent: agent !== undefined
  }
  return yield* Effect.match(to.shell(shell), {
    onSuccess: ({ exit }) => ({ exit }),
    onFailure: ({ kind }) => ({ kind })
  })
}).pipe(Effect.scoped, Effect.provide(layer(home)), Effect.runPromise)

writeFileSync(report, JSON.stringify({ ...ended, raw: process.stdin.isTTY ? process.stdin.isRaw : null }))
