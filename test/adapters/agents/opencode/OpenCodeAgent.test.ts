import { join } from "node:path"
import { createTwoFilesPatch } from "diff"
import { describe, expect, it } from "vitest"
import { OpenCodeAgent } from "../../../../src/adapters/agents/opencode/OpenCodeAgent.ts"
import type { JsonObject } from "../../../../src/app/ports/Agent.ts"
import { git, repository, world } from "../../../app/world.ts"
import { problemOf, withstands } from "../hostile.ts"
import { moved, recordedAs, recordedOf } from "../recorded.ts"
import { editsOf, readingOf, recordedEdits, refusalOf } from "../support.ts"

const recorded = recordedOf("opencode")
const write = recordedAs("opencode", "tool.execute.after.write")
const session = "ses_dfe0a5e7bffeAz4WX9abKhqz4R"

/** A finished call, as a plugin hands it on. */
const done = (tool: string, args: JsonObject, metadata: JsonObject = {}, directory = "/p"): JsonObject => ({
  hook: "tool.execute.after",
  directory,
  input: { tool, sessionID: session, callID: `call_${tool}`, args },
  output: { title: "", output: "", metadata }
})

describe("what was recorded from a plugin of OpenCode", () => {
  it("is all there", () => expect(recorded.length).toBeGreaterThan(50))

  it.each(recorded)("%s is read, and of what it tells can be recorded", (_, one) => {
    const reading = readingOf(OpenCodeAgent, one)
    if (reading.session === null) expect(reading.facts).toEqual([])
    else expect(reading.facts.length + (reading.prompt === undefined ? 0 : 1)).toBe(1)
    for (const fact of reading.facts) expect(problemOf(fact)).toBeUndefined()
  })

  it("becomes the facts of a session", () => {
    const facts = (name: string) => readingOf(OpenCodeAgent, recordedAs("opencode", name)).facts
    expect(facts("event_session.created")).toEqual([
      { type: "SessionStarted", payload: { agent: "opencode", source: "startup", cwd: "/home/dev/project" } }
    ])
    expect(facts("tool.execute.before.bash")).toMatchObject([
      { type: "ToolStarted", payload: { tool: "bash", call: "call_00000009", target: expect.stringMatching(/^echo/) } }
    ])
    expect(facts("tool.execute.after.write")).toMatchObject([
      { type: "ToolCompleted", payload: { call: "call_00000004", target: "/home/dev/project/hello.txt" } }
    ])
    expect(facts("event_message.part.updated.tool.bash.error")).toMatchObject([
      { type: "ToolFailed", payload: { tool: "bash", error: "NEXUS: commit message is not conventional" } }
    ])
    expect(facts("event_session.idle")).toMatchObject([{ type: "StopObserved" }])
    expect(facts("event_session.error.APIError")).toEqual([
      { type: "StopFailed", payload: { error: "APIError", message: "bad fake" } }
    ])
  })

  it("names the model, as models.dev does, around messages only", () => {
    for (const name of ["chat.message", "chat.params", "event_message.updated.user", "event_message.updated.assistant"])
      expect(readingOf(OpenCodeAgent, recordedAs("opencode", name)).model?.name).toBe("fake/fake-model")
    expect(readingOf(OpenCodeAgent, write).model).toBeUndefined()
  })

  it("has the prompt, without what the client adds to it", () => {
    const one = recordedAs("opencode", "chat.message")
    expect(readingOf(OpenCodeAgent, one).prompt).toMatchObject({ text: "write hello", by: "human" })
    const output = one["output"] as JsonObject
    const parts = [...(output["parts"] as ReadonlyArray<JsonObject>), { type: "text", text: "added", synthetic: true }]
    expect(readingOf(OpenCodeAgent, { ...one, output: { ...output, parts } }).prompt?.text).toBe("write hello")
  })

  it("tells of a subagent in the session that it works for", () =>
    expect(readingOf(OpenCodeAgent, recordedAs("opencode", "event_session.created.child"))).toMatchObject({
      session: "opencode:ses_dfe078e59ffe5lapfBErPWu1Xd",
      subagent: "ses_dfe077dcaffeSug2VIMJA1rAcy",
      facts: [{ type: "SubagentStarted", payload: { subagent: "ses_dfe077dcaffeSug2VIMJA1rAcy", role: "general" } }]
    }))

  it("has what a session used and said last, where it stops", () => {
    const one = {
      ...recordedAs("opencode", "event_session.idle"),
      hook: "session.idle",
      message: "All done.",
      messages: 3,
      tokens: { input: 100, output: 20, reasoning: 5, cache: { read: 7, write: 1 } },
      signal: { aborted: false, pending: null, children: 2, error: null, turn: "msg_1" }
    }
    expect(readingOf(OpenCodeAgent, one)).toMatchObject({
      facts: [{ type: "StopObserved", payload: { message: "All done.", background: 2 } }],
      usage: {
        inputTokens: 100,
        outputTokens: 25,
        cacheReadTokens: 7,
        cacheWriteTokens: 1,
        messages: 3,
        lastMessage: "msg_1"
      }
    })
  })

  it("is of the subagent and its session's, where the plugin says whose it is", () => {
    const one = { ...write, parentID: "ses_parent" }
    expect(readingOf(OpenCodeAgent, one)).toMatchObject({ session: "opencode:ses_parent", subagent: session })
    expect(editsOf(OpenCodeAgent, one)).toMatchObject([{ subagent: session }])
    const prompt = { ...recordedAs("opencode", "chat.message"), parentID: "ses_parent" }
    expect(readingOf(OpenCodeAgent, prompt).prompt).toMatchObject({ text: "write hello", by: "machine" })
  })
})

