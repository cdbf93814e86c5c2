/** A conversation that waits for a person, in a client that can be woken: when it is, and when it is left alone. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { answerHook } from "../../../src/app/boulder/AnswerHook.ts"
import * as Boulder from "../../../src/app/boulder/Boulder.ts"
import * as TaskList from "../../../src/app/boulder/TaskList.ts"
import { lookAfter } from "../../../src/app/boulder/Wake.ts"
import { ingest } from "../../../src/app/Ingest.ts"
import type { JsonObject } from "../../../src/app/ports/Agent.ts"
import { repository, type World, world } from "../world.ts"

let at: World
let project = ""
beforeEach(async () => {
  at = world()
  project = repository(join(at.root, "shop"), "feat: begin")
  at.put("shop/.nexus/config.jsonc", '{ "gates": { "commits": false, "documentation": false } }')
  const drafts = [
    { key: "key", title: "Get the key" },
    { title: "Use the key", after: ["key"] }
  ]
  await run(TaskList.change({ do: "add", drafts }))
  await run(Boulder.arm({ scope: "checkout", tasks: [], gates: [], observe: false }))
  await run(TaskList.change({ do: "block", task: "T-1", reason: "the key is yours" }))
})
afterEach(() => at[Symbol.dispose]())

const run = <A, E>(effect: Parameters<typeof at.run<A, E>>[0]): Promise<A> => at.run(effect, project)

const payload = (event: string, more: JsonObject = {}): JsonObject => ({
  session_id: "one",
  cwd: project,
  hook_event_name: event,
  ...more
})

/** What the hook prints for an event of the conversation. */
const hook = (event: string, more: JsonObject = {}): Promise<string> => {
  const told = payload(event, more)
  const name = at.deliver(told)
  return run(Effect.zipRight(ingest(name), answerHook("claude", told, Date.now())))
}
const stop = () => hook("Stop", { stop_hook_active: false, last_assistant_message: "I need a key." })
const speak = () => hook("UserPromptSubmit", { prompt: "Never mind the key.", prompt_id: "p-2" })

const idle = () => payload("Notification", { notification_type: "idle_prompt" })
const look = (since: number | null = null) => run(lookAfter("claude", idle(), since))
/** The decision that a conversation which waits waits after. */
const waiting = async (since: number | null = null): Promise<number> => {
  const found = await look(since)
  if (found.kind !== "waits") throw new Error(`It does not wait: ${found.kind}`)
  return found.decision
}
const complete = (task: string) => run(TaskList.change({ do: "complete", task, passed: [] }))
const rules = async () => (await at.ofType("StopDecided")).map((event) => event.payload?.rule)

describe("a conversation that waits for a person", () => {
  it("is woken, once, with what is left when the person has done it", async () => {
    expect(await stop()).toContain("T-1 (the key is yours)")
    const since = await waiting()
    expect(await waiting(since)).toBe(since)
    await complete("T-1")
    expect(await look(since)).toEqual({ kind: "woken", text: expect.stringContaining('Next: T-2 "Use the key"') })
    expect(await look(since)).toEqual({ kind: "over" })
    expect(await rules()).toEqual(["a person is needed", "work is left"])
  })

  it("is not woken when the person spoke in it meanwhile and ended the turn, of which the client tells nothing", async () => {
    await stop()
    const since = await waiting()
    await speak()
    await complete("T-1")
    // Neither by who waited already, nor by who begins to now that it is idle again.
    expect(await look(since)).toEqual({ kind: "over" })
    expect(await look()).toEqual({ kind: "over" })
    expect(await rules()).toEqual(["a person is needed"])
    // Its next stop is judged as any other.
    expect(await stop()).toContain("Use the key")
  })

  it("is waited for anew when it waits again after the person's turn", async () => {
    await stop()
    const since = await waiting()
    await speak()
    await stop()
    expect(await look(since)).toEqual({ kind: "over" })
    const again = await waiting()
    expect(again).toBeGreaterThan(since)
    await complete("T-1")
    expect(await look(again)).toMatchObject({ kind: "woken" })
  })

  it("is left alone while everything is paused, and after it ended", async () => {
    await stop()
    const since = await waiting()
    await run(Boulder.pause("lunch", null))
    await complete("T-1")
    expect(await waiting(since)).toBe(since)
    await hook("SessionEnd", { reason: "prompt_input_exit" })
    await run(Boulder.resume)
    expect(await look(since)).toEqual({ kind: "over" })
  })
})

describe("a conversation that waits for nobody", () => {
  it("is not stayed with: it has work to do, or nothing holds it", async () => {
    expect(await look()).toEqual({ kind: "over" })
    await run(TaskList.change({ do: "start", task: "T-1" }))
    expect(await stop()).toContain("Get the key")
    expect(await look()).toEqual({ kind: "over" })
    await run(Boulder.disarm(null))
    expect(await look()).toEqual({ kind: "over" })
  })
})
