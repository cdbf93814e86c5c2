import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  type Checkpoint,
  type CheckpointFact,
  type Checkpoints,
  evolve,
  expired,
  hashesOf,
  nextId
} from "../../../src/domain/workspace/Checkpoint.ts"
import type { CheckpointCompleted, Occasion, Part } from "../../../src/domain/workspace/CheckpointEvents.ts"
import { CheckpointId } from "../../../src/domain/workspace/Ids.ts"
import { workspace } from "./facts.ts"

const id = (number: number) => CheckpointId.make(`C-${number}`)
const hash = (number: number) => number.toString(16).padStart(64, "0")

const intended = (number: number, occasion: Occasion = "asked", name?: string): CheckpointFact => ({
  type: "CheckpointIntended",
  payload: { workspace, checkpoint: id(number), occasion, ignored: false, ...(name === undefined ? {} : { name }) }
})

const held = (number: number, addedBytes: number): CheckpointCompleted => ({
  workspace,
  checkpoint: id(number),
  files: { held: "included", hash: hash(number), bytes: addedBytes, addedBytes },
  git: { held: "unchanged", hash: hash(1000), since: id(1) },
  environment: { held: "excluded", why: "none" },
  volumes: [{ name: "data", part: { held: "included", hash: hash(2000 + number), bytes: 0, addedBytes: 0 } }],
  specification: hash(0),
  commit: null,
  position: 1,
  pausedMs: 0,
  durationMs: 1,
  hash: hash(9)
})

const completed = (number: number, addedBytes = 1): CheckpointFact => ({
  type: "CheckpointCompleted",
  payload: held(number, addedBytes)
})

const after = (...facts: ReadonlyArray<CheckpointFact>): Checkpoints =>
  facts.reduce((all: Checkpoints, fact, index) => evolve(all, fact, index), [])

describe("a checkpoint", () => {
  test("is intended, then completed, abandoned or deleted; its number is never used again", () => {
    expect(nextId([])).toBe("C-1")
    const dangling = after(intended(1))
    expect(dangling).toMatchObject([{ id: "C-1", status: "intended", held: null, time: 0 }])
    expect(after(intended(1), completed(1))).toMatchObject([{ status: "completed", time: 0, held: { position: 1 } }])
    const abandoned: CheckpointFact = {
      type: "CheckpointAbandoned",
      payload: { workspace, checkpoint: id(1), reason: "x" }
    }
    expect(after(intended(1), abandoned)).toMatchObject([{ status: "abandoned", held: null }])
    const deleted: CheckpointFact = {
      type: "CheckpointDeleted",
      payload: { workspace, checkpoint: id(1), why: "asked" }
    }
    const gone = after(intended(1), completed(1), deleted)
    expect(gone).toMatchObject([{ status: "deleted" }])
    expect(nextId(gone)).toBe("C-2")
  })

  test("does not change when it is restored, nor when another one does", () => {
    const before = after(intended(1), completed(1), intended(2))
    const restored: CheckpointFact = {
      type: "CheckpointRestored",
      payload: { workspace, checkpoint: id(1), undo: id(2), differences: [] }
    }
    expect(evolve(before, restored, 99)).toBe(before)
    expect(evolve(before, completed(2), 99)[0]).toBe(before[0])
  })

  test("names all that it holds, also what another one added", () => {
    const [one, dangling] = after(intended(1), completed(1), intended(2))
    expect(one === undefined ? [] : hashesOf(one)).toEqual([hash(1), hash(1000), hash(2001)])
    expect(dangling === undefined ? [] : hashesOf(dangling)).toEqual([])
  })
})

const occasions: ReadonlyArray<Occasion> = [
  "asked",
  "before-restore",
  "before-delete",
  "risky-step",
  "edits",
  "imported"
]

const checkpoints = fc
  .array(
    fc.record({
      occasion: fc.constantFrom(...occasions),
      name: fc.option(fc.constant("kept"), { nil: null }),
      status: fc.constantFrom("intended" as const, "completed" as const, "completed" as const, "deleted" as const),
      bytes: fc.integer({ min: 0, max: 100 }),
      gap: fc.integer({ min: 0, max: 100 })
    }),
    { maxLength: 30 }
  )
  .map((some) => {
    let time = 0
    return some.map(({ gap, bytes, ...rest }, index): Checkpoint => {
      time += gap
      const number = index + 1
      return {
        ...rest,
        id: id(number),
        message: null,
        ignored: false,
        time,
        held: rest.status === "intended" ? null : held(number, bytes)
      }
    })
  })

const retention = fc.record({
  count: fc.integer({ min: 0, max: 10 }),
  ageMs: fc.integer({ min: 0, max: 1000 }),
  bytes: fc.integer({ min: 0, max: 500 })
})

const added = ({ held: content }: Checkpoint): number => {
  const part: Part | undefined = content?.files
  return part?.held === "included" ? part.addedBytes : 0
}

describe("retention", () => {
  test("drops the oldest automatic ones alone, until each limit is kept, and never the last", () => {
    fc.assert(
      fc.property(checkpoints, retention, (all, limits) => {
        const now = (all.at(-1)?.time ?? 0) + 10
        const dropped = new Map(expired(all, limits, now).map(({ id: one, why }) => [one, why]))
        const automatic = all.filter(
          ({ status, occasion, name }) =>
            status === "completed" && name === null && occasion !== "asked" && occasion !== "imported"
        )
        const known = new Set(automatic.map((one) => one.id))
        for (const one of dropped.keys()) expect(known).toContain(one)
        const kept = automatic.filter((one) => !dropped.has(one.id))
        // What is kept is newer than everything that is dropped.
        expect(kept).toEqual(automatic.slice(automatic.length - kept.length))
        if (automatic.length > 0) expect(kept.at(-1)).toBe(automatic.at(-1))
        expect(kept.length).toBeLessThanOrEqual(Math.max(1, limits.count))
        for (const one of kept.slice(0, -1)) expect(now - one.time).toBeLessThanOrEqual(limits.ageMs)
        if (kept.length > 1) expect(kept.reduce((sum, one) => sum + added(one), 0)).toBeLessThanOrEqual(limits.bytes)
        // Nothing is dropped without need.
        const newest = automatic[automatic.length - kept.length - 1]
        if (newest !== undefined) {
          const sum = [newest, ...kept].reduce((bytes, one) => bytes + added(one), 0)
          const needs = kept.length >= limits.count || now - newest.time > limits.ageMs || sum > limits.bytes
          expect(needs).toBe(true)
        }
        expect([...dropped.keys()]).toEqual(automatic.slice(0, automatic.length - kept.length).map((one) => one.id))
      }),
      { numRuns: 500 }
    )
  })
})
