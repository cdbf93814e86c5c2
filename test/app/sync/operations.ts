/**
 * Random operations on both sides of two real folders, and rounds that are cut anywhere, compared with what must hold: both sides
 * become the same, and no content that somebody wrote and nobody replaced or deleted is lost.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "fast-check"
import { expect } from "vitest"
import type { SyncSide } from "../../../src/app/ports/SyncSide.ts"
import { runRound } from "../../../src/app/sync/Round.ts"
import { flush } from "../../../src/app/sync/Sync.ts"
import type { SideName } from "../../../src/domain/sync/Entry.ts"
import { contents, type Pair, pair } from "./pair.ts"

const side = fc.constantFrom<SideName>("host", "workspace")
const path = fc
  .array(fc.constantFrom("a", "b", "c.txt"), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("/"))

const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("write" as const), side, path }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), side, path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("move" as const), side, path, to: path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("link" as const), side, path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("run" as const), side, path }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("round" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("cut" as const), after: fc.nat(60), isBefore: fc.boolean() }) }
)
export const operations = fc.array(operation, { minLength: 5, maxLength: 40 })
type Operation = typeof operation extends fc.Arbitrary<infer A> ? A : never

/** What somebody wants to be there: contents by path, as each side's user knows them. */
class Wishes {
  /** Contents that no user has replaced or deleted, each unique. */
  readonly alive = new Set<string>()
  written = 0
}

/** Whether something that is no folder is above a path. */
const isInTheWay = (root: string, path: string): boolean => {
  const parts = path.split("/")
  for (let count = 1; count < parts.length; count++) {
    const stat = lstatSync(join(root, ...parts.slice(0, count)), { throwIfNoEntry: false })
    if (stat === undefined) return false
    if (!stat.isDirectory()) return true
  }
  return false
}

/** What a user does. A content is dead once a user has replaced or deleted it, on whichever side. */
const act = (both: Pair, wishes: Wishes, operation: Exclude<Operation, { do: "round" } | { do: "cut" }>): void => {
  const root = both[operation.side]
  const at = join(root, operation.path)
  if (isInTheWay(root, operation.path)) return
  const there = lstatSync(at, { throwIfNoEntry: false })
  const dies = (path: string) => {
    const gone = contents(root)
    for (const [other, content] of Object.entries(gone))
      if (other === path || other.startsWith(`${path}/`)) wishes.alive.delete(content.replace("+x", ""))
  }
  switch (operation.do) {
    case "write": {
      if (there?.isDirectory() === true) return
      if (there?.isSymbolicLink() === true) rmSync(at)
      dies(operation.path)
      mkdirSync(dirname(at), { recursive: true })
      const content = `${operation.side}-${wishes.written++}`
      writeFileSync(at, content)
      wishes.alive.add(content)
      return
    }
    case "remove":
      dies(operation.path)
      return rmSync(at, { recursive: true, force: true })
    case "move": {
      const to = join(root, operation.to)
      if (
        there === undefined ||
        isInTheWay(root, operation.to) ||
        lstatSync(to, { throwIfNoEntry: false }) !== undefined
      )
        return
      if (`${operation.to}/`.startsWith(`${operation.path}/`)) return
      mkdirSync(dirname(to), { recursive: true })
      // The content lives on under its new name, and is deleted under the old one.
      return renameSync(at, to)
    }
    case "link":
      if (there !== undefined) return
      mkdirSync(dirname(at), { recursive: true })
      return symlinkSync(`../${wishes.written++}`, at)
    case "run":
      return there?.isFile() === true ? chmodSync(at, 0o755) : undefined
  }
}

/** A side that dies at the given call, before or after it is done, as a process does: nothing of ours runs after it. */
const dying =
  (calls: { left: number }, isBefore: boolean) =>
  (side: SyncSide): SyncSide => {
    const dies = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => {
        const isLast = calls.left-- === 0
        if (!isLast) return effect
        return isBefore ? Effect.die("cut") : Effect.zipRight(effect, Effect.die("cut"))
      })
    return {
      ...side,
      token: dies(side.token),
      claim: (token) => dies(side.claim(token)),
      scan: (known, ignores) => dies(side.scan(known, ignores)),
      read: (path, seen) => dies(side.read(path, seen)),
      stage: (name, content) => dies(side.stage(name, content)),
      putFile: (target) => dies(side.putFile(target)),
      putLink: (target) => dies(side.putLink(target)),
      makeFolder: (path, mode) => dies(side.makeFolder(path, mode)),
      changeMode: (target) => dies(side.changeMode(target)),
      remove: (target) => dies(side.remove(target)),
      settle: (taken) => dies(side.settle(taken)),
      clear: dies(side.clear),
      flush: dies(side.flush)
    }
  }

/** The brake has tests of its own. */
const limits = { files: 1000, share: 1 }

type Replace = (side: SyncSide) => SyncSide

const roundOf = async (both: Pair, operation: Operation, replace: Replace): Promise<void> => {
  if (operation.do === "round") {
    await Effect.runPromise(runRound(both.session({ limits }, replace)))
    return
  }
  if (operation.do !== "cut") return
  const die = dying({ left: operation.after }, operation.isBefore)
  const exit = await Effect.runPromiseExit(runRound(both.session({ limits }, (side) => die(replace(side)))))
  if (Exit.isFailure(exit)) expect(Cause.squash(exit.cause)).toBe("cut")
}

/** Does it all on two new folders, and fails when something is lost or they do not become the same. `replaceFor`: other sides. */
export const holds = async (
  operations: ReadonlyArray<Operation>,
  replaceFor: (both: Pair) => Replace
): Promise<void> => {
  const both = await pair()
  const replace = replaceFor(both)
  try {
    const wishes = new Wishes()
    for (const operation of operations) {
      if (operation.do === "round" || operation.do === "cut") await roundOf(both, operation, replace)
      else act(both, wishes, operation)
    }
    await Effect.runPromise(flush(both.session({ limits }, replace)))
    const host = contents(both.host)
    expect(contents(both.workspace)).toEqual(host)
    const left = new Set(Object.values(host).map((content) => content.replace("+x", "")))
    for (const content of wishes.alive) expect(left).toContain(content)
    // Nothing of a round that was cut is left behind.
    for (const root of [both.host, both.workspace])
      for (const folder of ["staging", "taken"]) expect(readdirSync(join(root, ".nexus-sync", folder))).toEqual([])
    const again = await Effect.runPromise(runRound(both.session({ limits }, replace)))
    expect(again).toMatchObject({ steps: 0, isSame: true })
  } finally {
    await both.end()
  }
}
