/** The files as they are, and as they were at the base. */
import { lstatSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"
import * as Effect from "effect/Effect"
import { History } from "../../ports/History.ts"
import type { Changed } from "../../ports/Work.ts"
import { isSource } from "./Features.ts"
import { isMarkdown } from "./Links.ts"
import { type Tree, treeOf } from "./Tree.ts"

/** Bytes; larger files are not looked at. */
const mostBytes = 512 * 1024

const textOf = (file: string): string | null => {
  try {
    const stat = lstatSync(file)
    return stat.isFile() && stat.size <= mostBytes ? readFileSync(file, "utf8") : null
  } catch {
    // Gone since git looked, or not ours to read.
    return null
  }
}

export const treeNow = (checkout: string, files: ReadonlyArray<string>): Tree =>
  treeOf(files, (path) => textOf(join(checkout, path)))

/** What did not change is as it is on disk. */
export const treeBefore = (checkout: string, now: Tree, changed: ReadonlyArray<Changed>) =>
  Effect.gen(function* () {
    const then = new Map(
      changed.flatMap(({ path, from, before }) => (before === null ? [] : [[from ?? path, before] as const]))
    )
    const isRead = (path: string) => isMarkdown(path) || isSource(path) || readable.has(posix.basename(path))
    const wanted = [...then].filter(([path]) => isRead(path)).map(([, blob]) => blob)
    const contents = yield* (yield* History).blobs(checkout, wanted, mostBytes)
    const fresh = new Set(changed.map(({ path }) => path))
    const paths = [...[...now.files].filter((path) => !fresh.has(path)), ...then.keys()]
    return treeOf(paths, (path) => {
      const blob = then.get(path)
      if (blob !== undefined) return contents.get(blob)?.toString("utf8") ?? null
      return fresh.has(path) ? null : now.read(path)
    })
  })

/** By path, for what moved. Of files that git does not know yet, it can't tell: an equal document that is gone was the same. */
export const namesBefore = (changed: ReadonlyArray<Changed>, now: Tree, before: Tree): ReadonlyMap<string, string> => {
  const gone = changed.filter(({ path, isThere }) => !isThere && isMarkdown(path)).map(({ path }) => path)
  return new Map(
    changed.flatMap(({ path, from, before: blob, isThere }) => {
      if (from !== null) return [[path, from] as const]
      if (blob !== null || !isThere || gone.length === 0 || !isMarkdown(path)) return []
      const text = now.read(path)
      const was = text === null ? undefined : gone.find((one) => before.read(one) === text)
      return was === undefined ? [] : [[path, was] as const]
    })
  )
}

/** Files beside documents and sources that tell of commands. */
const readable = new Set(
  "package.json package-lock.json Makefile makefile GNUmakefile justfile Justfile .justfile Taskfile.yml Taskfile.yaml taskfile.yml taskfile.yaml Taskfile.dist.yml".split(
    " "
  )
)