describe("a file tool", () => {
  it("has the content that it was told to write, when nobody waits", () =>
    expect(editsOf(OpenCodeAgent, write)).toEqual([
      expect.objectContaining({
        path: "/home/dev/project/hello.txt",
        operation: "modified",
        before: undefined,
        after: "hello from fake\n"
      })
    ]))

  it("has what the client's formatter made of it, while its hook waits", () => {
    using at = world()
    at.put("a.ts", "const a = 1\n")
    const [written] = editsOf(
      OpenCodeAgent,
      done("write", { filePath: "a.ts", content: "const a=1" }, { exists: false }, at.root),
      true
    )
    expect(written).toMatchObject({ operation: "created", before: null, after: "const a = 1\n", evidence: "disk" })
    const args = { filePath: "a.ts", oldString: "0", newString: "1" }
    const [edited] = editsOf(
      OpenCodeAgent,
      done("edit", args, { filediff: { before: "const a=0\n", after: "const a=1\n" } }, at.root),
      true
    )
    expect(edited).toMatchObject({ before: "const a=0\n", after: "const a = 1\n" })
  })

  it("has the content before an edit from a patch that fits, or from what was replaced by what", () => {
    using at = world()
    at.put("a.txt", "one\nTWO\nthree\n")
    const args = { filePath: join(at.root, "a.txt"), oldString: "two", newString: "TWO" }
    const patch = createTwoFilesPatch("a.txt", "a.txt", "one\ntwo\nthree\n", "one\nTWO\nthree\n")
    const expected = { operation: "modified", before: "one\ntwo\nthree\n", after: "one\nTWO\nthree\n" }
    expect(editsOf(OpenCodeAgent, done("edit", args, { filediff: { file: "a.txt", patch } }), true)).toMatchObject([
      expected
    ])
    expect(editsOf(OpenCodeAgent, done("edit", args), true)).toMatchObject([expected])
    const unfit = patch.replace(" one", " uno")
    expect(
      editsOf(OpenCodeAgent, done("edit", { ...args, replaceAll: true }, { filediff: { patch: unfit } }), true)
    ).toMatchObject([{ before: undefined, after: "one\nTWO\nthree\n" }])
  })

  it("has what the plugin read around it, whatever the client tells", () => {
    const args = { filePath: "/p/a.txt", content: "a" }
    const read = (before: string | null) => ({ files: [{ path: "/p/a.txt", before, after: "A\n" }] })
    expect(editsOf(OpenCodeAgent, { ...done("write", args, { exists: true }), ...read("old\n") })).toMatchObject([
      { operation: "modified", before: "old\n", after: "A\n", evidence: "disk" }
    ])
    expect(editsOf(OpenCodeAgent, { ...done("write", args), ...read(null) })).toMatchObject([
      { operation: "created", before: null, after: "A\n" }
    ])
    const patchText = "*** Begin Patch\n*** Update File: a.txt\n-old\n+A\n*** End Patch"
    expect(editsOf(OpenCodeAgent, { ...done("apply_patch", { patchText }), ...read("old\n") })).toMatchObject([
      { path: "a.txt", before: "old\n", after: "A\n", evidence: "disk" }
    ])
  })

  it("that puts text in place of none in a file that was not there created it", () =>
    expect(
      editsOf(
        OpenCodeAgent,
        done("edit", { filePath: "/p/n", oldString: "", newString: "x\n" }, { filediff: { before: "", after: "x\n" } })
      )
    ).toMatchObject([{ operation: "created", before: null, after: "x\n" }]))

  it("that edits many times has the content before the first and after the last", () => {
    const results = [{ filediff: { before: "a\n", after: "b\n" } }, { filediff: { before: "b\n", after: "c\n" } }]
    const edits = [
      { oldString: "a", newString: "b" },
      { oldString: "b", newString: "c" }
    ]
    expect(editsOf(OpenCodeAgent, done("multiedit", { filePath: "/p/a", edits }, { results }))).toMatchObject([
      { before: "a\n", after: "c\n" }
    ])
  })

  it("that applies a patch tells each file, as its metadata does or else the envelope", () => {
    using at = world()
    at.put("a.txt", "A\n")
    at.put("new.txt", "n\n")
    at.put("to.txt", "Y\n")
    const patchText = [
      "*** Begin Patch",
      "*** Add File: new.txt",
      "+n",
      "*** Update File: a.txt",
      "-a",
      "+A",
      "*** Delete File: gone.txt",
      "*** Update File: from.txt",
      "*** Move to: to.txt",
      "-y",
      "+Y",
      "*** End Patch"
    ].join("\n")
    const diff = (before: string, after: string) => createTwoFilesPatch("f", "f", before, after)
    const files = [
      { filePath: "new.txt", type: "add", patch: diff("", "n\n") },
      { filePath: "a.txt", type: "update", patch: diff("a\n", "A\n") },
      { filePath: "gone.txt", type: "delete", patch: diff("g\n", "") },
      { filePath: "from.txt", type: "move", movePath: "to.txt", patch: diff("y\n", "Y\n") }
    ]
    const expected = [
      { path: "new.txt", operation: "created", before: null, after: "n\n" },
      { path: "a.txt", operation: "modified", before: "a\n", after: "A\n" },
      { path: "gone.txt", operation: "deleted", after: null },
      { path: "from.txt", operation: "deleted", before: "y\n", after: null },
      { path: "to.txt", from: "from.txt", before: "y\n", after: "Y\n" }
    ]
    const told = (metadata: JsonObject) =>
      editsOf(OpenCodeAgent, done("apply_patch", { patchText }, metadata, at.root), true)
    expect(told({ files })).toMatchObject(expected)
    expect(told({})).toMatchObject(expected)
  })

  it("is no edit before it ran, and neither is a tool that only reads", () => {
    expect(editsOf(OpenCodeAgent, recordedAs("opencode", "tool.execute.before.write"), true)).toEqual([])
    expect(editsOf(OpenCodeAgent, done("read", { filePath: "/p/a" }), true)).toEqual([])
  })
})

