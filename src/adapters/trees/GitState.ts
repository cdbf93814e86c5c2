/**
 * A worktree's git state as a tree: `git/`, the files of its git directory that are state; `objects/`, git's objects that it needs
 * and that might be lost; `state`, what HEAD is on.
 */
import { lstatSync, statSync } from "node:fs"
import { TreeDamaged, TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import { encode, type Entry } from "./Entries.ts"
import { stateFiles } from "./GitFiles.ts"
import { type Head, headOf, neededObjects, readObjects } from "./GitObjects.ts"
import { writer } from "./Objects.ts"
import { forSystem, shown } from "./Paths.ts"
import type { Store } from "./Store.ts"
import { commit, type Tree } from "./Trees.ts"

/** Larger files of the state hold no ids that matter. In bytes. */
const longestText = 1024 * 1024

export const keepGit = (store: Store, folder: string) => {
  const gitDirectory = shown(folder)
  assertKnown(folder)
  for (let attempt = 1; attempt <= 5; attempt++) {
    const generation = store.generation()
    const objects = writer(store)
    const texts: Array<string> = []
    const before = headOf(gitDirectory)
    const scanned = stateFiles(
      folder,
      statSync(store.folder),
      (bytes) => {
        if (bytes.length <= longestText && !isIndex(bytes)) texts.push(bytes.toString("latin1"))
        return objects.put(bytes)
      },
      objects.putFolder
    )
    const head = headOf(gitDirectory)
    // git was at work: HEAD is not that of these files.
    if (head.commit !== before.commit || head.ref !== before.ref) continue
    const ids = neededObjects(
      gitDirectory,
      head,
      texts.filter((text) => !isLog(text))
    )
    const git = readObjects(gitDirectory, ids)
    let bytes = scanned.bytes
    const file = (name: string, content: Buffer): Entry => {
      bytes += content.length
      return { name, type: "f", mode: 0o600, size: content.length, hash: objects.put(content) }
    }
    const folderOf = (name: string, entries: ReadonlyArray<Entry>): Entry => ({
      name,
      type: "d",
      mode: 0o700,
      size: 0,
      hash: objects.putFolder(encode(entries))
    })
    const shards = Map.groupBy([...git.keys()].sort(), (id) => id.slice(0, 2))
    const root = objects.putFolder(
      encode([
        folderOf("git", scanned.entries),
        folderOf(
          "objects",
          [...shards].map(([shard, ids]) =>
            folderOf(
              shard,
              ids.map((id) => file(id.slice(2), git.get(id) ?? Buffer.alloc(0)))
            )
          )
        ),
        file("state", Buffer.from(`${JSON.stringify({ ref: head.ref, commit: head.commit })}\n`))
      ])
    )
    const files = scanned.files + git.size + 1
    const kept = commit(store, objects, { kind: "git", ignored: true, files, bytes, root }, generation)
    if (kept === undefined) continue
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
