import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { CursorAgent } from "../../../../src/adapters/agents/cursor/CursorAgent.ts"
import type { JsonObject } from "../../../../src/app/ports/Agent.ts"
import { repository, world } from "../../../app/world.ts"
import { problemOf, withstands } from "../hostile.ts"
import { editsOf, readingOf, recordedEdits, refusalOf } from "../support.ts"

// Cursor can't be run here: these payloads are built by its contract (cursor.com/docs/hooks, @cursor/sdk 1.0.32).
const payload = (event: string, fields: JsonObject = {}, root = "/p"): JsonObject => ({
  conversation_id: "conv-1",
  generation_id: "gen-1",
  model: "claude-opus-4-5",
  hook_event_name: event,
  cursor_version: "2.4.1",
  workspace_roots: [root],
  transcript_path: null,
  ...fields
})

const used = (tool: string, input: JsonObject, root = "/p", call = `call_${tool}`): JsonObject =>
  payload(
    "postToolUse",
    { tool_name: tool, tool_input: input, tool_use_id: call, tool_output: "{}", duration: 5 },
    root
  )

/** The same call as Claude Code's hooks are told of it. */
const asClaude = ({ tool_output: _output, duration: _duration, ...one }: JsonObject): JsonObject => ({
  ...one,
  hook_event_name: "PostToolUse",
  session_id: one["conversation_id"] ?? "",
  tool_response: {}
})

const edited = (file: string, old: string, fresh: string, root = "/p") =>
  payload("afterFileEdit", { file_path: file, edits: [{ old_string: old, new_string: fresh }] }, root)

describe("the hooks of Cursor", () => {
  it.each<readonly [string, JsonObject, string, object]>([
    ["sessionStart", { composer_mode: "agent" }, "SessionStarted", { agent: "cursor", cwd: "/p" }],
    ["sessionEnd", { reason: "completed", duration_ms: 5 }, "SessionEnded", { reason: "completed" }],
    ["preToolUse", { tool_name: "Shell", tool_input: { command: "ls" }, tool_use_id: "c" }, "ToolStarted", {}],
    [
      "postToolUse",
      { tool_name: "Read", tool_input: { path: "/p/a" }, tool_use_id: "c", duration: 7 },
      "ToolCompleted",
      { tool: "Read", target: "/p/a", durationMs: 7 }
    ],
    [
      "postToolUseFailure",
      { tool_name: "Shell", tool_input: "{}", tool_use_id: "c", error_message: "exit 1", is_interrupt: true },
      "ToolFailed",
      { error: "exit 1", interrupted: true }
    ],
    ["afterFileEdit", { file_path: "/p/a", edits: [] }, "HookReceived", { hook: "afterFileEdit", detail: "/p/a" }],
    ["afterShellExecution", { command: "make", output: "", duration: 5 }, "HookReceived", { detail: "make" }],
    ["stop", { status: "completed", loop_count: 1 }, "StopObserved", { again: true }],
    ["stop", { status: "error", loop_count: 0 }, "StopFailed", { error: "error" }],
    ["subagentStart", { subagent_id: "s", subagent_type: "explore" }, "SubagentStarted", { subagent: "s" }],
    ["subagentStop", { subagent_id: "s", subagent_type: "x", summary: "done" }, "SubagentStopped", { message: "done" }],
    ["preCompact", { trigger: "auto" }, "CompactionStarted", { trigger: "auto" }]
  ])("%s with %j becomes %s", (event, fields, type, expected) => {
    const reading = readingOf(CursorAgent, payload(event, fields))
    expect(reading).toMatchObject({ session: "cursor:conv-1", cwd: "/p", drift: [] })
    expect(reading.facts).toEqual([{ type, payload: expect.objectContaining(expected) }])
    for (const fact of reading.facts) expect(problemOf(fact)).toBeUndefined()
  })

  it("tell the prompt and the model, unless Cursor chooses it", () => {
    const one = payload("beforeSubmitPrompt", { prompt: "do it", attachments: [] })
    expect(readingOf(CursorAgent, one)).toMatchObject({
      facts: [],
      prompt: { text: "do it", by: "human", id: "gen-1" },
      model: { name: "claude-opus-4-5", evidence: "hook" }
    })
    expect(readingOf(CursorAgent, { ...one, model: "default" })).not.toHaveProperty("model")
  })

  it("are told from what is none, and from newer ones", () => {
    expect(refusalOf(CursorAgent, {})).toMatch(/hook_event_name/)
    expect(refusalOf(CursorAgent, { hook_event_name: "stop" })).toMatch(/conversation_id/)
    expect(readingOf(CursorAgent, payload("afterDream")).drift).toEqual([
      { hook: "afterDream", field: "", problem: "unknown hook" }
    ])
  })

  it("are never thrown at", () =>
    withstands(CursorAgent, [
      edited("/p/a", "a", "b"),
      payload("afterTabFileEdit", { file_path: "/p/a", edits: [{ old_string: "", new_string: "b", range: {} }] }),
      used("Write", { path: "/p/a", contents: "x" }),
      used("StrReplace", { path: "/p/a", old_string: "a", new_string: "b" }),
      used("ApplyPatch", { patch: "*** Begin Patch\n*** Update File: a\n-b\n+c\n*** End Patch" }),
      asClaude(used("Edit", { file_path: "/p/a", old_string: "a", new_string: "b" })),
      payload("beforeSubmitPrompt", { prompt: "x" }),
      payload("stop", { status: "completed", loop_count: 0 })
    ]))
})

