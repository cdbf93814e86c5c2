/** A Nexus of a test's own before a real SSH server: connections, commands and their output. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough, Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { layer } from "../../../src/adapters/ssh/Ssh2.ts"
import type { Ended, Execution } from "../../../src/app/ports/Backend.ts"
import { type Connection, type ConnectOptions, type Destination, Ssh } from "../../../src/app/ports/Ssh.ts"
import { type Server, serve } from "./sshd.ts"

export interface Stage {
  readonly home: string
  readonly server: Server
  readonly destination: (over?: "tcp" | "command") => Destination
  readonly run: <A, E>(effect: Effect.Effect<A, E, Ssh | Scope.Scope>) => Promise<A>
  /** With a connection of its own. */
  readonly connected: <A, E>(
    use: (connection: Connection) => Effect.Effect<A, E, Ssh | Scope.Scope>,
    options?: ConnectOptions & { readonly over?: "tcp" | "command" }
  ) => Promise<A>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export const emptyFolder = (name: string): { readonly path: string } & Disposable => {
  const path = mkdtempSync(join(tmpdir(), `nexus-${name}-`))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Fails with the error itself, as a person would see it. */
export const runWith =
  (home: string) =>
  async <A, E>(effect: Effect.Effect<A, E, Ssh | Scope.Scope>): Promise<A> => {
    const exit = await Effect.runPromiseExit(effect.pipe(Effect.scoped, Effect.provide(layer(home))))
    if (Exit.isSuccess(exit)) return exit.value
    throw Cause.squash(exit.cause)
  }

export const stage = async (extra: ReadonlyArray<string> = []): Promise<Stage> => {
  const folder = emptyFolder("ssh")
  const run = runWith(folder.path)
  const { publicKey } = await run(Effect.flatMap(Ssh, ({ identity }) => identity))
  const server = await serve([publicKey], extra)
  const destination = (over: "tcp" | "command" = "tcp"): Destination => ({
    alias: "nexus-feat-x",
    user: server.user,
    hostKey: server.hostKey,
    route:
      over === "tcp"
        ? { kind: "tcp", host: "127.0.0.1", port: server.port }
        : { kind: "command", command: server.command }
  })
  return {
    home: folder.path,
    server,
    destination,
    run,
    connected: (use, { over, ...options } = {}) =>
      run(
        Effect.gen(function* () {
          const ssh = yield* Ssh
          return yield* use(yield* ssh.connect(destination(over), options))
        })
      ),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    }
  }
}

export interface Output extends Ended {
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** A command's output as a whole. */
export const output = (
  connection: Connection,
  command: readonly [string, ...ReadonlyArray<string>],
  more: Partial<Omit<Execution, "command" | "stdin">> & { readonly stdin?: string | Buffer } = {}
) =>
  Effect.gen(function* () {
    const { stdin, ...rest } = more
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const read = Promise.all([buffer(stdout), buffer(stderr)])
    const ended = yield* connection.execute({
      command,
      stdout,
      stderr,
      ...rest,
      ...(stdin === undefined ? {} : { stdin: Readable.from([Buffer.from(stdin)]) })
    })
    stdout.end()
    stderr.end()
    const [out, err] = yield* Effect.promise(() => read)
    return { ...ended, stdout: out, stderr: err } satisfies Output
  })
