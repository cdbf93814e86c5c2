/** Having both sides of a workspace the same at a moment: before something reads one of them, and after it wrote to one. */
import { existsSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Workspace } from "../../../domain/workspace/Workspace.ts"
import { Nexus } from "../../Nexus.ts"
import type { Backend } from "../../ports/Backend.ts"
import { MemoryFailed, SyncBusy } from "../../ports/SyncMemory.ts"
import { SyncParts } from "../../ports/SyncParts.ts"
import { flush, withPatience } from "../../sync/Sync.ts"
import { folderOf } from "../Order.ts"
import type { Say } from "../StartWithPorts.ts"
import { FilesApart, filesApart } from "./FilesApart.ts"
import { memoryFile, type PairName } from "./Pairs.ts"
import { endsOf, furnish, openSessions, type PairSession } from "./Sessions.ts"
import { noteConflicts } from "./Noted.ts"

export const isApart = ({ spec }: Workspace): boolean => spec.sync !== undefined

export interface Flushing {
  /** Goes on where much is gone at once. */
  readonly force?: boolean
  /** It was just started: what is inside besides is brought, too. */
  readonly furnishes?: boolean
}

/** What a flush came to. */
export interface Flushed {
  readonly steps: number
  readonly bytes: number
  /** What is not the same, and does not become so by itself. */
  readonly problems: ReadonlyArray<{ readonly side: string; readonly path: string; readonly why: string }>
}

/** Of a workspace that runs. Fails with FilesApart. Nothing for one whose files are this machine's. */
export const bringTogether = (
  workspace: Workspace,
  backend: Backend,
  { force = false, furnishes = false }: Flushing = {}
) =>
  isApart(workspace)
    ? Effect.scoped(
        Effect.gen(function* () {
          const { home } = yield* Nexus
          const ends = yield* endsOf(workspace, backend)
          const sessions = yield* openSessions(ends)
          if (furnishes) yield* furnish(ends, sessions.sftp)
          const isMeant = force || existsSync(meantFile(home.workspaces, workspace))
          let done: Flushed = { steps: 0, bytes: 0, problems: [] }
          for (const one of sessions.pairs) {
            const { steps, bytes, problems } = yield* flushPair(workspace, one, isMeant)
            if (one.pair.name !== "spool")
              done = { steps: done.steps + steps, bytes: done.bytes + bytes, problems: [...done.problems, ...problems] }
          }
          rmSync(meantFile(home.workspaces, workspace), { force: true })
          return done
        })
      ).pipe(Effect.mapError(filesApart(workspace.name)))
    : Effect.succeed<Flushed>({ steps: 0, bytes: 0, problems: [] })

const flushPair = (workspace: Workspace, { pair, session }: PairSession, force: boolean) =>
  Effect.gen(function* () {
    const began = Date.now()
    const flushed = yield* flush(session, { force }).pipe(
      Effect.map((rounds): Flushed => ({ steps: sum(rounds, "steps"), bytes: sum(rounds, "bytes"), problems: [] })),
      // What can't be the same (a socket, a name that is no UTF-8) stands in the way of nothing else.
      Effect.catchIf(
        (failure) => failure._tag === "NotTheSame" && failure.problems.length > 0,
        (failure) =>
          Effect.succeed<Flushed>({
            steps: 0,
            bytes: 0,
            problems: failure._tag === "NotTheSame" ? failure.problems : []
          })
      )
    )
    const found = (yield* session.memory.conflicts).filter(({ at }) => at >= began)
    yield* noteConflicts(
      workspace,
      pair,
      found.map(({ copy }) => copy)
    )
    return flushed
  })

const sum = <K extends string>(all: ReadonlyArray<Readonly<Record<K, number>>>, key: K): number =>
  all.reduce((total, one) => total + one[key], 0)

/** That much is deleted, and meant: by a restore of a workspace that does not run. */
const meantFile = (workspaces: string, workspace: Pick<Workspace, "id">): string =>
  join(folderOf(workspaces, workspace), "sync", "meant")

/** As `bringTogether`; that it can't be done is told, and stands in the way of nothing. Answers whether it was. */
export const bringIfPossible = (workspace: Workspace, backend: Backend, say: Say, flushing: Flushing = {}) =>
  bringTogether(workspace, backend, flushing).pipe(
    Effect.as(true),
    Effect.catchTag("FilesApart", ({ message, hint }) =>
      Effect.sync(() => {
        say(`${message} ${hint}.`)
        return false
      })
    )
  )

/**
 * Of a workspace in any state: makes both sides the same where it runs, and else finds out whether they are. Fails with FilesApart
 * unless they are: then what is out here is not what is inside.
 */
export const mustBeTogether = (workspace: Workspace, backend: Backend) =>
  Effect.gen(function* () {
    if (!isApart(workspace)) return
    const instance = yield* backend.inspect(workspace.id)
    if (instance?.state === "running") {
      yield* bringTogether(workspace, backend)
      return
    }
    const isSame = (name: PairName) =>
      Effect.gen(function* () {
        const { home } = yield* Nexus
        const file = memoryFile(home.workspaces, workspace, name)
        return existsSync(file) && (yield* (yield* (yield* SyncParts).memory(file)).state).isSame
      })
    const same = yield* Effect.scoped(Effect.all([isSame("git"), isSame("files")])).pipe(
      Effect.mapError(filesApart(workspace.name))
    )
    if (same.every(Boolean)) return
    return yield* new FilesApart({
      workspace: workspace.name,
      reason: `it is ${workspace.status}, and was not synced to the end before`,
      hint: `Start it: nexus workspace start ${workspace.name}`
    })
  })

/** While no sync looks: what is out here is changed on purpose, all at once, and comes inside with the next flush. */
export const meanwhileApart = <A, E, R>(workspace: Workspace, body: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    if (!isApart(workspace)) return yield* body
    const { home } = yield* Nexus
    const parts = yield* SyncParts
    const held = (name: PairName) => parts.memory(memoryFile(home.workspaces, workspace, name))
    return yield* Effect.scoped(
      Effect.gen(function* () {
        const [git, files] = [yield* held("git"), yield* held("files")]
        writeFileSync(meantFile(home.workspaces, workspace), "", { mode: 0o600 })
        return yield* withPatience(git.exclusively(withPatience(files.exclusively(body))))
      })
    ).pipe(Effect.mapError((failure) => (isOfMemory(failure) ? filesApart(workspace.name)(failure) : failure)))
  })

const isOfMemory = (failure: unknown): failure is MemoryFailed | SyncBusy =>
  failure instanceof MemoryFailed || failure instanceof SyncBusy
