/** A shell in a workspace, at the caller's terminal. */
import * as Effect from "effect/Effect"
import { Ssh, type Terminal } from "../ports/Ssh.ts"
import { backendNamed } from "./Find.ts"
import { running } from "./Execute.ts"
import { variablesOf } from "./Order.ts"
import { destinationOf } from "./Reach.ts"
import { recordRan } from "./RecordRan.ts"
import type { Say } from "./StartWithPorts.ts"
import { bringIfPossible } from "./sync/Bring.ts"
import { whileUsed } from "./Uses.ts"

export interface Asked {
  /** In place of a shell. */
  readonly command: readonly [string, ...ReadonlyArray<string>] | undefined
  /** Programs inside may ask the user's agent, whose socket is `agent`. */
  readonly forwardAgent: boolean
  readonly agent: string | undefined
  readonly terminal: Terminal
}

/** Until it ends; answers how. One that was stopped because nobody used it is started first. */
export const shell = (name: string, { command, forwardAgent, agent, terminal }: Asked, say: Say) =>
  Effect.gen(function* () {
    const workspace = yield* running(name, say)
    const backend = yield* backendNamed(workspace.spec.backend)
    const variables = yield* variablesOf(workspace)
    const together = yield* bringIfPossible(workspace, backend, say)
    const session =
      backend.here === undefined
        ? Effect.scoped(
            Effect.gen(function* () {
              const destination = yield* destinationOf(workspace, backend)
              const ssh = yield* Ssh
              // Other clients are told whom to trust by the same key.
              yield* ssh.know(destination.alias, destination.hostKey)
              const connection = yield* ssh.connect(destination, agent === undefined ? {} : { agent })
              return yield* connection.shell({
                terminal,
                forwardAgent: forwardAgent && agent !== undefined,
                ...(command === undefined ? {} : { command })
              })
            })
          )
        : backend.here.shell(workspace.id, { command, variables })
    const ended = yield* whileUsed(workspace, session)
    if (together) yield* bringIfPossible(workspace, backend, say)
    yield* recordRan(workspace.id, "shell", command ?? ["shell"], ended)
    return ended
  })
