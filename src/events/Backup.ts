/** Copies of the log that can be trusted, and putting one in its place. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync
} from "node:fs"
import { dirname } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Database from "./Database.ts"
import { LogDamaged, type LogFailure, LogUnavailable } from "./LogErrors.ts"
import { failureOf } from "./SqliteFailures.ts"
import { type Verification, verify } from "./Verify.ts"

export class BackupRefused extends Schema.TaggedError<BackupRefused>()("BackupRefused", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file} ${this.reason}`
  }
}

/** The file, or the folder for it, is not there. */
export class BackupMissing extends Schema.TaggedError<BackupMissing>()("BackupMissing", { path: Schema.String }) {
  override get message() {
    return `${this.path} does not exist.`
  }
}

/** The file is not a log that holds together. */
export class BackupBroken extends Schema.TaggedError<BackupBroken>()("BackupBroken", {
  file: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `${this.file} is not a sound log: ${this.problem}. Nothing was changed.`
  }
}

export interface BackupReport {
  readonly file: string
  readonly events: number
  readonly bytes: number
  readonly head: string
}

type Progress = (done: number, total: number) => void

/**
 * A verified copy of the log in a new file, taken while others go on writing. It appears under its name only when it is
 * whole and on disk.
 */
export const backup = (
  source: Database.Database,
  file: string,
  progress?: Progress
): Effect.Effect<BackupReport, LogFailure | BackupRefused | BackupMissing | BackupBroken> =>
  Effect.gen(function* () {
    if (!existsSync(dirname(file))) return yield* new BackupMissing({ path: dirname(file) })
    if (existsSync(file))
      return yield* new BackupRefused({ file, reason: "exists already. Choose another name, or remove it." })
    const unfinished = `${file}.unfinished`
    const verification = yield* Effect.gen(function* () {
      yield* copy(source, unfinished, progress)
      yield* Database.seal(unfinished)
      return yield* verifyFile(unfinished)
    }).pipe(Effect.onError(() => Effect.sync(() => removeWithWal(unfinished))))
    yield* onDisk(file, () => {
      syncFile(unfinished)
      renameSync(unfinished, file)
      syncFile(dirname(file))
    })
    return { file, events: verification.events, bytes: statSync(file).size, head: verification.head }
  })

export interface RestoreReport {
  readonly events: number
  readonly head: string
  /** Where the log is that was there before; null when there was none. */
  readonly kept: string | null
}

/**
 * Makes the log at `path` what `file` holds, once that is verified. A copy of what was there is kept beside it. The log then
 * writes under a new device id, so that two histories never claim the same numbers. A process that has the log open finds
 * out at its next append, which fails instead of continuing the wrong history.
 */
export const restore = (
  path: string,
  file: string,
  generation: string,
  progress?: Progress
): Effect.Effect<RestoreReport, LogFailure | BackupMissing | BackupBroken> =>
  Effect.gen(function* () {
    if (!existsSync(file)) return yield* new BackupMissing({ path: file })
    const incoming = `${path}.incoming`
    yield* onDisk(path, () => mkdirSync(dirname(path), { recursive: true, mode: 0o700 }))
    removeWithWal(incoming)
    return yield* Effect.gen(function* () {
      yield* Effect.acquireUseRelease(
        Database.openReadOnly(file),
        (source) => copy(source, incoming, progress),
        Database.close
      )
      yield* Database.seal(incoming)
      const { events, head } = yield* verifyFile(incoming, file)
      yield* Database.renew(incoming, generation)
      yield* onDisk(path, () => syncFile(incoming))
      const now = yield* Clock.currentTimeMillis
      const aside = `${path}.before-restore-${new Date(now).toISOString().replace(/[:.]/g, "-")}`
      const kept = yield* replace(path, incoming, aside)
      yield* onDisk(path, () => syncFile(dirname(path)))
      return { events, head, kept }
    }).pipe(Effect.ensuring(Effect.sync(() => removeWithWal(incoming))))
  })

