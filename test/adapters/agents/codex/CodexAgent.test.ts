import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { CodexAgent } from "../../../../src/adapters/agents/codex/CodexAgent.ts"
import type { JsonObject } from "../../../../src/app/ports/Agent.ts"
import { git, repository, world } from "../../../app/world.ts"
import { problemOf, withstands } from "../hostile.ts"
import { moved, recordedAs, recordedOf } from "../recorded.ts"
import { editsOf, readingOf, recordedEdits, refusalOf } from "../support.ts"

const recorded = recordedOf("codex")
const base = recordedAs("codex", "PostToolUse")
const success = "Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess. Updated the following files:\nM a.txt\n"

const envelope = (...lines: ReadonlyArray<string>) => ["*** Begin Patch", ...lines, "*** End Patch"].join("\n")

/** A finished `apply_patch`, as codex-cli 0.169.0 sends it. */
const patch = (project: string, text: string, fields: JsonObject = {}): JsonObject => ({
  ...moved(base, project),
  tool_name: "apply_patch",
  tool_input: { command: text },
  tool_response: success,
  ...fields
})

describe("payloads recorded from Codex", () => {
  it.each(recorded)("%s is read whole, without drift, with its model", (name, one) => {
    const reading = readingOf(CodexAgent, one)
    expect(reading.drift).toEqual([])
    expect(reading.session).toBe(`codex:${one["session_id"] as string}`)
    expect(reading.model?.name).toBe(name === "SessionEnd" ? undefined : "fake-model")
    for (const fact of reading.facts) expect(problemOf(fact)).toBeUndefined()
  })

  it("become the facts of a session", () => {
    const facts = (name: string) => readingOf(CodexAgent, recordedAs("codex", name)).facts
    expect(facts("SessionStart")).toMatchObject([
      { type: "SessionStarted", payload: { agent: "codex", source: "startup", model: "fake-model" } }
    ])
    expect(facts("PreToolUse")).toMatchObject([
      { type: "ToolStarted", payload: { tool: "Bash", call: "call_00000003", target: "echo hello > hello.txt" } }
    ])
    expect(facts("PostToolUse")).toMatchObject([{ type: "ToolCompleted", payload: { call: "call_00000003" } }])
    expect(facts("Stop.active")).toEqual([
      { type: "StopObserved", payload: { again: true, background: 0, message: "Now finished for real." } }
    ])
    expect(facts("SessionEnd")).toEqual([{ type: "SessionEnded", payload: { reason: "other" } }])
    expect(readingOf(CodexAgent, recordedAs("codex", "UserPromptSubmit")).prompt).toMatchObject({
      text: "write hello",
      by: "human"
    })
  })

  it("say when a command begins and ends that may change any file", () => {
    const expected = { call: "call_00000003", tool: "Bash", reach: "checkout", command: "echo hello > hello.txt" }
    expect(CodexAgent.window(recordedAs("codex", "PreToolUse"))).toMatchObject({ ...expected, phase: "start" })
    expect(CodexAgent.window(recordedAs("codex", "PostToolUse"))).toMatchObject({ ...expected, phase: "end" })
    expect(CodexAgent.window(recordedAs("codex", "Stop"))).toBeUndefined()
  })
})

describe("a command in the client's shell", () => {
  it("is the agent's, and of the conversation that its hooks name", () => {
    const id = recordedAs("codex", "Stop")["session_id"] as string
    // As `env` prints it there; a patch or a script of calls is no process.
    const environment = { CODEX_SESSION_ID: id, CODEX_THREAD_ID: id, CODEX_CI: "1", CODEX_TOOL_CALL_ID: "call_0001_0" }
    expect(CodexAgent.caller?.(environment)).toEqual({ agent: "codex", session: `codex:${id}` })
    expect(CodexAgent.caller?.({ CODEX_HOME: "/home/dev/.codex" })).toBeUndefined()
  })
})

