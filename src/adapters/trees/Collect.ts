/** Drops what no tree has any more. */
import { readdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { place } from "./Archives.ts"
import { hashOf } from "./Entries.ts"
import { insert, packOf, reader, type Reader } from "./Objects.ts"
import type { Store } from "./Store.ts"
import { isKept, reachable } from "./Trees.ts"

/** Milliseconds: what was kept later than that may be about to be recorded by somebody. */
export const grace = 60 * 60 * 1000

/** What was seen of a folder is forgotten after so many milliseconds without a look. */
const forgotten = 60 * 24 * 60 * 60 * 1000

/** A pack of which less than this share is needed is written anew. */
const worthKeeping = 0.5

/**
 * Answers the bytes that it freed. All in one transaction: a keep that is under way sees the new generation, and looks whether what
 * it counted on is still there. Thrown: TreeDamaged when a tree that is to stay can't be read; nothing is dropped then.
 */
export const collect = (store: Store, kept: ReadonlyArray<string>, now: number, spared = grace): number => {
  const { freed, archives } = store.exclusively(() => {
    const roots = new Set(kept.filter((hash) => isKept(store, hash)))
    for (const hash of store
      .prepare("SELECT lower(hex(hash)) FROM trees WHERE kept_at > ?")
      .pluck()
      .all(now - spared))
      roots.add(String(hash))
    const live = new Set<string>()
    const objects = reader(store)
    for (const root of roots) reachable(objects, root, live)
    for (const hash of store.prepare("SELECT lower(hex(hash)) FROM trees").pluck().all() as ReadonlyArray<string>)
      if (!roots.has(hash)) store.prepare("DELETE FROM trees WHERE hash = ?").run(Buffer.from(hash, "hex"))
    return { freed: dropObjects(store, objects, live), archives: dropArchives(store, new Set(kept), now - spared) }
  })
  for (const { name } of archives) rmSync(place(store, name), { force: true })
  store.sqlite.pragma("incremental_vacuum")
  store.sqlite.pragma("wal_checkpoint(TRUNCATE)")
  forget(store, now)
  return freed + archives.reduce((sum, { bytes }) => sum + bytes, 0)
}

interface Member {
  readonly hash: string
  readonly pack: number
  readonly bytes: number
}

const dropObjects = (store: Store, objects: Reader, live: ReadonlySet<string>): number => {
  const all = store
    .prepare("SELECT lower(hex(hash)) AS hash, pack, bytes FROM objects ORDER BY pack")
    .all() as ReadonlyArray<Member>
  const dead = all.filter(({ hash }) => !live.has(hash))
  if (dead.length === 0) return 0
  const remove = store.prepare("DELETE FROM objects WHERE hash = ?")
  for (const { hash } of dead) remove.run(Buffer.from(hash, "hex"))
  const stored = store.prepare("SELECT length(data) FROM packs WHERE id = ?").pluck()
  const dropPack = store.prepare("DELETE FROM packs WHERE id = ?")
  const living = Map.groupBy(
    all.filter(({ hash }) => live.has(hash)),
    ({ pack }) => pack
  )
  let freed = 0
  for (const [pack, members] of Map.groupBy(dead, ({ pack }) => pack)) {
    const still = living.get(pack) ?? []
    const stillBytes = sum(still)
    if (still.length > 0 && stillBytes >= worthKeeping * (stillBytes + sum(members))) continue
    const moved = anew(store, objects, still)
    if (moved === undefined) continue
    freed += Number(stored.get(pack) ?? 0) - moved
    dropPack.run(pack)
  }
  store.prepare("UPDATE store SET generation = generation + 1").run()
  return freed
}

const sum = (members: ReadonlyArray<Member>): number => members.reduce((total, { bytes }) => total + bytes, 0)

/** The same objects in a pack of their own; answers its bytes. Undefined: one is damaged, and stays where it is. */
const anew = (store: Store, objects: Reader, members: ReadonlyArray<Member>): number | undefined => {
  if (members.length === 0) return 0
  const contents: Array<{ hash: string; bytes: Buffer }> = []
  for (const { hash } of members) {
    const bytes = intact(objects, hash)
    if (bytes === undefined) return undefined
    contents.push({ hash, bytes })
  }
  const remove = store.prepare("DELETE FROM objects WHERE hash = ?")
  for (const { hash } of members) remove.run(Buffer.from(hash, "hex"))
  return insert(store, packOf(contents))
}

const intact = (objects: Reader, hash: string): Buffer | undefined => {
  try {
    const bytes = objects.get(hash, hash)
    return hashOf(bytes) === hash ? bytes : undefined
  } catch {
    // Damaged: whoever needs it is told when it is read.
    return undefined
  }
}

const dropArchives = (store: Store, kept: ReadonlySet<string>, before: number) => {
  const rows = store
    .prepare("SELECT lower(hex(hash)) AS hash, name, bytes FROM archives WHERE kept_at <= ?")
    .all(before) as ReadonlyArray<{ hash: string; name: string; bytes: number }>
  const dropped = rows.filter(({ hash }) => !kept.has(hash))
  for (const { hash } of dropped) store.prepare("DELETE FROM archives WHERE hash = ?").run(Buffer.from(hash, "hex"))
  return [...dropped, ...orphans(store, before)]
}

/** Files that nobody took over: whoever brought them was killed. */
const orphans = (store: Store, before: number): ReadonlyArray<{ name: string; bytes: number }> => {
  const owned = new Set(store.prepare("SELECT name FROM archives").pluck().all())
  return filesIn(join(store.folder, "archives")).flatMap((name) => {
    const stat = statSync(place(store, name), { throwIfNoEntry: false })
    return stat === undefined || owned.has(name) || stat.ctimeMs > before ? [] : [{ name, bytes: stat.size }]
  })
}

const forget = (store: Store, now: number): void => {
  const folder = join(store.folder, "looks")
  for (const name of filesIn(folder)) {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false })
    if (stat !== undefined && now - stat.mtimeMs > forgotten) rmSync(join(folder, name), { force: true })
  }
}

const filesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    // Nothing was put there yet.
    return []
  }
}