describe("calls that may change files", () => {
  it("reach what they name, or everything for a shell and for tools that are not the client's own", () => {
    expect(OpenCodeAgent.window(write)).toMatchObject({ phase: "end", reach: ["/home/dev/project/hello.txt"] })
    expect(OpenCodeAgent.window(recordedAs("opencode", "tool.execute.before.bash"))).toMatchObject({
      phase: "start",
      reach: "checkout",
      command: expect.stringMatching(/^echo/)
    })
    expect(OpenCodeAgent.window(done("files_write", {}))).toMatchObject({ reach: "checkout" })
    for (const name of ["task", "todowrite"])
      expect(OpenCodeAgent.window(recordedAs("opencode", `tool.execute.after.${name}`))).toBeUndefined()
    expect(OpenCodeAgent.window(recordedAs("opencode", "chat.message"))).toBeUndefined()
  })

  it("end where they fail, too", () =>
    expect(OpenCodeAgent.window(recordedAs("opencode", "event_message.part.updated.tool.bash.error"))).toMatchObject({
      phase: "end",
      call: "call_00000006",
      tool: "bash"
    }))
})

describe("a command in the client's shell", () => {
  it("is the agent's, and of the conversation that the plugin names", () => {
    expect(OpenCodeAgent.caller?.({ OPENCODE: "1", NEXUS_OPENCODE_SESSION: session })).toEqual({
      agent: "opencode",
      session: `opencode:${session}`
    })
    expect(OpenCodeAgent.caller?.({ OPENCODE: "1" })).toEqual({ agent: "opencode" })
    expect(OpenCodeAgent.caller?.({ NEXUS_OPENCODE_SESSION: session })).toBeUndefined()
  })
})

