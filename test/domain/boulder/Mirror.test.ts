import { describe, expect, it } from "vitest"
import { SessionId } from "../../../src/domain/Ids.ts"
import { type AgentTask, mirror } from "../../../src/domain/boulder/Mirror.ts"
import { evolve, type State } from "../../../src/domain/boulder/Tasks.ts"

const session = SessionId.make("opencode:ses_1")

/** Lists told one after the other, and how each task stands afterwards. */
const told = (lists: ReadonlyArray<ReadonlyArray<AgentTask>>, isWhole = true, of = session): ReadonlyArray<string> => {
  const state = lists.reduce(
    (before: State, items) => mirror(before, of, { items, isWhole }).reduce(evolve, before),
    [] as State
  )
  return state.map(({ id, title, status }) => `${id} ${title}: ${status}`)
}
const item = (title: string, status: AgentTask["status"] = "open"): AgentTask => ({ task: title, title, status })

describe("an agent's own list", () => {
  it("is added once, however often it is told", () => {
    const list = [item("write hello", "started"), item("write second")]
    expect(told([list, list, list])).toEqual(["T-1 write hello: started", "T-2 write second: open"])
  })

  it("is followed through every status, and what is taken off it is cancelled", () => {
    expect(told([[item("a"), item("b")], [item("a", "started"), item("b")], [item("a", "done")]])).toEqual([
      "T-1 a: done",
      "T-2 b: cancelled"
    ])
  })

  it("may take up again what was done or cancelled", () => {
    expect(told([[item("a", "done")], [item("a", "open")]])).toEqual(["T-1 a: started"])
    expect(told([[item("a")], [], [item("a", "started")]])).toEqual(["T-1 a: started"])
  })

  it("says nothing of other tasks where it is not told whole", () => {
    expect(told([[item("a")], [item("b")]], false)).toEqual(["T-1 a: open", "T-2 b: open"])
    // What became of a task that was never told of has no title to be added with.
    expect(told([[{ task: "7", status: "done" }]], false)).toEqual([])
  })

  it("does not touch the tasks of others", () => {
    const other = mirror([], SessionId.make("claude:x"), { items: [item("a")], isWhole: true }).reduce(
      evolve,
      [] as State
    )
    expect(mirror(other, session, { items: [], isWhole: true })).toEqual([])
  })

  it("has titles of one line and a bounded length", () => {
    expect(told([[item(`a\n  ${"b".repeat(500)}`)]])[0]).toHaveLength("T-1 : open".length + 300)
  })
})
