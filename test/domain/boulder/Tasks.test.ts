import * as Either from "effect/Either"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { TaskId } from "../../../src/domain/boulder/TaskEvents.ts"
import {
  type Command,
  decide,
  type Draft,
  evolve,
  ready,
  type State,
  type TaskFact,
  waitsFor
} from "../../../src/domain/boulder/Tasks.ts"

const fold = (facts: ReadonlyArray<TaskFact>): State => facts.reduce(evolve, [])

const added = (number: number, more: Partial<Extract<TaskFact, { type: "TaskAdded" }>["payload"]> = {}): TaskFact => ({
  type: "TaskAdded",
  payload: { task: TaskId.make(`T-${number}`), title: `Task ${number}`, priority: 50, after: [], gates: [], ...more }
})
const T = (number: number) => TaskId.make(`T-${number}`)
const started = (number: number): TaskFact => ({ type: "TaskStarted", payload: { task: T(number) } })
const completed = (number: number): TaskFact => ({ type: "TaskCompleted", payload: { task: T(number) } })
const blocked = (number: number, reason = "a key is needed"): TaskFact => ({
  type: "TaskBlocked",
  payload: { task: T(number), reason }
})
const cancelled = (number: number): TaskFact => ({
  type: "TaskCancelled",
  payload: { task: T(number), reason: "no more" }
})

const given = (...history: ReadonlyArray<TaskFact>) => ({
  when: (command: Command) =>
    Either.mapLeft(decide(fold(history), command), ({ message, hint }) => `${message} ${hint}`)
})
const draft = (title: string, more: Partial<Draft> = {}): Command => ({ do: "add", drafts: [{ title, ...more }] })

describe("a task", () => {
  it("is added with the next number", () => {
    expect(given().when(draft("  Write\n the parser "))).toEqual(
      Either.right([added(1, { title: "Write the parser" })])
    )
    expect(given(added(1), cancelled(1)).when(draft("Task 2"))).toEqual(Either.right([added(2)]))
  })

  it("has a title, a priority from 0 to 99, and comes after tasks that there are", () => {
    expect(Either.getLeft(given().when(draft(" ")))).toMatchObject({ value: expect.stringContaining("needs a title") })
    for (const priority of [-1, 100, 1.5, Number.NaN])
      expect(Either.isLeft(given().when(draft("x", { priority })))).toBe(true)
    expect(given().when(draft("x", { after: ["T-1"] }))).toEqual(
      Either.left('"x" comes after "T-1", which is no task. List them: nexus task list')
    )
  })

  it("is not begun, nor done, before what it comes after", () => {
    const history = [added(1), added(2, { after: [T(1)] })]
    const refusal = Either.left("T-2 comes after T-1, not done yet. What can be done now: nexus task next")
    expect(given(...history).when({ do: "start", task: "T-2" })).toEqual(refusal)
    expect(given(...history).when({ do: "complete", task: "T-2", passed: [] })).toEqual(refusal)
    expect(given(...history, completed(1)).when({ do: "start", task: "T-2" })).toEqual(Either.right([started(2)]))
    expect(given(...history, cancelled(1)).when({ do: "start", task: "T-2" })).toEqual(Either.right([started(2)]))
  })

  it("is done only when its gates have passed", () => {
    const history = [added(1, { gates: ["ci", "docs"] })]
    expect(given(...history).when({ do: "complete", task: "T-1", passed: ["ci"] })).toEqual(
      Either.left("T-1 needs the gate docs to have passed on the tree as it is. Run it: nexus gate run docs")
    )
    expect(given(...history).when({ do: "complete", task: "T-1", passed: ["docs", "ci"] })).toEqual(
      Either.right([completed(1)])
    )
  })

  it("can be blocked with a reason, and taken up again", () => {
    expect(given(added(1)).when({ do: "block", task: "T-1", reason: " a key is needed " })).toEqual(
      Either.right([blocked(1)])
    )
    expect(Either.isLeft(given(added(1)).when({ do: "block", task: "T-1", reason: " " }))).toBe(true)
    expect(given(added(1), blocked(1)).when({ do: "start", task: "T-1" })).toEqual(Either.right([started(1)]))
    expect(given(added(1), completed(1)).when({ do: "start", task: "T-1" })).toEqual(Either.right([started(1)]))
    expect(given(added(1), completed(1)).when({ do: "block", task: "T-1", reason: "late" })).toEqual(
      Either.left("T-1 is done. To take it up again: nexus task start T-1")
    )
  })

  it("hears a command once, however often it is given", () => {
    expect(given(added(1), started(1)).when({ do: "start", task: "T-1" })).toEqual(Either.right([]))
    expect(given(added(1), completed(1)).when({ do: "complete", task: "T-1", passed: [] })).toEqual(Either.right([]))
    expect(given(added(1), blocked(1)).when({ do: "block", task: "T-1", reason: "a key is needed" })).toEqual(
      Either.right([])
    )
  })

  it("must be one that there is", () => {
    expect(given(added(1)).when({ do: "start", task: "T-9" })).toEqual(
      Either.left('There is no task "T-9". List them: nexus task list')
    )
  })
})