describe("an edit", () => {
  it("by Write has the content that it writes; what was before it does not say", () => {
    for (const input of [
      { file_path: "/p/a", content: "x\n" },
      { path: "/p/a", contents: "x\n" }
    ])
      expect(editsOf(CursorAgent, used("Write", input))).toEqual([
        expect.objectContaining({ path: "/p/a", before: undefined, after: "x\n", tool: "Write", evidence: "payload" })
      ])
  })

  it("by StrReplace has both contents while its hook waits", () => {
    using at = world()
    const path = at.put("a.txt", "one TWO three\n")
    const one = used("StrReplace", { path, old_string: "two", new_string: "TWO" }, at.root)
    const contents = { before: "one two three\n", after: "one TWO three\n" }
    expect(editsOf(CursorAgent, one, true)).toMatchObject([contents])
    expect(editsOf(CursorAgent, edited(path, "two", "TWO", at.root), true)).toMatchObject([contents])
    expect(editsOf(CursorAgent, one, false)).toMatchObject([{ before: undefined, after: undefined, evidence: "diff" }])
  })

  it("that the disk does not show has no contents", () => {
    using at = world()
    const path = at.put("a.txt", "something else\n")
    expect(editsOf(CursorAgent, edited(path, "two", "TWO", at.root), true)).toMatchObject([
      { before: undefined, after: undefined, evidence: "diff" }
    ])
  })

  it("by Delete and by ApplyPatch is told file by file", () => {
    expect(editsOf(CursorAgent, used("Delete", { path: "/p/a" }))).toMatchObject([
      { path: "/p/a", operation: "deleted", after: null }
    ])
    const patch = "*** Begin Patch\n*** Add File: /p/n\n+x\n*** Delete File: /p/g\n*** End Patch"
    for (const input of [{ patch }, patch])
      expect(editsOf(CursorAgent, used("ApplyPatch", input as JsonObject))).toMatchObject([
        { path: "/p/n", operation: "created", after: "x\n" },
        { path: "/p/g", operation: "deleted" }
      ])
  })

  it("by a completion is the completion's own, with its model", () => {
    const one = payload("afterTabFileEdit", {
      file_path: "/p/a",
      edits: [{ old_string: "a", new_string: "ab", range: { start_line_number: 1 } }]
    })
    expect(editsOf(CursorAgent, { ...one, model: "cursor-tab-2" })).toMatchObject([
      { tool: "tab", model: "cursor-tab-2" }
    ])
    const { model: _, conversation_id: __, ...bare } = one
    expect(editsOf(CursorAgent, bare)).toMatchObject([{ tool: "tab", model: "tab" }])
    expect(readingOf(CursorAgent, bare)).not.toHaveProperty("model")
    expect(readingOf(CursorAgent, bare).session).toBe("cursor:tab")
  })

  it("on Windows is of the file as Windows names it", () => {
    const one = edited("/c:/work/a.txt", "", "x", "/c:/work")
    expect(editsOf(CursorAgent, one)).toMatchObject([{ path: "C:/work/a.txt" }])
    expect(readingOf(CursorAgent, one).cwd).toBe("C:/work")
  })

  it("is of that folder of the workspace which holds the file", () => {
    const one = { ...edited("/work/two/a", "a", "b"), workspace_roots: ["/work/one", "/work/two"] }
    expect(CursorAgent.folder?.(one)).toBe("/work/two")
    expect(CursorAgent.folder?.({ ...one, file_path: "/elsewhere/a" })).toBe("/work/one")
  })
})

describe("calls that may change files", () => {
  it("reach the file that they name; shells and servers reach all", () => {
    const start = { ...used("Write", { path: "/p/a" }), hook_event_name: "preToolUse" }
    expect(CursorAgent.window(start)).toMatchObject({ phase: "start", reach: ["/p/a"], call: "call_Write" })
    expect(CursorAgent.window(used("Shell", { command: "make" }))).toMatchObject({
      phase: "end",
      reach: "checkout",
      command: "make"
    })
    expect(CursorAgent.window(used("MCP:write", {}))).toMatchObject({ reach: "checkout" })
    expect(CursorAgent.window(used("Read", { path: "/p/a" }))).toBeUndefined()
    // The same command is told by preToolUse and postToolUse, with its id.
    expect(CursorAgent.window(payload("afterShellExecution", { command: "make" }))).toBeUndefined()
  })
})

