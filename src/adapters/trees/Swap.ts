/** Puts what was made ready in its place, each file at once, and back again when a step fails. */
import { chmodSync, linkSync, lstatSync, mkdirSync, renameSync, rmdirSync, type Stats, unlinkSync } from "node:fs"
import { TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import { type Beneath, madeWritable } from "./Beneath.ts"
import { codeOf } from "./Failures.ts"
import { shown } from "./Paths.ts"
import type { Plan } from "./Plan.ts"
import type { Staging } from "./Staging.ts"

/** Whether what is there is what was looked at. */
export type IsAsExpected = (path: string, stat: Stats) => boolean

/** `plan.puts[n]` is ready as the staging's n-th. Thrown: TreeStoreFailed and what the file system throws; then all is as it was. */
export const swap = (plan: Plan, beneath: Beneath, staging: Staging, isAsExpected: IsAsExpected): void => {
  const backwards: Array<() => void> = []
  try {
    for (const step of stepsOf(plan, beneath, staging, isAsExpected)) {
      const undo = step()
      if (undo !== undefined) backwards.push(undo)
    }
  } catch (cause) {
    undoAll(backwards, cause)
    throw cause
  }
}

type Step = () => (() => void) | undefined

function* stepsOf(plan: Plan, beneath: Beneath, staging: Staging, isAsExpected: IsAsExpected): Iterable<Step> {
  const { puts, removes, removedFolders, newFolders, modes } = plan
  const parents = new Set(
    [...puts, ...newFolders]
      .map(({ path }) => path)
      .concat(removes, removedFolders)
      .map(parentOf)
  )
  const reopened: Array<{ path: string; close: () => void }> = []
  for (const path of [...parents].sort())
    yield () => {
      const undo = isThere(beneath, path) ? madeWritable(beneath, path) : undefined
      if (undo !== undefined) reopened.unshift({ path, close: undo })
      return undo
    }
  for (const [index, path] of removes.entries())
    yield () => {
      expect(path, beneath, isAsExpected)
      const aside = puts.length + index
      renameSync(beneath.at(path), staging.aside(aside))
      return () => renameSync(staging.aside(aside), beneath.at(path))
    }
  for (const path of removedFolders) yield () => removeFolder(path, beneath)
  for (const { path } of newFolders) yield () => makeFolder(path, beneath)
  for (const [index, { path, replaces }] of puts.entries())
    yield () => {
      if (!replaces) {
        // Not a rename, which would replace what appeared there meanwhile.
        add(path, beneath, staging.fresh(index))
        return () => unlinkSync(beneath.at(path))
      }
      expect(path, beneath, isAsExpected)
      putAside(beneath.at(path), staging.aside(index))
      try {
        renameSync(staging.fresh(index), beneath.at(path))
      } catch (cause) {
        renameSync(staging.aside(index), beneath.at(path))
        throw cause
      }
      return () => renameSync(staging.aside(index), beneath.at(path))
    }
  yield () => {
    for (const { path, close } of reopened) if (isThere(beneath, path)) close()
    return undefined
  }
  for (const { path, mode } of newFolders.toReversed())
    yield () => {
      chmodSync(beneath.at(path), mode)
      return undefined
    }
  for (const { path, mode, before } of modes)
    yield () => {
      if (lstatSync(beneath.at(path)).isSymbolicLink()) throw changed(path)
      chmodSync(beneath.at(path), mode)
      return () => chmodSync(beneath.at(path), before)
    }
}

const isThere = (beneath: Beneath, path: string): boolean => {
  try {
    return path === "" || lstatSync(beneath.at(path), { throwIfNoEntry: false })?.isDirectory() === true
  } catch (cause) {
    // One above it is yet to be made.
    if (cause instanceof TreeStoreFailed) return false
    throw cause
  }
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")))

const expect = (path: string, beneath: Beneath, isAsExpected: IsAsExpected): void => {
  const stat = lstatSync(beneath.at(path), { throwIfNoEntry: false })
  if (stat === undefined || !isAsExpected(path, stat)) throw changed(path)
}

const changed = (path: string) =>
  new TreeStoreFailed({
    operation: "Restoring",
    path: shown(path),
    detail: "it changed since it was looked at",
    advice: "Nothing was changed. Stop what writes there and try again"
  })

/** A second name for it where the file system has such, so that there is never none. */
const putAside = (path: string | Buffer, aside: string | Buffer): void => {
  try {
    linkSync(path, aside)
  } catch (cause) {
    if (!/^(EPERM|EXDEV|EMLINK|ENOTSUP|EOPNOTSUPP|EACCES)$/.test(codeOf(cause))) throw cause
    renameSync(path, aside)
  }
}

const add = (path: string, beneath: Beneath, fresh: string | Buffer): void => {
  try {
    linkSync(fresh, beneath.at(path))
    unlinkSync(fresh)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === "EEXIST") throw changed(path)
    if (!/^(EPERM|EMLINK|ENOTSUP|EOPNOTSUPP)$/.test(code)) throw cause
    if (lstatSync(beneath.at(path), { throwIfNoEntry: false }) !== undefined) throw changed(path)
    renameSync(fresh, beneath.at(path))
  }
}

/** One in which something is that is not the tree's stays. */
const removeFolder = (path: string, beneath: Beneath): (() => void) | undefined => {
  const { mode } = lstatSync(beneath.at(path))
  beneath.forget(path)
  try {
    rmdirSync(beneath.at(path))
  } catch (cause) {
    if (codeOf(cause) === "ENOTEMPTY" || codeOf(cause) === "EEXIST") return undefined
    throw cause
  }
  return () => {
    mkdirSync(beneath.at(path))
    chmodSync(beneath.at(path), mode & 0o7777)
  }
}

/** Open for us until the end; one that is there already, with what the tree does not know, is as good. */
const makeFolder = (path: string, beneath: Beneath): (() => void) | undefined => {
  try {
    mkdirSync(beneath.at(path), { mode: 0o700 })
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST" || !lstatSync(beneath.at(path)).isDirectory()) throw cause
    return undefined
  }
  return () => {
    beneath.forget(path)
    rmdirSync(beneath.at(path))
  }
}

const undoAll = (backwards: ReadonlyArray<() => void>, cause: unknown): void => {
  for (const undo of backwards.toReversed()) {
    try {
      undo()
    } catch (second) {
      throw new TreeStoreFailed({
        operation: "Restoring",
        path: "the folder",
        detail: `${messageOf(cause)}; and what was done could not be undone: ${messageOf(second)}`,
        advice: "Restore the checkpoint that was taken before"
      })
    }
  }
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