describe("what no plugin hands on", () => {
  it("is refused with a reason", () => {
    expect(refusalOf(OpenCodeAgent, {})).toMatch(/hook/)
    expect(refusalOf(OpenCodeAgent, { hook: "chat.message", input: { sessionID: "a/b" } })).toMatch(/sessionID/)
  })

  it("is never thrown at", () =>
    withstands(OpenCodeAgent, [
      ...recorded.map(([, one]) => one),
      done("edit", { filePath: "a", oldString: "a", newString: "b" }, { filediff: { before: "a", after: "b" } }),
      done("apply_patch", { patchText: "*** Begin Patch\n*** Add File: a\n+b" }, { files: [{ filePath: "a" }] })
    ]))
})

describe("a session of OpenCode, through the spool", () => {
  it("is recorded with the model of its last message, exact contents, and its command's changes", async () => {
    using at = world()
    const project = repository(join(at.root, "project"))
    at.put("project/hello.txt", "before\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a")
    const send = async (name: string) =>
      at.ingest(at.deliver({ ...moved(recordedAs("opencode", name), project), directory: project }, "opencode"))
    for (const name of ["event_session.created", "chat.message", "tool.execute.before.write"]) await send(name)
    at.put("project/hello.txt", "hello from fake\n")
    await send("tool.execute.after.write")
    await send("tool.execute.before.bash")
    at.put("project/second.txt", "second\n")
    await send("tool.execute.after.bash")
    await send("event_session.idle")
    expect(at.rejected()).toEqual([])
    const edit = { model: "fake/fake-model", checkout: project }
    expect(await recordedEdits(at)).toEqual([
      { ...edit, path: "hello.txt", operation: "modified", before: "before\n", after: "hello from fake\n" },
      { ...edit, path: "second.txt", operation: "created", before: null, after: "second\n" }
    ])
    expect((await at.ofType("PromptSubmitted"))[0]?.payload).toMatchObject({ excerpt: "write hello" })
  })

  it("keeps no word of a prompt when prompts are not kept", async () => {
    using at = world()
    at.put("nexus/config.jsonc", '{ "capture": { "prompts": "hash" } }')
    for (const name of ["chat.message", "event_message.part.updated.text"])
      at.deliver(
        JSON.parse(JSON.stringify(recordedAs("opencode", name)).replaceAll(/"text": ?"[^"]*"/g, '"text":"my words"')),
        "opencode"
      )
    await at.ingest()
    expect(await at.ofType("PromptSubmitted")).toHaveLength(1)
    expect((await at.blobs()).filter((blob) => blob.includes("my words"))).toEqual([])
  })
})