describe("an edit that is told twice", () => {
  const twice = async (...told: ReadonlyArray<readonly [agent: string, one: (root: string) => JsonObject]>) => {
    using at = world()
    const project = repository(join(at.root, "project"))
    at.put("project/a.txt", "one TWO\n")
    for (const [agent, one] of told) await at.ingest(at.deliver(one(project), agent))
    expect(at.rejected()).toEqual([])
    const sessions = new Set((await at.events()).map(({ correlation }) => correlation).filter((id) => id !== null))
    return { edits: await recordedEdits(at), sessions: [...sessions], tools: await at.ofType("ToolCompleted") }
  }
  const replaces = (root: string) =>
    used("StrReplace", { path: join(root, "a.txt"), old_string: "two", new_string: "TWO" }, root)
  const tells = (root: string) => edited(join(root, "a.txt"), "two", "TWO", root)
  const once = [{ path: "a.txt", before: "one two\n", after: "one TWO\n", model: "claude-opus-4-5" }]

  it("by afterFileEdit and then postToolUse counts once", async () => {
    const { edits, tools } = await twice(["cursor", tells], ["cursor", replaces])
    expect(edits).toMatchObject(once)
    expect(edits).toHaveLength(1)
    expect(tools).toHaveLength(1)
  })

  it("by postToolUse and then afterFileEdit counts once", async () => {
    const { edits } = await twice(["cursor", replaces], ["cursor", tells])
    expect(edits).toMatchObject(once)
    expect(edits).toHaveLength(1)
  })

  it("by afterFileEdit alone counts too", async () => {
    expect((await twice(["cursor", tells])).edits).toMatchObject(once)
  })

  it("by Cursor's hook and by Claude Code's, which Cursor runs too, counts once, as Cursor's", async () => {
    const claude = (root: string) => asClaude(replaces(root))
    for (const order of [
      [["cursor", replaces] as const, ["claude", claude] as const],
      [["claude", claude] as const, ["cursor", replaces] as const]
    ]) {
      const { edits, sessions, tools } = await twice(...order)
      expect(edits).toMatchObject(once)
      expect(edits).toHaveLength(1)
      expect(tools).toHaveLength(1)
      expect(sessions).toEqual(["cursor:conv-1"])
    }
  })

  it("by Claude Code's hook alone is Cursor's", async () => {
    const { edits, sessions } = await twice(["claude", (root) => asClaude(replaces(root))])
    expect(edits).toMatchObject(once)
    expect(sessions).toEqual(["cursor:conv-1"])
  })

  it("in another turn counts again", async () => {
    const later = (root: string) => ({ ...tells(root), generation_id: "gen-2" })
    expect((await twice(["cursor", tells], ["cursor", later])).edits).toHaveLength(2)
  })
})

describe("a session of Cursor, through the spool", () => {
  it("is recorded with exact contents, its command's changes, and completions apart from the conversation", async () => {
    using at = world()
    const project = repository(join(at.root, "project"))
    const file = at.put("project/a.txt", "human\n")
    const send = async (one: JsonObject) => at.ingest(at.deliver(one, "cursor"))
    const start = (one: JsonObject): JsonObject => {
      const { tool_output: _, duration: __, ...rest } = one
      return { ...rest, hook_event_name: "preToolUse" }
    }
    await send(payload("sessionStart", {}, project))
    await send(payload("beforeSubmitPrompt", { prompt: "do it" }, project))
    const write = used("Write", { path: file, contents: "agent\n" }, project)
    await send(start(write))
    at.put("project/a.txt", "agent\n")
    await send(edited(file, "human\n", "agent\n", project))
    await send(write)
    const shell = used("Shell", { command: "sh make.sh" }, project)
    await send(start(shell))
    at.put("project/made.txt", "made\n")
    await send(payload("afterShellExecution", { command: "sh make.sh", output: "" }, project))
    await send(shell)
    at.put("project/a.txt", "agent completed\n")
    const tab = { file_path: file, edits: [{ old_string: "agent", new_string: "agent completed" }], model: "tab-1" }
    await send(payload("afterTabFileEdit", tab, project))
    await send(payload("stop", { status: "completed", loop_count: 0 }, project))

    expect(at.rejected()).toEqual([])
    const opus = { model: "claude-opus-4-5", checkout: project }
    expect(await recordedEdits(at)).toMatchObject([
      { ...opus, path: "a.txt", before: "human\n", after: "agent\n" },
      { ...opus, path: "made.txt", operation: "created", before: null, after: "made\n" },
      { model: "tab-1", path: "a.txt", before: "agent\n", after: "agent completed\n" }
    ])
    expect(await recordedEdits(at)).toHaveLength(3)
    expect(await at.ofType("ModelSwitched")).toEqual([])
  })
})
