/** Running commands in a workspace, and keeping what they were and how they ended. */
import type { Readable, Writable } from "node:stream"
import * as Effect from "effect/Effect"
import { type Workspace, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import type { Ended } from "../ports/Backend.ts"
import { backendNamed, find } from "./Find.ts"
import { startKeeper } from "./keep/StartKeeper.ts"
import { start } from "./Life.ts"
import { measured, unreadExit } from "./Measured.ts"
import { isHeld } from "./Operate.ts"
import { variablesOf } from "./Order.ts"
import { recordRan } from "./RecordRan.ts"
import type { Say } from "./StartWithPorts.ts"
import { bringIfPossible } from "./sync/Bring.ts"
import { whileUsed } from "./Uses.ts"

export interface Asked {
  readonly command: readonly [string, ...ReadonlyArray<string>]
  readonly cwd?: string | undefined
  readonly variables: Readonly<Record<string, string>>
  /** Milliseconds. */
  readonly timeout?: number | undefined
  readonly detach: boolean
  readonly stdin?: Readable
  readonly stdout: Writable
  readonly stderr: Writable
}

/** Runs it, and answers how it ended. One that was stopped because nobody used it is started first. */
export const execute = (name: string, asked: Asked, say: Say) =>
  Effect.gen(function* () {
    const workspace = yield* running(name, say)
    const backend = yield* backendNamed(workspace.spec.backend)
    const [stdout, stderr] = [measured(asked.stdout), measured(asked.stderr)]
    const { cwd, timeout, stdin, command, detach } = asked
    const variables = { ...(yield* variablesOf(workspace)), ...asked.variables }
    // What runs inside sees what is out here, and the other way round afterwards.
    const together = yield* bringIfPossible(workspace, backend, say)
    const started = performance.now()
    const unread = Effect.map(
      Effect.promise(() => Promise.race([stdout.gone, stderr.gone])),
      (): Ended => ({ exit: unreadExit, timedOut: false, durationMs: Math.round(performance.now() - started) })
    )
    const execution = backend.execute(workspace.id, {
      command,
      detach,
      variables,
      stdout: stdout.stream,
      stderr: stderr.stream,
      ...(stdin === undefined ? {} : { stdin }),
      ...(cwd === undefined ? {} : { cwd }),
      ...(timeout === undefined ? {} : { timeout })
    })
    // As on this machine: a program whose output nobody reads is ended when it prints more.
    const ended = yield* whileUsed(workspace, Effect.raceFirst(execution, unread))
    // What was told once is not told again.
    if (!detach && together) yield* bringIfPossible(workspace, backend, say)
    yield* recordRan(
      workspace.id,
      "exec",
      command,
      ended,
      detach ? {} : { stdout: stdout.seen(), stderr: stderr.seen() }
    )
    return ended
  })

/** Started, if only nobody used it for a while; else refused unless it runs. */
export const running = (name: string, say: Say) =>
  Effect.gen(function* () {
    const { workspace } = yield* afterStop(name)
    if (workspace.status === "running") {
      yield* startKeeper(workspace)
      return workspace
    }
    if (workspace.status === "stopped" && workspace.stoppedFor === "idle")
      return yield* start(name, say).pipe(
        // Not what was asked for: whoever runs something sees whether it is well.
        Effect.catchTag("HookFailed", ({ message }) => {
          say(message)
          return Effect.map(find(name), (listed) => listed.workspace)
        })
      )
    return yield* notRunning(workspace)
  })

/** One that is just being stopped, because nobody used it until now, is waited for: then it can be started. */
const afterStop = (name: string) =>
  Effect.gen(function* () {
    const until = Date.now() + longestStop
    let found = yield* find(name)
    while (isBeingStopped(found.workspace) && Date.now() < until) {
      yield* Effect.sleep(50)
      found = yield* find(name)
    }
    return found
  })

/** Milliseconds. */
const longestStop = 20_000

const isBeingStopped = ({ pending }: Workspace): boolean => pending?.operation === "stop" && isHeld(pending.holder)

const notRunning = ({ name, status }: Workspace) =>
  new WorkspaceRefused({
    reason: `${name} is ${status}: nothing can be run in it.`,
    hint:
      status === "stopped"
        ? `Start it: nexus workspace start ${name}`
        : status === "paused"
          ? `Let it go on: nexus workspace resume ${name}`
          : `Put it right: nexus workspace repair ${name}`
  })
