/**
 * A worktree's git state as a tree: `git/`, the files of its git directory that are state; `objects/`, git's objects that it needs
 * and that might be lost; `state`, what HEAD is on.
 */
import { lstatSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { TreeDamaged, TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import { encode, type Entry } from "./Entries.ts"
import { stateFiles } from "./GitFiles.ts"
import { type Head, neededObjects, readObjects, refsOf } from "./GitObjects.ts"
import { type Writer, writer } from "./Objects.ts"
import { forSystem, shown } from "./Paths.ts"
import type { Store } from "./Store.ts"
import { commit, isKept, load, type Tree } from "./Trees.ts"

/** Larger files of the state hold no ids that matter. In bytes. */
const longestText = 1024 * 1024

/** The last state of each git directory that this store kept: most of git's objects are in it already. */
export type LastStates = Map<string, string>

/** More moves of HEAD, or objects dropped from the store, than these are no chance. */
const attempts = 5

export const keepGit = (store: Store, last: LastStates, folder: string) => {
  const gitDirectory = shown(folder)
  assertKnown(folder)
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const generation = store.generation()
    const objects = writer(store)
    const contents: Array<Buffer> = []
    const before = headText(gitDirectory)
    const put = (bytes: Buffer) => {
      if (bytes.length <= longestText) contents.push(Buffer.from(bytes))
      return objects.put(bytes)
    }
    const scanned = stateFiles(folder, statSync(store.folder), put, objects.putFolder)
    const refs = refsOf(gitDirectory, before)
    // git was at work: HEAD is not that of these files.
    if (headText(gitDirectory) !== before) continue
    const texts = contents.filter((bytes) => !isIndex(bytes)).map((bytes) => bytes.toString("latin1"))
    const needed = neededObjects(
      gitDirectory,
      refs,
      texts.filter((text) => !isLog(text))
    )
    const git = gitObjects(store, last.get(folder), objects, gitDirectory, needed)
    const state = fileOf(objects, "state", Buffer.from(`${JSON.stringify(refs.head)}\n`))
    const parts = [folderOf(objects, "git", scanned.entries), shardsOf(objects, git), state]
    const files = scanned.files + git.size + 1
    const bytes = [...git.values()].reduce((sum, { size }) => sum + size, scanned.bytes + state.size)
    const root = objects.putFolder(encode(parts))
    const kept = commit(store, objects, { kind: "git", ignored: true, files, bytes, root }, generation)
    if (kept === undefined) continue
    last.set(folder, kept.hash)
    const { leftOut, unsteady } = scanned
    return { hash: kept.hash, files, bytes, addedBytes: objects.added(), leftOut, unsteady }
  }
  throw new TreeStoreFailed({
    operation: "Keeping the git state",
    path: gitDirectory,
    detail: "git changes it all the time",
    advice: "Try again when git is not at work there"
  })
}

const gitObjects = (
  store: Store,
  last: string | undefined,
  objects: Writer,
  gitDirectory: string,
  ids: ReadonlyArray<string>
): ReadonlyMap<string, Entry> => {
  const known = last !== undefined && isKept(store, last) ? parts(load(store, last, "git")).objects : undefined
  const found = new Map(ids.flatMap((id) => (known?.has(id) === true ? [[id, known.get(id) as Entry] as const] : [])))
  const missing = ids.filter((id) => !found.has(id))
  readObjects(gitDirectory, missing, (id, bytes) => found.set(id, fileOf(objects, id.slice(2), bytes)))
  return found
}

const shardsOf = (objects: Writer, git: ReadonlyMap<string, Entry>): Entry => {
  const shards = Map.groupBy([...git.keys()].sort(), (id) => id.slice(0, 2))
  const folders = [...shards].map(([shard, ids]) =>
    folderOf(
      objects,
      shard,
      ids.flatMap((id) => git.get(id) ?? [])
    )
  )
  return folderOf(objects, "objects", folders)
}

const fileOf = (objects: Writer, name: string, content: Buffer): Entry => ({
  name,
  type: "f",
  mode: 0o600,
  size: content.length,
  hash: objects.put(content)
})

const folderOf = (objects: Writer, name: string, entries: ReadonlyArray<Entry>): Entry => ({
  name,
  type: "d",
  mode: 0o700,
  size: 0,
  hash: objects.putFolder(encode(entries))
})

const headText = (gitDirectory: string): string => readFileSync(join(gitDirectory, "HEAD"), "utf8")

const isIndex = (bytes: Buffer): boolean => bytes.toString("latin1", 0, 4) === "DIRC"

/** "<old> <new> name <mail> time zone\tmessage": what HEAD was long ago may be gone. */
const isLog = (text: string): boolean => /^[0-9a-f]{40,64} [0-9a-f]{40,64} [^\n]* \d+ [+-]\d{4}\t/.test(text)

const assertKnown = (folder: string): void => {
  const has = (name: string) => lstatSync(forSystem(`${folder}/${name}`), { throwIfNoEntry: false }) !== undefined
  const fail = (detail: string, advice: string) => {
    throw new TreeStoreFailed({ operation: "Keeping the git state", path: shown(folder), detail, advice })
  }
  if (!has("HEAD")) fail("it is no git directory", "Repair the worktree first")
  if (has("reftable"))
    fail("its refs are in a reftable, which is not supported", "Use the files format (git refs migrate)")
}

/** What a kept git state holds. Thrown: TreeDamaged. */
export const parts = (
  tree: Tree
): { readonly files: ReadonlyArray<Entry>; readonly objects: ReadonlyMap<string, Entry>; readonly head: Head } => {
  const part = (name: string): Entry => {
    const found = tree.entries.find((entry) => entry.name === name)
    if (found === undefined) throw new TreeDamaged({ hash: tree.hash, detail: `it has no ${name}` })
    return found
  }
  const objects = new Map<string, Entry>()
  for (const shard of tree.open(part("objects")))
    for (const entry of tree.open(shard)) objects.set(shard.name + entry.name, entry)
  const head = JSON.parse(Buffer.concat([...tree.content(part("state"))]).toString("utf8")) as Head
  if (head.commit !== null && !/^[0-9a-f]{40,64}$/.test(head.commit))
    throw new TreeDamaged({ hash: tree.hash, detail: "HEAD is no commit" })
  if (head.ref !== null && !head.ref.startsWith("refs/heads/"))
    throw new TreeDamaged({ hash: tree.hash, detail: "HEAD is on no branch" })
  return { files: tree.open(part("git")), objects, head }
}