/**
 * Through SQLite, under its locks, in one transaction of the log that is there; or by its name, when there is none or it
 * cannot be opened any more, and so nobody can be using it.
 */
const replace = (path: string, incoming: string, aside: string): Effect.Effect<string | null, LogFailure> =>
  Effect.gen(function* () {
    const old = existsSync(path) ? yield* Database.openAsItIs(path) : undefined
    if (old !== undefined) {
      const unfinished = `${path}.keeping`
      removeWithWal(unfinished)
      yield* copy(old, unfinished).pipe(Effect.ensuring(Database.close(old)))
      yield* onDisk(aside, () => {
        syncFile(unfinished)
        renameSync(unfinished, aside)
        syncFile(dirname(aside))
      })
      yield* Effect.acquireUseRelease(
        Database.openReadOnly(incoming),
        (source) => overwrite(source, path),
        Database.close
      )
      return aside
    }
    const kept = existsSync(path) ? aside : null
    yield* onDisk(path, () => {
      for (const suffix of kept === null ? [] : ["-wal", "-shm"]) {
        if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
      }
      // There is a log under the name at every moment: without one, the next command would begin an empty one.
      if (kept !== null) linkSync(path, kept)
      renameSync(incoming, path)
    })
    return kept
  })

/** All pages in one step, since the log is locked meanwhile. */
const overwrite = (source: Database.Database, path: string): Effect.Effect<void, LogFailure> =>
  Effect.tryPromise({
    try: () => source.sqlite.backup(path, { progress: () => 2 ** 30 }),
    catch: (cause) => failureOf(path, cause) ?? unavailable(path, cause)
  }).pipe(
    Effect.retry({
      while: (failure) => failure._tag === "LogBusy",
      schedule: Schedule.spaced("20 millis"),
      times: 500
    }),
    Effect.asVoid
  )

/** Page by page through SQLite's online backup, which starts over by itself when another process writes in between. */
const copy = (source: Database.Database, file: string, progress?: Progress): Effect.Effect<void, LogFailure> =>
  Effect.gen(function* () {
    yield* onDisk(file, () => closeSync(openSync(file, "w", 0o600)))
    yield* Effect.tryPromise({
      try: () =>
        source.sqlite.backup(file, {
          progress: ({ totalPages, remainingPages }) => {
            progress?.(totalPages - remainingPages, totalPages)
            return 2000
          }
        }),
      catch: (cause) => failureOf(file, cause) ?? unavailable(file, cause)
    })
    yield* onDisk(file, () => chmodSync(file, 0o600))
  })

const verifyFile = (file: string, named = file): Effect.Effect<Verification, LogFailure | BackupBroken> =>
  Effect.acquireUseRelease(
    Database.openReadOnly(file),
    (database) =>
      Effect.gen(function* () {
        const state = yield* Database.guard(file, () =>
          String(database.sqlite.pragma("quick_check(1)", { simple: true }))
        )
        if (state !== "ok") return yield* new BackupBroken({ file: named, problem: state })
        const verification = yield* verify(database)
        const { finding } = verification
        if (finding !== null) {
          return yield* new BackupBroken({ file: named, problem: `event ${finding.position}: ${finding.problem}` })
        }
        return verification
      }),
    Database.close
  ).pipe(
    Effect.mapError((failure) =>
      failure instanceof LogDamaged ? new BackupBroken({ file: named, problem: failure.reason }) : failure
    )
  )

const onDisk = (path: string, body: () => void): Effect.Effect<void, LogFailure> =>
  Effect.try({ try: body, catch: (cause) => failureOf(path, cause) ?? unavailable(path, cause) })

const unavailable = (path: string, cause: unknown): LogFailure =>
  new LogUnavailable({ path, reason: "failing", detail: cause instanceof Error ? cause.message : String(cause) })

const syncFile = (path: string): void => {
  const descriptor = openSync(path, "r")
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const removeWithWal = (path: string): void => {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(path + suffix, { force: true })
}
