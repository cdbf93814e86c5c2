/**
 * Keeps the projections in step with the log: inline in each append's own transaction, and from event 1 when one is new,
 * changed, or in doubt.
 *
 * Guarantees: a reader sees a projection whole, old or new, never half built; a rebuild that is killed leaves the old one in
 * place and its remains are dropped by the next; an event that a projection fails on is recorded, never skipped silently.
 */
import { randomBytes } from "node:crypto"
import { setFlagsFromString } from "node:v8"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { reader } from "../events/Blobs.ts"
import * as Database from "../events/Database.ts"
import { EventLog, LogObserver } from "../events/EventLog.ts"
import type { LogFailure } from "../events/LogErrors.ts"
import * as Fold from "./Fold.ts"
import { bookkeeping, fallBehind, find, headPosition, saveFaults, saveInStep } from "./Bookkeeping.ts"
import { type Difference, differencesOf, digest } from "./Compare.ts"
import type { Projection } from "./Projection.ts"
import { createIndexes, createTables, dropTables, renameTables } from "./Schema.ts"
import { dropRemains, dropShadows } from "./Shadows.ts"

/** Smaller pages are collected young. */
const pageSize = 500

/**
 * Going through a log makes much garbage and keeps little. Left alone, V8 lets the young generation grow with it, and the
 * process to half as much memory again, for 3 % less time.
 */
const keepYoungGenerationSmall = (): void => setFlagsFromString("--semi-space-growth-factor=1")

/** How many events may be left for the transaction that swaps a rebuilt projection in; more are folded before it. */
const swapWithin = 2000

export class ProjectionUnknown extends Schema.TaggedError<ProjectionUnknown>()("ProjectionUnknown", {
  name: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message() {
    return `There is no projection ${this.name}. Known are: ${this.known.join(", ")}.`
  }
}

export interface Status {
  readonly name: string
  /** Of the code; `builtWith` is that of the rows. */
  readonly version: number
  readonly builtWith: number
  /** The last event that is folded in. */
  readonly position: number
  /** When it was last derived from event 1, milliseconds since 1970. */
  readonly rebuilt: number
  readonly faults: number
  /** The position of the first fault; null when there is none. */
  readonly degradedSince: number | null
  /** Whether its answers are as of the head of the log. */
  readonly current: boolean
}

export interface Check {
  readonly name: string
  readonly position: number
  readonly same: boolean
  /** The first differences, at most five. */
  readonly differences: ReadonlyArray<Difference>
}

/** Told how far a long piece of work is: events done, of all. */
export type Progress = (done: number, total: number) => void

export class Projections extends Context.Tag("nexus/projections/Projections")<
  Projections,
  {
    readonly status: Effect.Effect<ReadonlyArray<Status>, LogFailure>
    /** Brings what lags or was made by other code up to date. Cheap when there is nothing to do. */
    readonly catchUp: (progress?: Progress) => Effect.Effect<void, LogFailure>
    /** Derives projections (all, when none is named) from event 1 and swaps them in. */
    readonly rebuild: (
      names: ReadonlyArray<string>,
      progress?: Progress
    ) => Effect.Effect<void, LogFailure | ProjectionUnknown>
    /** Derives projections aside and compares them with the live ones. */
    readonly check: (
      names: ReadonlyArray<string>,
      progress?: Progress
    ) => Effect.Effect<ReadonlyArray<Check>, LogFailure | ProjectionUnknown>
    /** Every read model as of a position, in a database of its own that the caller closes. */
    readonly asOf: (position: number, progress?: Progress) => Effect.Effect<Database.Database, LogFailure>
  }
>() {
  static readonly layer = (projections: ReadonlyArray<Projection>) =>
    Layer.effect(
      Projections,
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* begin(log.database, projections)
        return make(log, projections)
      })
    )
}

/** Folds each append into the projections that are in step. One that lags is left to `catchUp`. */
export const observer = (projections: ReadonlyArray<Projection>) =>
  Layer.succeed(LogObserver, {
    appended: (database, events) => {
      const [first] = events
      if (first === undefined) return
      const contents = reader(database)
      for (const { name, version, position } of bookkeeping(database)) {
        if (position !== null) continue
        const projection = projections.find((one) => one.name === name && one.version === version)
        if (projection === undefined) {
          // Made by another version of Nexus: it will bring it up to date, or this one will make it anew.
          fallBehind(database, name, first.position - 1)
          continue
        }
        const fold = Fold.make(database, projection, contents)
        fold.apply(events)
        fold.flush()
        saveFaults(database, fold.faults)
      }
    },
    destroyed: (database) => {
      database.prepare("UPDATE projections SET version = 0").run()
    }
  })

/** Projections of a log that has no events yet are in step from the start. */
const begin = (database: Database.Database, projections: ReadonlyArray<Projection>): Effect.Effect<void, LogFailure> =>
  Effect.gen(function* () {
    const missing = () => projections.filter(({ name }) => find(database, name) === undefined)
    const isNew = yield* Database.guard(database.path, () => missing().length > 0 && headPosition(database) === 0)
    if (!isNew) return
    yield* Database.immediate(database, () => {
      if (headPosition(database) > 0) return
      for (const projection of missing()) {
        createTables(database, projection, (name) => name)
        createIndexes(database, projection)
        saveInStep(database, projection, 0)
      }
    })
  })

