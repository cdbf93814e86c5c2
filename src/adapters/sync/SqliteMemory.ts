/** What a sync keeps between its rounds, in a SQLite file of its own that its owner alone may read. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import Database from "better-sqlite3"
import * as Effect from "effect/Effect"
import {
  type Identity,
  type Intent,
  type Kept,
  type KnownConflict,
  MemoryFailed,
  SyncBusy,
  type SyncMemory
} from "../../app/ports/SyncMemory.ts"
import type { Seen } from "../../app/ports/SyncSide.ts"
import { initialState, type SyncState } from "../../app/sync/SyncState.ts"
import { type Lock, takeLock } from "../../events/Lock.ts"
import { type Entry, sameEntry, type SideName, type Tree } from "../../domain/sync/Entry.ts"

const tables = `
  create table if not exists said (name text primary key, value text not null) without rowid;
  create table if not exists ancestor (path text primary key, entry text not null) without rowid;
  create table if not exists seen (side text not null, path text not null, seen text not null, primary key (side, path)) without rowid;
  create table if not exists intents (side text not null, path text not null, stamp text not null, entry text not null);
  create table if not exists conflicts (copy text primary key, path text not null, side text not null, at integer not null) without rowid;
`

const open = (file: string): Database.Database => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // Made before SQLite makes it, which would let others read it.
  closeSync(openSync(file, "a", 0o600))
  chmodSync(file, 0o600)
  const database = new Database(file, { timeout: 5000 })
  database.pragma("journal_mode = wal")
  database.pragma("synchronous = full")
  database.exec(tables)
  return database
}

/** `file`: where it is kept; beside it is a lock. Open as long as the scope. */
export const make = (file: string) =>
  Effect.gen(function* () {
    const attempt = <A>(body: () => A): Effect.Effect<A, MemoryFailed> =>
      Effect.try({
        try: body,
        catch: (cause) => new MemoryFailed({ file, detail: cause instanceof Error ? cause.message : String(cause) })
      })
    const database = yield* Effect.acquireRelease(
      attempt(() => open(file)),
      (database) => Effect.sync(() => database.close())
    )
    const say = database.prepare("insert or replace into said values (?, ?)")
    const said = (name: string): unknown => {
      const row = database.prepare("select value from said where name = ?").pluck().get(name) as string | undefined
      return row === undefined ? undefined : JSON.parse(row)
    }
    const inTransaction = (body: () => void) => attempt(() => database.transaction(body).immediate())
    const state = (): SyncState => ({ ...initialState, ...(said("state") as Partial<SyncState> | undefined) })

    const memory: SyncMemory = {
      exclusively: (body) =>
        Effect.acquireUseRelease(
          lock(file),
          () => body,
          (held) => Effect.sync(held.release)
        ),
      identity: attempt(() => said("identity") as Identity | undefined),
      identify: (identity) => inTransaction(() => say.run("identity", JSON.stringify(identity))),
      load: attempt(() => load(database)),
      intend: (intents) =>
        inTransaction(() => {
          database.exec("delete from intents")
          const insert = database.prepare("insert into intents values (?, ?, ?, ?)")
          for (const { side, path, stamp, entry } of intents) insert.run(side, path, stamp, JSON.stringify(entry))
        }),
      record: ({ before, ancestor, seen, conflicts }) =>
        inTransaction(() => {
          keepAncestor(database, before.ancestor, ancestor)
          for (const side of ["host", "workspace"] as const) keepSeen(database, side, before.seen[side], seen[side])
          const insert = database.prepare("insert or ignore into conflicts values (?, ?, ?, ?)")
          for (const { copy, path, side, at } of conflicts) insert.run(copy, path, side, at)
          // A conflict ends when its copy is gone: somebody chose.
          for (const { copy } of known(database))
            if (before.ancestor.has(copy) && !ancestor.has(copy))
              database.prepare("delete from conflicts where copy = ?").run(copy)
          database.exec("delete from intents")
        }),
      forget: inTransaction(() => {
        database.exec("delete from ancestor; delete from seen; delete from intents")
        database.prepare("delete from said where name = 'identity'").run()
        say.run("state", JSON.stringify({ ...state(), halt: null, isSame: false }))
      }),
      conflicts: attempt(() => known(database)),
      state: attempt(state),
      setState: (change) => inTransaction(() => say.run("state", JSON.stringify({ ...state(), ...change })))
    }
    return memory
  })

const lock = (file: string): Effect.Effect<Lock, SyncBusy | MemoryFailed> =>
  Effect.try({
    try: () => takeLock(`${file}.lock`),
    catch: (cause) =>
      new MemoryFailed({ file: `${file}.lock`, detail: cause instanceof Error ? cause.message : String(cause) })
  }).pipe(Effect.flatMap((held) => (held === undefined ? new SyncBusy({ file }) : Effect.succeed(held))))

const known = (database: Database.Database): ReadonlyArray<KnownConflict> =>
  database.prepare("select path, copy, side, at from conflicts order by at, path").all() as ReadonlyArray<KnownConflict>

const load = (database: Database.Database): Kept => {
  const seen = { host: new Map<string, Seen>(), workspace: new Map<string, Seen>() }
  const rows = database.prepare("select side, path, seen from seen").raw().all() as ReadonlyArray<
    readonly [SideName, string, string]
  >
  for (const [side, path, text] of rows) seen[side].set(path, JSON.parse(text) as Seen)
  const entries = database.prepare("select path, entry from ancestor").raw().all() as ReadonlyArray<
    readonly [string, string]
  >
  const ancestor = new Map(entries.map(([path, entry]) => [path, JSON.parse(entry) as Entry]))
  const intents = (
    database.prepare("select side, path, stamp, entry from intents").all() as ReadonlyArray<
      Omit<Intent, "entry"> & { readonly entry: string }
    >
  ).map((row): Intent => ({ ...row, entry: JSON.parse(row.entry) as Entry }))
  return { ancestor, seen, intents }
}

/** Writes what differs. */
const keepAncestor = (database: Database.Database, before: Tree, after: Tree): void => {
  const put = database.prepare("insert or replace into ancestor values (?, ?)")
  const drop = database.prepare("delete from ancestor where path = ?")
  for (const path of before.keys()) if (!after.has(path)) drop.run(path)
  for (const [path, entry] of after) if (!sameEntry(before.get(path), entry)) put.run(path, JSON.stringify(entry))
}

const keepSeen = (
  database: Database.Database,
  side: SideName,
  before: ReadonlyMap<string, Seen>,
  after: ReadonlyMap<string, Seen>
): void => {
  const put = database.prepare("insert or replace into seen values (?, ?, ?)")
  const drop = database.prepare("delete from seen where side = ? and path = ?")
  for (const path of before.keys()) if (!after.has(path)) drop.run(side, path)
  for (const [path, seen] of after) {
    const old = before.get(path)
    if (old?.stamp !== seen.stamp || old.isSettled !== seen.isSettled || !sameEntry(old.entry, seen.entry))
      put.run(side, path, JSON.stringify(seen))
  }
}