describe("tasks that are added together", () => {
  const drafts = (...all: ReadonlyArray<Draft>): Command => ({ do: "add", drafts: all })

  it("may name each other, in any order", () => {
    const command = drafts({ key: "test", title: "Test", after: ["write", "T-1"] }, { key: "write", title: "Write" })
    expect(given(added(1)).when(command)).toEqual(
      Either.right([added(2, { title: "Test", after: [T(3), T(1)] }), added(3, { title: "Write" })])
    )
  })

  it("are refused together when they go in a circle, or two have one name", () => {
    expect(
      given().when(drafts({ key: "a", title: "A", after: ["b"] }, { key: "b", title: "B", after: ["a"] }))
    ).toEqual(Either.left('"A" comes after "B" comes after "A": that is a circle. Leave one of them out.'))
    expect(given().when(drafts({ key: "a", title: "A", after: ["a"] }))).toEqual(
      Either.left('"A" comes after "A": that is a circle. Leave one of them out.')
    )
    expect(Either.isLeft(given().when(drafts({ key: "a", title: "A" }, { key: "a", title: "B" })))).toBe(true)
  })

  it("never form a circle, and can all be done in the order that `ready` gives", () => {
    const names = ["a", "b", "c", "d", "e", "f"]
    const list = fc.array(fc.record({ priority: fc.integer({ min: 0, max: 99 }), after: fc.subarray(names) }), {
      minLength: names.length,
      maxLength: names.length
    })
    fc.assert(
      fc.property(list, (all) => {
        const decided = decide(
          [],
          drafts(...all.map((one, index) => ({ ...one, key: names[index] ?? "", title: names[index] ?? "" })))
        )
        if (Either.isLeft(decided)) return
        let state = fold(decided.right)
        for (let next = ready(state)[0]; next !== undefined; next = ready(state)[0]) {
          expect(waitsFor(state, next)).toEqual([])
          const [fact] = Either.getOrThrow(decide(state, { do: "complete", task: next.id, passed: [] }))
          state = fact === undefined ? [] : evolve(state, fact)
        }
        expect(state.every(({ status }) => status === "done")).toBe(true)
      })
    )
  })
})

describe("what comes next", () => {
  it("is what was begun, then the highest priority, then the oldest; never what waits, is blocked or over", () => {
    const state = fold([
      added(1, { priority: 10 }),
      added(2, { priority: 90, after: [T(1)] }),
      added(3),
      added(4),
      added(5, { priority: 99 }),
      blocked(5),
      added(6),
      cancelled(6),
      added(7, { priority: 1 }),
      started(7)
    ])
    expect(ready(state).map(({ id }) => id)).toEqual(["T-7", "T-3", "T-4", "T-1"])
  })
})