const make = (log: EventLog["Type"], projections: ReadonlyArray<Projection>): Projections["Type"] => {
  const { database } = log

  const named = (names: ReadonlyArray<string>) =>
    Effect.forEach(names.length === 0 ? projections.map(({ name }) => name) : names, (name) => {
      const projection = projections.find((one) => one.name === name)
      return projection === undefined
        ? Effect.fail(new ProjectionUnknown({ name, known: projections.map((one) => one.name) }))
        : Effect.succeed(projection)
    })

  const status = Database.snapshot(database, () => {
    const head = headPosition(database)
    return projections.map((projection): Status => {
      const row = find(database, projection.name)
      const faults = database
        .prepare("SELECT count(*) AS count, min(position) AS first FROM projection_faults WHERE projection = ?")
        .get(projection.name) as { count: number; first: number | null }
      return {
        name: projection.name,
        version: projection.version,
        builtWith: row?.version ?? 0,
        position: row === undefined ? 0 : (row.position ?? head),
        rebuilt: row?.rebuilt ?? 0,
        faults: faults.count,
        degradedSince: faults.first,
        current: row?.version === projection.version && row.position === null
      }
    })
  })

  /** Folds what `folds` have not seen, page by page; `flush` is given the chance to write between pages. */
  const foldPages = (
    folds: ReadonlyArray<Fold.Fold>,
    from: number,
    until: number,
    flush: () => Effect.Effect<void, LogFailure>,
    progress?: Progress
  ) =>
    Effect.gen(function* () {
      if (until - from > 50_000) keepYoungGenerationSmall()
      let after = from
      while (after < until) {
        const events = yield* log.page({ after, until }, pageSize)
        if (events.length === 0) break
        for (const fold of folds) fold.apply(events)
        after = events.at(-1)?.position ?? until
        if (folds.some((fold) => fold.isFull())) yield* flush()
        progress?.(after, until)
        yield* Effect.yieldNow()
      }
      return after
    })

  const rebuild = (which: ReadonlyArray<Projection>, progress?: Progress) =>
    Effect.gen(function* () {
      const suffix = `__${randomBytes(6).toString("hex")}`
      const shadow = (name: string) => `${name}${suffix}`
      const started = yield* Clock.currentTimeMillis
      yield* Database.immediate(database, () => {
        dropRemains(database)
        database
          .prepare("INSERT INTO projection_rebuilds (suffix, pid, started) VALUES (?, ?, ?)")
          .run(suffix, process.pid, started)
        for (const projection of which) createTables(database, projection, shadow)
      })
      const contents = reader(database)
      const folds = which.map((projection) => Fold.make(database, projection, contents, shadow))
      const flush = () => Database.immediate(database, () => folds.forEach((fold) => fold.flush()))
      const abandon = Database.immediate(database, () => dropShadows(database, suffix)).pipe(Effect.ignore)
      yield* Effect.gen(function* () {
        let at = 0
        let head = yield* Database.guard(database.path, () => headPosition(database))
        do {
          at = yield* foldPages(folds, at, head, flush, progress)
          yield* flush()
          head = yield* Database.guard(database.path, () => headPosition(database))
        } while (head - at > swapWithin)
        const rest = { after: at }
        yield* log
          .transact((transaction) => {
            // All that is left, since from here on it is kept in step: the lock that is held keeps others from adding to it.
            const events = transaction.page(rest, Number.MAX_SAFE_INTEGER)
            for (const fold of folds) {
              fold.apply(events)
              fold.flush()
              dropTables(database, fold.projection, (name) => name)
              renameTables(database, fold.projection, shadow)
              createIndexes(database, fold.projection)
              database.prepare("DELETE FROM projection_faults WHERE projection = ?").run(fold.projection.name)
              saveFaults(database, fold.faults)
              saveInStep(database, fold.projection, started)
            }
            database.prepare("DELETE FROM projection_rebuilds WHERE suffix = ?").run(suffix)
          })
          .pipe(Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }))
      }).pipe(Effect.onError(() => abandon))
    })

  const foldAside = (which: ReadonlyArray<Projection>, until: number, progress?: Progress) =>
    Effect.gen(function* () {
      const aside = Database.openScratch()
      const contents = reader(database)
      const folds = which.map((projection) => {
        createTables(aside, projection, (name) => name)
        return Fold.make(aside, projection, contents, (name) => name)
      })
      const flush = () => Database.immediate(aside, () => folds.forEach((fold) => fold.flush()))
      yield* foldPages(folds, 0, until, flush, progress).pipe(Effect.onError(() => Database.close(aside)))
      yield* flush()
      return aside
    })

  return {
    status,
    rebuild: (names, progress) => Effect.flatMap(named(names), (which) => rebuild(which, progress)),
    catchUp: (progress) =>
      Effect.gen(function* () {
        const stale = (yield* status).filter((one) => !one.current)
        if (stale.length === 0) return
        yield* rebuild(
          projections.filter(({ name }) => stale.some((one) => one.name === name)),
          progress
        )
      }),
    check: (names, progress) =>
      Effect.gen(function* () {
        const which = yield* named(names)
        return yield* Effect.forEach(which, (projection) =>
          Effect.gen(function* () {
            // The live rows are only hashed in the snapshot: a long read transaction would make the WAL grow.
            const live = yield* Database.snapshot(database, () => {
              const row = find(database, projection.name)
              if (row === undefined) return undefined
              return { position: row.position ?? headPosition(database), digest: digest(database, projection) }
            })
            if (live === undefined) return { name: projection.name, position: 0, same: false, differences: [] }
            const aside = yield* foldAside([projection], live.position, progress)
            const same = digest(aside, projection) === live.digest
            const differences = same
              ? []
              : yield* Database.snapshot(database, () => [...differencesOf(database, aside, projection)])
            yield* Database.close(aside)
            return { name: projection.name, position: live.position, same, differences }
          })
        )
      }),
    asOf: (position, progress) => foldAside(projections, position, progress)
  }
}
