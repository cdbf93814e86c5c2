import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, jsonLines, newWorld, put, type World } from "../support/cli.ts"
import { follow, type Story } from "./clients/Story.ts"
import { type OpenCode, serveOpenCode } from "./clients/OpenCode.ts"
import { openCodeModel } from "./clients/OpenCodeSettings.ts"
import { type ModelServer, serveModel } from "./model/ModelServer.ts"
import { call, inOrder, says } from "./model/Script.ts"

let world: World
let repository: string
let model: ModelServer
let client: OpenCode
let story: Story

const nexus = (...args: ReadonlyArray<string>) => world.nexus(args, { cwd: repository })

const path = (name: string): string => join(repository, name)

/** A conversation that ends, and is recorded to its end. */
const converse = async (words: string, about: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  const session = await client.session()
  await client.prompt(session, words, about)
  await story.told("StopObserved", ({ correlation }) => correlation === `opencode:${session}`)
  return session
}

const eventsOf = async (session: string, ...types: ReadonlyArray<string>) =>
  jsonLines(
    await nexus("events", "--json", "--session", `opencode:${session}`, ...types.flatMap((type) => ["--type", type]))
  )

beforeAll(async () => {
  world = newWorld()
  repository = world.repository()
  put(path("old.txt"), "one\ntwo\nthree\n")
  world.git(repository, "add", "old.txt")
  world.git(repository, "commit", "--quiet", "--message", "Old")
  json(await nexus("init", "--json"))
  model = await serveModel()
  client = await serveOpenCode(world, repository, model)
  story = follow(world)
}, 180_000)

afterAll(async () => {
  await story[Symbol.asyncDispose]()
  await client[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
  world[Symbol.dispose]()
})

describe("what OpenCode does", () => {
  let session: string

  beforeAll(async () => {
    model.follow(
      "Make two files.",
      inOrder(
        call("write", { filePath: path("hello.txt"), content: "hello\nworld\n" }),
        call("bash", { command: "printf 'from bash\\n' > second.txt", description: "Write the second" }),
        call("write", { filePath: path("old.txt"), content: "one\nTWO\nthree\n" }),
        call("edit", { filePath: path("hello.txt"), oldString: "world", newString: "moon" }),
        says("Both files are there.")
      )
    )
    session = await converse("Make two files.")
  }, 180_000)

  it("is a session with its model, its prompt, its tools and what it used", async () => {
    const { items } = json(await nexus("sessions", "--json"))
    expect(items).toMatchObject([
      {
        id: `opencode:${session}`,
        model: openCodeModel,
        state: "idle",
        counts: { prompts: 1, tools: 4, edits: 4, failures: 0, stops: 1 },
        tokens: { input: expect.any(Number) }
      }
    ])
    expect(await eventsOf(session, "PromptSubmitted", "StopObserved", "UsageReported")).toMatchObject([
      { type: "PromptSubmitted", payload: { by: "human", excerpt: "Make two files." } },
      { type: "StopObserved", payload: { message: "Both files are there." } },
      { type: "UsageReported", payload: { messages: 5, inputTokens: expect.any(Number) } }
    ])
  })

  it("is told by nexus replay, in order", async () => {
    const { stdout } = await nexus("replay", "--session", `opencode:${session}`)
    const order =
      /Make two files[^]*write ✓[^]*created hello.txt[^]*bash ✓[^]*created second.txt[^]*stopped: Both files/
    expect(stdout).toMatch(order)
    expect(stdout).not.toContain("chat.params")
  })

  it("has the contents of each file before and after, and the model that wrote it", async () => {
    const edits = await eventsOf(session, "FileEdited")
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
      json(await nexus("trace", "blame", file, "--json")).lines.map(
        ({ contributor }: any) => contributor.model_id ?? contributor.type
      )
    expect(await owners("hello.txt")).toEqual([openCodeModel, openCodeModel])
    expect(await owners("second.txt")).toEqual([openCodeModel])
    expect(await owners("old.txt")).toEqual(["unknown", openCodeModel, "unknown"])
  })

  it("leaves a log that can be proved, in which nothing is unknown", async () => {
    expect(await nexus("verify")).toMatchObject({ exit: 0 })
    expect((await nexus("events", "--type", "HookUnrecognised", "--type", "CaptureDriftFound")).stdout).toBe("")
    expect(model.strays).toEqual([])
  })
})
