/** Runs a command that needs what workspaces stand on: loaded only then, since engines' and SSH's libraries are large. */
import { Writable } from "node:stream"
import * as Effect from "effect/Effect"
import { type Say, silent } from "../../app/workspaces/StartWithPorts.ts"
import { locate } from "../../events/Home.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { print } from "../print.ts"
import { withLog } from "../withLog.ts"
import type { Workspaces } from "./LiveWorkspaces.ts"

/** On a log that is open already. */
export const withBackends = <A, E, R>(command: Effect.Effect<A, E, R | Workspaces>) =>
  Effect.gen(function* () {
    const { home } = yield* Invocation
    const { layer } = yield* Effect.promise(() => import("./LiveWorkspaces.ts"))
    return yield* Effect.provide(command, layer(locate(home, process.env)))
  })

export const withWorkspaces = <A, E, R>(command: Effect.Effect<A, E, R | Workspaces>) => withLog(withBackends(command))

/** Tells people what takes time, on stderr, and shows what is printed meanwhile. */
export const say = Effect.map(Output, ({ json }): Say => {
  if (json) return silent
  const output = new Writable({
    write: (chunk: Buffer, _, done) => {
      print(2, chunk.toString("utf8"))
      done()
    }
  })
  return Object.assign((words: string) => print(2, `${words}${words.endsWith(".") ? "" : " …"}\n`), { output })
})

/** Tells people what they should know, on stderr. */
export const remark = Effect.map(Output, ({ json }) => (words: string): void => {
  if (!json) print(2, `${words}\n`)
})
