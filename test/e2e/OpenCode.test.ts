import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json } from "../support/cli.ts"
import { openCodeModel } from "./clients/OpenCodeSettings.ts"
import { openCodeStage, type Stage } from "./clients/Stage.ts"
import { call, inOrder, says } from "./model/Script.ts"

let stage: Stage

beforeAll(async () => {
  stage = await openCodeStage({ "old.txt": "one\ntwo\nthree\n" })
})
afterAll(() => stage[Symbol.asyncDispose]())

describe("what OpenCode does", () => {
  let session: string

  beforeAll(async () => {
    const { model, path } = stage
    model.follow(
      "Make two files.",
      inOrder(
        call("write", { filePath: path("hello.txt"), content: "hello\nworld\n" }),
        call("bash", { command: "printf 'from bash\\n' > second.txt", description: "Write the second" }),
        call("write", { filePath: path("old.txt"), content: "one\nTWO\nthree\n" }),
        call("edit", { filePath: path("hello.txt"), oldString: "world", newString: "moon" }),
        call("todowrite", {
          todos: [{ content: "Look at both files", status: "pending", priority: "high" }]
        }),
        says("Both files are there.")
      )
    )
    session = await stage.client.session()
    await stage.client.prompt(session, "Make two files.")
    await stage.told(session, "StopObserved")
  })

  it("is a session with its model, its prompt, its tools and what it used", async () => {
    const { items } = json(await stage.nexus("sessions", "--json"))
    expect(items).toMatchObject([
      {
        id: `opencode:${session}`,
        model: openCodeModel,
        state: "idle",
        counts: { prompts: 1, tools: 5, edits: 4, failures: 0, stops: 1 },
        tokens: { input: expect.any(Number) }
      }
    ])
    expect(await stage.eventsOf(session, "PromptSubmitted", "StopObserved", "UsageReported")).toMatchObject([
      { type: "PromptSubmitted", payload: { by: "human", excerpt: "Make two files." } },
      { type: "StopObserved", payload: { message: "Both files are there." } },
      { type: "UsageReported", payload: { messages: 6, inputTokens: expect.any(Number) } }
    ])
  })

  it("is told by nexus replay, in order", async () => {
    const { stdout } = await stage.nexus("replay", "--session", `opencode:${session}`)
    const order =
      /Make two files[^]*write ✓[^]*created hello.txt[^]*bash ✓[^]*created second.txt[^]*stopped: Both files/
    expect(stdout).toMatch(order)
    expect(stdout).not.toContain("chat.params")
  })

  it("has the contents of each file before and after, and the model that wrote it", async () => {
    const edits = await stage.eventsOf(session, "FileEdited")
    expect(edits.map(({ payload }) => [payload.path, payload.operation, payload.model])).toEqual([
      ["hello.txt", "created", openCodeModel],
      ["second.txt", "created", openCodeModel],
      ["old.txt", "modified", openCodeModel],
      ["hello.txt", "modified", openCodeModel]
    ])
    for (const { payload } of edits.slice(2)) expect(payload).toMatchObject({ before: {}, after: {}, evidence: "disk" })
  })

  it("owns its lines, and no others", async () => {
    const owners = async (file: string) =>
      json(await stage.nexus("trace", "blame", file, "--json")).lines.map(
        ({ contributor }: any) => contributor.model_id ?? contributor.type
      )
    expect(await owners("hello.txt")).toEqual([openCodeModel, openCodeModel])
    expect(await owners("second.txt")).toEqual([openCodeModel])
    expect(await owners("old.txt")).toEqual(["unknown", openCodeModel, "unknown"])
  })

  it("has put its own list onto that of the project", async () => {
    const { items } = json(await stage.nexus("task", "list", "--json"))
    expect(items).toMatchObject([{ title: "Look at both files", priority: 75 }])
  })

  it("leaves a log that can be proved, in which nothing is unknown", async () => {
    expect(await stage.nexus("verify")).toMatchObject({ exit: 0 })
    expect((await stage.nexus("events", "--type", "HookUnrecognised", "--type", "CaptureDriftFound")).stdout).toBe("")
    expect(stage.model.strays).toEqual([])
  })
})
