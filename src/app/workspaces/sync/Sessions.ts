/** The syncs of a workspace that runs, over one SSH connection. */
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { Writable } from "node:stream"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Workspace } from "../../../domain/workspace/Workspace.ts"
import { Nexus } from "../../Nexus.ts"
import type { Backend } from "../../ports/Backend.ts"
import type { Sftp } from "../../ports/Sftp.ts"
import { type Connection, type Destination, Ssh } from "../../ports/Ssh.ts"
import { SyncParts } from "../../ports/SyncParts.ts"
import { SideFailed } from "../../ports/SyncSide.ts"
import { makeSession, type SyncSession } from "../../sync/SyncSession.ts"
import { insideMark } from "../Order.ts"
import { destinationOf } from "../Reach.ts"
import { memoryFile, type Pair, pairsOf } from "./Pairs.ts"

export interface PairSession {
  readonly pair: Pair
  readonly session: SyncSession
}

export interface Sessions {
  readonly pairs: ReadonlyArray<PairSession>
  readonly sftp: Sftp
  /** Completes when the connection ends. */
  readonly closed: Effect.Effect<void>
}

/** What has to be known to begin: asked of the log and the backend once. */
export interface Ends {
  readonly workspace: Workspace
  readonly destination: Destination
  readonly pairs: ReadonlyArray<Pair>
}

export const endsOf = (workspace: Workspace, backend: Backend) =>
  Effect.gen(function* () {
    const destination = yield* destinationOf(workspace, backend)
    return { workspace, destination, pairs: yield* pairsOf(workspace, backend) } satisfies Ends
  })

/** What is so until a server listens: nothing answers, or the engine's own end of the port hangs up. */
const passing: ReadonlySet<string> = new Set(["refused", "gone"])

/** A tenth of a second apart. */
const tries = 50

/** As long as the scope. */
export const openSessions = ({ workspace, destination, pairs }: Ends) =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const parts = yield* SyncParts
    const connection = yield* (yield* Ssh).connect(destination).pipe(
      // Of a workspace that was just started, the server may not listen yet.
      Effect.retry({
        while: (failure) => failure._tag === "SshFailed" && passing.has(failure.kind),
        schedule: Schedule.intersect(Schedule.spaced(100), Schedule.recurs(tries))
      })
    )
    const sftp = yield* connection.sftp
    const sessions = yield* Effect.forEach(pairs, (pair) =>
      Effect.map(parts.memory(memoryFile(home.workspaces, workspace, pair.name)), (memory): PairSession => ({
        pair,
        session: makeSession(
          {
            host: parts.folder("host", pair.here),
            workspace: parts.remote("workspace", sftp, pair.there, flushed(connection, pair)),
            memory
          },
          pair
        )
      }))
    )
    return { pairs: sessions, sftp, closed: connection.closed } satisfies Sessions
  })

/** coreutils' sync(1); where there is none, what is not on disk yet is lost with the machine only. */
const flushed = (connection: Connection, { there }: Pair): Effect.Effect<void, SideFailed> =>
  connection.execute({ command: ["sync", "-f", "--", there], stdout: nowhere(), stderr: nowhere() }).pipe(
    Effect.asVoid,
    Effect.mapError(
      ({ message }) =>
        new SideFailed({ side: "workspace", operation: "flush", path: "", kind: "disconnected", detail: message })
    )
  )

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })

/**
 * What is inside besides what is kept the same: the file by which git finds its directory, the hook program that agents run, and where
 * that puts what they tell.
 */
export const furnish = ({ workspace, pairs }: Ends, sftp: Sftp) =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const git = pairs.find(({ name }) => name === "git")
    const pointer = join(workspace.folder, ".git")
    if (git !== undefined && (yield* sftp.status(pointer)) === undefined)
      yield* sftp.write(pointer, Buffer.from(`gitdir: ${git.there}\n`), { mode: 0o600 })
    const mark = join(home.spool, "new", insideMark)
    if ((yield* sftp.status(mark)) === undefined) yield* sftp.write(mark, Buffer.alloc(0), { mode: 0o600 })
    const programs = dirname(home.hookScript)
    if (existsSync(programs)) yield* sftp.send(`${programs}/.`, programs)
  })
