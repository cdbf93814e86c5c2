/** Checkpoints that are taken after so many edits of agents. */
import { readFileSync, writeFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { openCalls } from "../../../src/app/snapshot/OpenCalls.ts"
import { momentNow } from "../../../src/app/workspaces/keep/Notes.ts"
import { round } from "../../../src/app/workspaces/keep/Round.ts"
import { restoreCheckpoint } from "../../../src/app/workspaces/RestoreCheckpoint.ts"
import { type SessionId, sessionStream } from "../../../src/domain/Ids.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import { put, type Stage, stage } from "./stage.ts"

let at: Stage
beforeEach(async () => {
  at = stage()
  await at.make("feat")
  writeFileSync(at.home.config, `{ "workspace": { "checkpointEveryEdits": 3 } }`)
  await keep()
})
afterEach(() => at[Symbol.dispose]())

const keep = () => at.run(round(60_000))

/** As an agent's hooks have them recorded. */
const edit = (count: number, checkout = at.folder("feat"), path = "a.txt") =>
  at.run(
    Effect.flatMap(EventLog, (log) =>
      log.transact((transaction) =>
        transaction.append({
          stream: sessionStream("claude:s" as SessionId),
          actor: { kind: "agent", name: "claude" },
          events: Array.from({ length: count }, (_, index) => ({
            type: "FileEdited" as const,
            payload: {
              path,
              checkout,
              tool: "Edit",
              call: `c${index}`,
              operation: "modified" as const,
              evidence: "payload" as const
            }
          }))
        })
      )
    )
  )

const taken = async () =>
  (await at.find("feat")).checkpoints.map(({ id, occasion, status, message }) => ({ id, occasion, status, message }))

describe("after so many edits of agents in it", () => {
  it("a checkpoint of a workspace's files is taken, which can be restored", async () => {
    put(at.folder("feat", "a.txt"), "an agent's\n")
    await edit(2)
    await keep()
    expect(await taken()).toEqual([])
    await edit(1)
    await keep()
    expect(await taken()).toEqual([
      { id: "C-1", occasion: "edits", status: "completed", message: "after 3 edits of agents" }
    ])
    put(at.folder("feat", "a.txt"), "lost\n")
    await at.run(restoreCheckpoint("feat", "C-1", () => undefined))
    expect(readFileSync(at.folder("feat", "a.txt"), "utf8")).toBe("an agent's\n")
  })

  it("edits elsewhere do not count, and a checkpoint that somebody takes begins the count anew", async () => {
    await edit(9, at.repository)
    await edit(2)
    await keep()
    await at.checkpoint("feat")
    await edit(2)
    await keep()
    expect(await taken()).toMatchObject([{ id: "C-1", occasion: "asked" }])
    await edit(1)
    await keep()
    expect(await taken()).toMatchObject([{ occasion: "asked" }, { id: "C-2", occasion: "edits" }])
  })

  it("none is taken while an agent's tool is at work; soon after it is", async () => {
    const calls = openCalls(at.home.calls)
    const call = {
      session: "claude:s" as SessionId,
      call: "c",
      tool: "Bash",
      checkout: at.folder("feat"),
      cwd: at.folder("feat"),
      reach: "checkout" as const,
      since: momentNow().wall,
      position: 1,
      background: false,
      idle: false
    }
    calls.put(call)
    await edit(5)
    await keep()
    await keep()
    expect(await taken()).toEqual([])
    calls.remove(call)
    await keep()
    expect(await taken()).toMatchObject([{ id: "C-1", occasion: "edits" }])
  })

  it("none is taken where that is switched off", async () => {
    writeFileSync(at.home.config, `{ "workspace": { "checkpointEveryEdits": null } }`)
    await edit(500)
    await keep()
    expect(await taken()).toEqual([])
  })
})
