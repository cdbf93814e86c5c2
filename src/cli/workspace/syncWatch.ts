/** `nexus workspace sync watch`: keeps a workspace's files the same. Without the command line's machinery: it stays in memory. */
import { existsSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { backendNamed, find } from "../../app/workspaces/Find.ts"
import { stateOf } from "../../app/workspaces/keep/Keeper.ts"
import { durationOf } from "../../domain/Moment.ts"
import { WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import { Nexus } from "../../app/Nexus.ts"
import { noteConflicts, noteSync } from "../../app/workspaces/sync/Noted.ts"
import { endsOf } from "../../app/workspaces/sync/Sessions.ts"
import { watcherLock } from "../../app/workspaces/sync/StartWatcher.ts"
import { isToBeWatched, type Told, watchFiles } from "../../app/workspaces/sync/Watch.ts"
import { locate, type Home } from "../../events/Home.ts"
import { takeLock } from "../../events/Lock.ts"
import { UsageWrong } from "../Invocation.ts"
import * as Live from "../Live.ts"
import { Output } from "../Output.ts"
import { print } from "../print.ts"
import { run } from "../run.ts"
import { type Globals, takeGlobals } from "../takeGlobals.ts"
import { afterDashes } from "./afterDashes.ts"
import { connections, layer } from "./LiveWorkspaces.ts"

const usage = "nexus workspace sync watch NAME [--every 10s]"

const options = { every: { type: "string" }, help: { type: "boolean", short: "h" } } as const

/** Milliseconds between two looks at whether the workspace still runs, and this program is still the one that was started. */
const lookEvery = 30_000

/** Milliseconds to the next try when a workspace that runs can't be reached: the first, and the longest. */
const [firstWait, longestWait] = [1000, 30_000]

export const main = (args: ReadonlyArray<string>): Promise<void> => {
  const globals = takeGlobals(args)
  return run(watchFrom(globals), globals)
}

const watchFrom = ({ rest, home: flag }: Globals) =>
  Effect.gen(function* () {
    const { values, name } = yield* afterDashes(rest.slice(3), options, usage)
    if (values.help === true)
      return print(1, `${usage}\n\nKeeps a workspace's files the same as the worktree's. Nexus starts it by itself.\n`)
    if (name === undefined) return yield* new UsageWrong({ message: `Usage: ${usage}` })
    const every = durationOf(values.every ?? "10s")
    if (every === undefined || every > 3_600_000)
      return yield* new UsageWrong({
        message: `--every: ${JSON.stringify(values.every)} is no time up to 1h. Such as: 2s, 1m.`
      })
    const home = locate(flag, process.env)
    const first = yield* inLog(home, find(name))
    const { workspace } = first
    const file = watcherLock(home.workspaces, workspace)
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const lock = takeLock(file)
    if (lock === undefined)
      return yield* new WorkspaceRefused({
        reason: `Another process keeps the files of ${workspace.name} the same already.`,
        hint: `See: nexus workspace sync status ${workspace.name}`
      })
    yield* keepWatching(home, workspace.id, every).pipe(Effect.ensuring(Effect.sync(() => lock.release())))
    const output = yield* Output
    yield* output.result({ workspace: workspace.name, ended: true }, () => [`${workspace.name} does not run any more.`])
  })

/** Until it does not run any more; a connection that breaks is made again. */
const keepWatching = (home: Home, id: string, every: number) =>
  Effect.gen(function* () {
    for (let wait = firstWait; ; wait = Math.min(2 * wait, longestWait)) {
      const began = Date.now()
      const ends = yield* Effect.either(inLog(home, endsNow(id)))
      if (Either.isRight(ends)) {
        if (ends.right === undefined) return
        const watching = watchFiles(ends.right, every, (what) => Effect.ignore(inLog(home, tell(id, what)))).pipe(
          Effect.provide([Live.context(home), connections(home)])
        )
        yield* Effect.raceFirst(Effect.either(watching), untilStopped(home, id))
      } else if (!existsSync(home.log)) return
      if (Date.now() - began > longestWait) wait = firstWait
      yield* Effect.sleep(wait)
    }
  })

/** Undefined when there is nothing to watch any more. */
const endsNow = (id: string) =>
  Effect.gen(function* () {
    const found = yield* Effect.option(find(id))
    if (Option.isNone(found) || !isToBeWatched(found.value.workspace)) return undefined
    const { workspace } = found.value
    return yield* endsOf(workspace, yield* backendNamed(workspace.spec.backend))
  })

/** The log is open only to look. */
const untilStopped = (home: Home, id: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const program = stateOf(process.argv[1] ?? "")
    for (;;) {
      yield* Effect.sleep(lookEvery)
      if (!existsSync(home.log) || stateOf(process.argv[1] ?? "") !== program) return
      const found = yield* Effect.option(inLog(home, find(id)))
      if (Option.isNone(found) || !isToBeWatched(found.value.workspace)) return
    }
  })

const tell = (id: string, { pair, halted, conflicts }: Told) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(id)
    if (halted !== null) yield* noteSync(workspace, { what: "halted", detail: halted })
    yield* noteConflicts(workspace, pair, conflicts)
  })

const inLog = <A, E, R>(home: Home, body: Effect.Effect<A, E, R>) =>
  body.pipe(
    Effect.updateService(Nexus, (nexus) => ({ ...nexus, itself: true })),
    Effect.provide(layer(home)),
    Effect.provide(Live.live(home))
  )
