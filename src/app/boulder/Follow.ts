/**
 * Clients whose process ends with a turn (`opencode run`): what a stop of theirs was answered is delivered by starting them again.
 * Whether anything goes on was decided at the stop, as ever; here it is only found, and taken by one.
 */
import { randomUUID } from "node:crypto"
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { boulderStream, type ProjectId, type SessionId } from "../../domain/Ids.ts"
import { isPaused } from "../../domain/boulder/Boulder.ts"
import type { RunId, StopDecided } from "../../domain/boulder/BoulderEvents.ts"
import { delayOf } from "../../domain/boulder/Decide.ts"
import { EventLog } from "../../events/EventLog.ts"
import type { Home } from "../../events/Home.ts"
import * as Boulders from "../../projections/Boulders.ts"
import * as Sessions from "../../projections/Sessions.ts"
import { loadSafely } from "../Config.ts"
import { Nexus } from "../Nexus.ts"
import { Repositories } from "../ports/Repositories.ts"
import { stateIn, switchedOff } from "./State.ts"

/** Names to the hooks of a client who started it: a file in the home that they write the conversations to that stopped. */
export const variable = "NEXUS_FOLLOWER"

const folderIn = (home: Home): string => join(home.path, "followers")

export interface Follower {
  readonly name: string
  /** The conversations that stopped, in their order; the same again for each stop. */
  readonly stopped: () => ReadonlyArray<string>
  readonly close: () => void
}

export const openFollower = (home: Home): Follower => {
  const name = randomUUID()
  const file = join(folderIn(home), name)
  mkdirSync(folderIn(home), { recursive: true, mode: 0o700 })
  writeFileSync(file, "", { mode: 0o600, flag: "wx" })
  return {
    name,
    stopped: () => readFileSync(file, "utf8").split("\n").slice(0, -1),
    close: () => rmSync(file, { force: true })
  }
}

/** Tells whoever follows this process that a stop of a conversation was decided. Never fails, and makes no file. */
export const tellFollower = (home: Home, name: string | undefined, session: SessionId | null): void => {
  if (name === undefined || !/^[0-9a-f-]{36}$/.test(name) || session === null) return
  const file = join(folderIn(home), name)
  if (!existsSync(file)) return
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND)
  writeSync(descriptor, `${session}\n`)
  closeSync(descriptor)
}

/** A continuation that nothing has come of yet. `delayMs`: how long the client is left idle before it. */
export interface Due {
  readonly project: ProjectId
  readonly run: RunId
  readonly session: SessionId
  readonly decision: number
  readonly text: string
  readonly delayMs: number
}

/** What a conversation was told at its last stop; undefined where it was let go. */
export const dueTo = (session: SessionId) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const pending = Boulders.pending(log.database, session)
    if (pending === undefined) return undefined
    const [event] = yield* log.page({ types: ["StopDecided"], after: pending.decision - 1 }, 1)
    const decided = event?.payload as StopDecided | undefined
    if (event?.position !== pending.decision || decided?.text === undefined) return undefined
    const text = decided.text.blob === undefined ? undefined : yield* log.blobs.get(decided.text.blob)
    if (text === undefined) return undefined
    return {
      project: pending.project as ProjectId,
      run: decided.run,
      session,
      decision: pending.decision,
      text: text.toString("utf8"),
      delayMs: delayOf(decided.facts, decided.limits)
    } satisfies Due
  })

/** Takes a continuation to deliver it. False: somebody else did, the conversation went on, or nobody may go on just now. */
export const take = ({ project, run, session, decision }: Due) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { home } = yield* Nexus
    const { checkoutOf } = yield* Repositories
    const cwd = Sessions.find(log.database, session)?.cwd
    const path = cwd === undefined ? undefined : checkoutOf(cwd)?.path
    if (path === undefined || switchedOff(path, loadSafely(home.config, path)) !== null) return false
    const key = `relaunch:${project}:${decision}`
    return yield* log
      .transact((transaction) => {
        const state = stateIn(transaction, project)
        const held = state.runs.find(({ id }) => id === run)
        const isDue = held?.status === "armed" && held.conversations[session]?.pending?.position === decision
        if (!isDue || isPaused(state, Date.now()) || transaction.recorded(key) !== undefined) return false
        transaction.append({
          stream: boulderStream(project),
          project,
          correlation: session,
          key,
          fingerprint: key,
          actor: { kind: "system", name: "nexus" },
          events: [{ type: "ContinuationRelaunched", payload: { run, session, decision } }]
        })
        return true
      })
      .pipe(Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }))
  })
