import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Entry, otherSide, parentOf, sameEntry, type SideName, type Tree } from "../../../src/domain/sync/Entry.ts"
import { fold } from "../../../src/domain/sync/Names.ts"
import { planOf } from "../../../src/domain/sync/Plan.ts"
import { type Looked, reconcile, remembered, type Situation } from "../../../src/domain/sync/Reconcile.ts"

const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    kind: fc.constant("file" as const),
    hash: fc.constantFrom("1111111111", "2222222222", "3333333333"),
    executable: fc.boolean()
  }),
  fc.record({ kind: fc.constant("link" as const), target: fc.constantFrom("x", "../y") }),
  fc.constant({ kind: "folder" as const })
)

const path = fc.array(fc.constantFrom("a", "b", "A"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"))

/** A tree as a disk can hold it: all that is above an entry is a folder. */
const tree: fc.Arbitrary<Tree> = fc.array(fc.tuple(path, entry), { maxLength: 8 }).map((entries) => {
  const made = new Map<string, Entry>()
  for (const [path, entry] of entries) {
    let above = parentOf(path)
    while (above !== "" && (made.get(above)?.kind ?? "folder") === "folder") above = parentOf(above)
    if (above !== "" || [...made.keys()].some((other) => other.startsWith(`${path}/`))) continue
    for (let folder = parentOf(path); folder !== ""; folder = parentOf(folder)) made.set(folder, { kind: "folder" })
    made.set(path, entry)
  }
  return made
})

const looked = (tree: Tree, unsynced: ReadonlyArray<string> = []): Looked => ({
  tree: new Map([...tree].filter(([path]) => !unsynced.some((out) => path === out || path.startsWith(`${out}/`)))),
  ignored: new Set(),
  unsynced: new Set(unsynced)
})

const situation = fc
  .record({
    ancestor: tree,
    host: tree,
    workspace: tree,
    prefer: fc.constantFrom<SideName>("host", "workspace"),
    folds: fc.boolean()
  })
  .map(({ host, workspace, ...rest }): Situation => ({ ...rest, host: looked(host), workspace: looked(workspace) }))

/** Does a plan's steps on a tree, and fails where a disk would. */
const done = (side: SideName, situation: Situation): Tree => {
  const outcome = reconcile(situation)
  const tree = new Map(situation[side].tree)
  for (const step of planOf(side, situation, outcome).steps) {
    const above = parentOf(step.path)
    if (above !== "" && tree.get(above)?.kind !== "folder") throw new Error(`${step.path} has no folder`)
    if (step.do === "remove") {
      if ([...tree.keys()].some((path) => path.startsWith(`${step.path}/`)))
        throw new Error(`${step.path} is not empty`)
      tree.delete(step.path)
    } else {
      const was = step.do === "folder" ? undefined : step.was
      if (!sameEntry(tree.get(step.path), was)) throw new Error(`${step.path} is not what it is to replace`)
      if (
        step.do === "file" &&
        (situation[step.from.side].tree.get(step.from.path) as { hash?: string }).hash !== step.entry.hash
      )
        throw new Error(`${step.path} comes from elsewhere`)
      tree.set(step.path, step.do === "folder" ? { kind: "folder" } : step.entry)
    }
  }
  return tree
}

const sorted = (tree: Tree) => [...tree].sort(([a], [b]) => (a < b ? -1 : 1))
const isKept = (situation: Situation) => (side: SideName) => planOf(side, situation, reconcile(situation)).kept
const runs = { numRuns: 1000 }

describe("reconciling two trees", () => {
  test("makes both the same by steps that a disk can do, and has nothing to do after that", () => {
    fc.assert(
      fc.property(situation, (given) => {
        const outcome = reconcile(given)
        const [host, workspace] = [done("host", given), done("workspace", given)]
        const isLeftAlone = (path: string) =>
          [...outcome.leftAlone].some((out) => path === out || path.startsWith(`${out}/`))
        const held = new Set([...isKept(given)("host"), ...isKept(given)("workspace")])
        const shared = (tree: Tree) => sorted(tree).filter(([path]) => !isLeftAlone(path) && !held.has(path))
        expect(shared(host)).toEqual(shared(workspace))
        const next = {
          ...given,
          ancestor: remembered(given, outcome, held),
          host: looked(host),
          workspace: looked(workspace)
        }
        expect([
          ...planOf("host", next, reconcile(next)).steps,
          ...planOf("workspace", next, reconcile(next)).steps
        ]).toEqual([])
        expect(reconcile(next).conflicts).toEqual([])
      }),
      runs
    )
  })

  test("loses no content that nobody replaced or deleted", () => {
    fc.assert(
      fc.property(situation, (given) => {
        const [host, workspace] = [done("host", given), done("workspace", given)]
        for (const side of ["host", "workspace"] as const)
          for (const [path, entry] of given[side].tree) {
            if (entry.kind === "folder") continue
            const ancestor = given.ancestor.get(path)
            const isContent = (other: Entry | undefined) =>
              other?.kind === entry.kind &&
              (entry.kind === "file" ? (other as { hash?: string }).hash === entry.hash : sameEntry(other, entry))
            // What it was when both agreed may be replaced or deleted by the other side's edit.
            if (isContent(ancestor)) continue
            const after = [...host.values(), ...workspace.values()]
            expect(after.some(isContent), `${path} of the ${side}`).toBe(true)
          }
      }),
      runs
    )
  })

  test("is the same seen from the other side", () => {
    const mirrored = (given: Situation): Situation => ({
      ...given,
      host: given.workspace,
      workspace: given.host,
      prefer: otherSide(given.prefer)
    })
    const names = (text: string) =>
      text.replaceAll("conflict-host", "conflict-?").replaceAll("conflict-workspace", "conflict-?")
    fc.assert(
      fc.property(situation, (given) => {
        const [one, other] = [reconcile(given), reconcile(mirrored(given))]
        const plain = (tree: Tree) => sorted(new Map([...tree].map(([path, entry]) => [names(path), entry])))
        expect(plain(one.merged)).toEqual(plain(other.merged))
        expect(one.conflicts.map(({ path, side }) => `${path} ${side}`).sort()).toEqual(
          other.conflicts.map(({ path, side }) => `${path} ${otherSide(side)}`).sort()
        )
      }),
      runs
    )
  })

  test("comes to the same end when it is cut short after any step", () => {
    fc.assert(
      fc.property(situation, fc.nat(), fc.nat(), (given, one, two) => {
        const outcome = reconcile(given)
        const cut = (side: SideName, at: number): Tree => {
          const { steps } = planOf(side, given, outcome)
          const tree = new Map(given[side].tree)
          for (const step of steps.slice(0, at % (steps.length + 1)))
            if (step.do === "remove") tree.delete(step.path)
            else tree.set(step.path, step.do === "folder" ? { kind: "folder" } : step.entry)
          return tree
        }
        const again = { ...given, host: looked(cut("host", one)), workspace: looked(cut("workspace", two)) }
        const ended = done("host", again)
        if (!given.folds) {
          expect(sorted(ended)).toEqual(sorted(done("workspace", again)))
          expect(sorted(ended)).toEqual(sorted(done("host", given)))
        }
      }),
      runs
    )
  })

  test("leaves alone what cannot be seen on one side, and all below it", () => {
    fc.assert(
      fc.property(situation, path, (given, hidden) => {
        const half = { ...given, host: looked(given.host.tree, [hidden]) }
        const isBelow = (at: string) => at === hidden || at.startsWith(`${hidden}/`)
        const before = sorted(half.workspace.tree).filter(([at]) => isBelow(at))
        expect(sorted(done("workspace", half)).filter(([at]) => isBelow(at))).toEqual(before)
        const kept = new Set([...isKept(half)("host"), ...isKept(half)("workspace")])
        const next = remembered(half, reconcile(half), kept)
        expect(sorted(next).filter(([at]) => isBelow(at))).toEqual(sorted(given.ancestor).filter(([at]) => isBelow(at)))
      }),
      runs
    )
  })

  test("never puts two names in one place of a side that folds them", () => {
    fc.assert(
      fc.property(situation, (given) => {
        const { merged } = reconcile({ ...given, folds: true })
        expect(new Set([...merged.keys()].map(fold)).size).toBe(merged.size)
      }),
      runs
    )
  })
})