describe("apply_patch", () => {
  const many = envelope(
    "*** Add File: new.txt",
    "+one",
    "+two",
    "*** Update File: a.txt",
    "@@",
    " a",
    "-b",
    "+B",
    "*** Delete File: gone.txt",
    "*** Update File: old.txt",
    "*** Move to: moved/new-name.txt",
    "@@",
    "-x",
    "+y"
  )

  it("has exact contents while its hook waits: that after from the disk, that before from the hunks", () => {
    using at = world()
    at.put("a.txt", "a\nB\nc\n")
    at.put("moved/new-name.txt", "w\ny\nz\n")
    expect(editsOf(CodexAgent, patch(at.root, many), true)).toEqual([
      expect.objectContaining({ path: "new.txt", operation: "created", before: null, after: "one\ntwo\n" }),
      expect.objectContaining({ path: "a.txt", operation: "modified", before: "a\nb\nc\n", after: "a\nB\nc\n" }),
      expect.objectContaining({ path: "gone.txt", operation: "deleted", before: undefined, after: null }),
      expect.objectContaining({ path: "old.txt", operation: "deleted", before: "w\nx\nz\n", after: null }),
      expect.objectContaining({ path: "moved/new-name.txt", from: "old.txt", before: "w\nx\nz\n", after: "w\ny\nz\n" })
    ])
  })

  it("leaves open what the disk does not show: it was not written, or somebody wrote it again", () => {
    using at = world()
    at.put("a.txt", "something else\n")
    const [, update] = editsOf(CodexAgent, patch(at.root, many), true)
    expect(update).toMatchObject({ path: "a.txt", before: undefined, after: undefined, evidence: "diff" })
    expect(editsOf(CodexAgent, patch(at.root, many), false)[1]).toMatchObject({ before: undefined, after: undefined })
  })

  it("is found under every name and field that models give it, and among calls that run at once", () => {
    const added = envelope("*** Add File: n", "+x")
    const inputs: ReadonlyArray<readonly [string, JsonObject[string]]> = [
      ["apply_patch", { input: added }],
      ["functions.apply_patch", { patch: added }],
      ["apply_patch", added],
      [
        "multi_tool_use.parallel",
        { tool_uses: [{ recipient_name: "functions.apply_patch", parameters: { command: added } }] }
      ]
    ]
    for (const [tool, input] of inputs) {
      const one = patch("/p", "", { tool_name: tool, tool_input: input as JsonObject })
      expect(editsOf(CodexAgent, one)).toMatchObject([{ path: "n", tool: "apply_patch", after: "x\n" }])
      expect(CodexAgent.window(one)).toMatchObject({ reach: ["n"] })
    }
  })

  it("that failed is a failure without edits", () => {
    for (const response of [
      "apply_patch verification failed: no such file",
      JSON.stringify({ output: "Failed", metadata: { exit_code: 1 } })
    ]) {
      const one = patch("/p", many, { tool_response: response })
      expect(editsOf(CodexAgent, one, true)).toEqual([])
      expect(readingOf(CodexAgent, one).facts).toMatchObject([{ type: "ToolFailed" }])
    }
  })

  it("reaches the files that it names, old names and new", () =>
    expect(CodexAgent.window(patch("/p", many, { hook_event_name: "PreToolUse" }))).toMatchObject({
      phase: "start",
      reach: ["new.txt", "a.txt", "gone.txt", "old.txt", "moved/new-name.txt"]
    }))

  it("is an edit of the subagent that made it", () =>
    expect(editsOf(CodexAgent, patch("/p", many, { agent_id: "sub-1" }))[0]).toMatchObject({ subagent: "sub-1" }))
})

describe("a server's tool", () => {
  it("may change any file, and a tool that only looks does not", () => {
    expect(CodexAgent.window({ ...base, tool_name: "mcp__files__write" })).toMatchObject({ reach: "checkout" })
    expect(CodexAgent.window({ ...base, tool_name: "update_plan", tool_input: { plan: [] } })).toBeUndefined()
  })
})

describe("what is no payload of Codex, or a newer one", () => {
  it("is refused with a reason, or read with what is new told", () => {
    expect(refusalOf(CodexAgent, {})).toMatch(/hook_event_name/)
    expect(refusalOf(CodexAgent, { hook_event_name: "Stop" })).toMatch(/session_id/)
    expect(readingOf(CodexAgent, { ...base, hook_event_name: "New", session_id: "s" })).toMatchObject({
      facts: [{ type: "HookUnrecognised" }],
      drift: [{ hook: "New", problem: "unknown hook" }]
    })
    expect(readingOf(CodexAgent, { ...recordedAs("codex", "Stop"), mood: 1 }).drift).toEqual([
      { hook: "Stop", field: "mood", problem: "unknown field" }
    ])
  })

  it("is never thrown at", () =>
    withstands(CodexAgent, [...recorded.map(([, one]) => one), patch("/p", envelope("*** Update File: a", "-b"))]))
})

describe("a session of Codex, through the spool", () => {
  it("is recorded with the model of each edit, the exact contents, and the command's own changes", async () => {
    using at = world()
    const project = repository(join(at.root, "project"))
    at.put("project/a.txt", "a\nb\nc\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "a")
    const send = async (one: JsonObject) => at.ingest(at.deliver(one, "codex"))
    for (const name of ["SessionStart", "UserPromptSubmit"]) await send(moved(recordedAs("codex", name), project))

    const update = envelope("*** Update File: a.txt", "@@", " a", "-b", "+B")
    const call = { tool_use_id: "call_1" }
    const { tool_response: _, ...start } = patch(project, update, { ...call, hook_event_name: "PreToolUse" })
    await send(start)
    at.put("project/a.txt", "a\nB\nc\n")
    await send(patch(project, update, call))

    await send(moved(recordedAs("codex", "PreToolUse"), project))
    at.put("project/hello.txt", "hello\n")
    await send(moved(recordedAs("codex", "PostToolUse"), project))
    await send(moved(recordedAs("codex", "Stop"), project))

    expect(at.rejected()).toEqual([])
    const edit = { model: "fake-model", checkout: project }
    expect(await recordedEdits(at)).toEqual([
      { ...edit, path: "a.txt", operation: "modified", before: "a\nb\nc\n", after: "a\nB\nc\n" },
      { ...edit, path: "hello.txt", operation: "created", before: null, after: "hello\n" }
    ])
    expect(readFileSync(join(project, "hello.txt"), "utf8")).toBe("hello\n")
  })

  it("has the content before a patch from the moment when the call began, where its hunks cannot tell it", async () => {
    using at = world()
    const project = repository(join(at.root, "project"))
    at.put("project/a.txt", "x\nb\nx\na\n")
    const update = envelope("*** Update File: a.txt", "@@", "-a", "+b")
    const send = async (one: JsonObject) => at.ingest(at.deliver(one, "codex"))
    const { tool_response: _, ...start } = patch(project, update, { hook_event_name: "PreToolUse" })
    await send(start)
    at.put("project/a.txt", "x\nb\nx\nb\n")
    await send(patch(project, update))
    expect(await recordedEdits(at)).toMatchObject([{ before: "x\nb\nx\na\n", after: "x\nb\nx\nb\n" }])
  })
})
