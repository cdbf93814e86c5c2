/** One round of the keeper: every workspace that runs is looked at, and each job done for it. */
import { existsSync } from "node:fs"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { WorkspaceId } from "../../../domain/workspace/Ids.ts"
import * as Database from "../../../events/Database.ts"
import { EventLog } from "../../../events/EventLog.ts"
import type { Listed } from "../../../projections/WorkspaceRows.ts"
import * as Rows from "../../../projections/WorkspaceRows.ts"
import { loadSafely } from "../../Config.ts"
import { Nexus } from "../../Nexus.ts"
import { cleanText } from "../../RedactPayload.ts"
import { Secrets } from "../../ports/Secrets.ts"
import { backendNamed } from "../Find.ts"
import { folderOf, spoolOf } from "../Order.ts"
import type { Guarded } from "./Asks.ts"
import type { Kept } from "./Job.ts"
import { jobs } from "./Jobs.ts"
import { elapsed, firstNote, forgetOthers, type Moment, momentNow, type Note, readNote, writeNote } from "./Notes.ts"

/** What could not be done, for people. */
export interface Trouble {
  readonly workspace: string
  readonly job: string
  readonly reason: string
}

export interface Round {
  /** How many workspaces run, and are looked after. */
  readonly running: number
  readonly troubles: ReadonlyArray<Trouble>
  /** Those of them with agents inside that are to be protected meanwhile. */
  readonly guarded: ReadonlyArray<Guarded>
}

/** Finding out how much disk space is used takes time: every so many rounds. */
const diskEvery = 30

/** Milliseconds that other writers are waited for. */
const patience = 5000

/** `every`: how far rounds are apart, in milliseconds. `now`: the moment that it is. */
export const round = (every: number, now: Moment = momentNow()) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { home } = yield* Nexus
    const running = Rows.list(log.database).filter(({ workspace }) => workspace.status === "running")
    const kept = running.flatMap((listed) => {
      const settings = loadSafely(home.config, listed.workspace.repository).workspace
      return settings.keeper ? [{ listed, settings }] : []
    })
    const { position } = yield* log.head
    const troubles: Array<Trouble> = []
    for (const { listed, settings } of kept) {
      const { id } = listed.workspace
      const before = readNote(log.database, id) ?? firstNote(now, listed.used, position)
      const { note, found } = yield* lookAfter(listed, settings, { every, now }, before)
      troubles.push(...found)
      // As it was when it was looked at: what happened meanwhile is seen in the next round.
      const after = { ...note, at: now, used: listed.used, rounds: before.rounds + 1 }
      yield* Database.immediate(log.database, () => writeNote(log.database, id, after), patience)
    }
    const known = kept.map(({ listed }): WorkspaceId => listed.workspace.id)
    yield* Database.immediate(log.database, () => forgetOthers(log.database, known), patience)
    return { running: kept.length, troubles, guarded: guardedOf(home.workspaces, kept) } satisfies Round
  })

/** Only where what is told inside is told here in the same moment. */
const guardedOf = (
  workspaces: string,
  kept: ReadonlyArray<{ readonly listed: Listed; readonly settings: Kept["settings"] }>
): ReadonlyArray<Guarded> =>
  kept.flatMap(({ listed: { workspace }, settings }) => {
    const delivered = spoolOf(folderOf(workspaces, workspace))
    if (!settings.beforeRisk || workspace.spec.sync !== undefined || !existsSync(delivered)) return []
    return [{ id: workspace.id, delivered, patience: settings.patience }]
  })

const lookAfter = (
  listed: Listed,
  settings: Kept["settings"],
  { every, now }: Pick<Kept, "every" | "now">,
  before: Note
) =>
  Effect.gen(function* () {
    const { redact } = yield* Secrets
    const { id, name, spec } = listed.workspace
    const found: Array<Trouble> = []
    const trouble = (job: string, cause: Cause.Cause<{ readonly message: string }>): void => {
      const failure = Cause.squash(cause)
      const text = failure instanceof Error ? failure.message : String(failure)
      found.push({ workspace: name, job, reason: cleanText(text, redact).text.slice(0, 500) })
    }
    const backend = yield* Effect.option(backendNamed(spec.backend))
    // A log of another machine's, or of a later Nexus: there is nothing to look at.
    if (Option.isNone(backend)) return { note: before, found }
    const usage = yield* backend.value.usage(id, { quick: before.rounds % diskEvery !== 0 }).pipe(
      Effect.catchAllCause((cause) => {
        trouble("samples", cause)
        return Effect.succeed(undefined)
      })
    )
    const passed = elapsed(before.at, now).awake
    const used = (usage?.cpuMs ?? Number.NaN) - (before.cpuMs ?? Number.NaN)
    const cpus = passed > 0 && used >= 0 ? used / passed : undefined
    const kept: Kept = { ...listed, backend: backend.value, settings, now, every, usage, cpus }
    let note: Note = { ...before, cpuMs: usage?.cpuMs ?? null }
    for (const job of jobs) {
      const last = note
      note = yield* job.run(kept, last).pipe(
        Effect.catchAllCause((cause) => {
          trouble(job.name, cause)
          return Effect.succeed(job.failed?.(last) ?? last)
        })
      )
    }
    return { note, found }
  })
