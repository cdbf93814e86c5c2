import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { GeminiAgent } from "../../../../src/adapters/agents/gemini/GeminiAgent.ts"
import type { JsonObject } from "../../../../src/app/ports/Agent.ts"
import { repository, world } from "../../../app/world.ts"
import { problemOf, withstands } from "../hostile.ts"
import { moved, recordedAs, recordedOf } from "../recorded.ts"
import { editsOf, readingOf, recordedEdits, refusalOf } from "../support.ts"

const recorded = recordedOf("gemini")
const after = recordedAs("gemini", "AfterTool")

/** A finished tool, with changes in what it shows. */
const tool = (name: string, input: JsonObject, shown: JsonObject, response: JsonObject = {}): JsonObject => ({
  ...after,
  tool_name: name,
  tool_input: input,
  tool_response: { llmContent: "done", returnDisplay: shown, ...response }
})

const replaced = (fields: JsonObject = {}) =>
  tool(
    "replace",
    { file_path: "/home/dev/project/a.txt", old_string: "one", new_string: "two" },
    { filePath: "/home/dev/project/a.txt", originalContent: "one\n", newContent: "two\n", isNewFile: false, ...fields }
  )

describe("payloads recorded from Gemini CLI", () => {
  it.each(recorded)("%s is read whole, without drift", (name, one) => {
    const reading = readingOf(GeminiAgent, one)
    expect(reading.drift).toEqual([])
    expect(reading.session).toBe(`gemini:${one["session_id"] as string}`)
    expect(reading.model?.name).toBe(/Model|Selection/.test(name) ? "gemini-2.5-flash" : undefined)
    for (const fact of reading.facts) expect(problemOf(fact)).toBeUndefined()
  })

  it("become the facts of a session", () => {
    const facts = (name: string) => readingOf(GeminiAgent, recordedAs("gemini", name)).facts
    expect(facts("SessionStart")).toMatchObject([{ type: "SessionStarted", payload: { source: "startup" } }])
    expect(facts("AfterAgent.active")).toMatchObject([{ type: "StopObserved", payload: { again: true } }])
    expect(facts("PreCompress")).toEqual([{ type: "CompactionStarted", payload: { trigger: "auto" } }])
    expect(facts("SessionEnd")).toEqual([{ type: "SessionEnded", payload: { reason: "exit" } }])
    expect(facts("BeforeAgent")).toEqual([])
    expect(readingOf(GeminiAgent, recordedAs("gemini", "BeforeAgent")).prompt).toEqual({
      text: "write hello",
      by: "human"
    })
  })

  it("name start and end of one call alike, though the client gives it no id", () => {
    const [start] = readingOf(GeminiAgent, recordedAs("gemini", "BeforeTool")).facts
    const [end] = readingOf(GeminiAgent, after).facts
    const call = editsOf(GeminiAgent, after)[0]?.call
    expect(call).toMatch(/./)
    expect(start).toMatchObject({ type: "ToolStarted", payload: { call, tool: "write_file" } })
    expect(end).toMatchObject({ type: "ToolCompleted", payload: { call } })
  })
})

describe("a command in the client's shell", () => {
  it("is the agent's, though nothing names the conversation", () => {
    // As `env` prints it there.
    expect(GeminiAgent.caller?.({ GEMINI_CLI: "1", GEMINI_CLI_NO_RELAUNCH: "true" })).toEqual({ agent: "gemini" })
    expect(GeminiAgent.caller?.({ GEMINI_API_KEY: "none" })).toBeUndefined()
  })
})

describe("a file tool", () => {
  it("has the exact contents that it shows", () => {
    expect(editsOf(GeminiAgent, after)).toEqual([
      expect.objectContaining({
        path: "/home/dev/project/hello.txt",
        operation: "created",
        before: null,
        after: "hello",
        evidence: "payload"
      })
    ])
    expect(editsOf(GeminiAgent, replaced())).toEqual([
      expect.objectContaining({ operation: "modified", before: "one\n", after: "two\n", tool: "replace" })
    ])
  })

  it("says that the person changed the proposal, when they did", () => {
    const stat = { model_added_lines: 1, user_added_lines: 0, user_removed_chars: 0 }
    expect(editsOf(GeminiAgent, replaced({ diffStat: stat }))[0]).not.toHaveProperty("userModified")
    for (const field of ["user_added_lines", "user_removed_lines", "user_added_chars", "user_removed_chars"])
      expect(editsOf(GeminiAgent, replaced({ diffStat: { ...stat, [field]: 1 } }))[0]?.userModified).toBe(true)
  })

  it("is no edit when it failed, when it shows no contents, before it ran, and in the client's own folder", () => {
    const one = replaced()
    expect(editsOf(GeminiAgent, { ...one, hook_event_name: "BeforeTool" })).toEqual([])
    expect(
      editsOf(GeminiAgent, { ...one, tool_response: { llmContent: "x", returnDisplay: "Failed to edit" } })
    ).toEqual([])
    expect(editsOf(GeminiAgent, replaced({ filePath: "/home/dev/.gemini/tmp/plan.md" }))).toEqual([])
    const failed = tool("replace", {}, { newContent: "x" }, { error: { message: "no match", type: "edit_failed" } })
    expect(editsOf(GeminiAgent, failed)).toEqual([])
    expect(readingOf(GeminiAgent, failed).facts).toMatchObject([{ type: "ToolFailed", payload: { error: "no match" } }])
  })
})

describe("calls that may change any file", () => {
  const shell = tool("run_shell_command", { command: "make", is_background: false }, {})

  it("are shells and servers", () => {
    expect(GeminiAgent.window(shell)).toMatchObject({ phase: "end", reach: "checkout", command: "make" })
    expect(GeminiAgent.window({ ...shell, hook_event_name: "BeforeTool" })).toMatchObject({ phase: "start" })
    expect(GeminiAgent.window({ ...shell, tool_name: "write", mcp_context: { server_name: "files" } })).toMatchObject({
      reach: "checkout"
    })
    expect(GeminiAgent.window(after)).toBeUndefined()
  })

  it("have one id from start to end, and different commands different ones", () => {
    const start = GeminiAgent.window({ ...shell, hook_event_name: "BeforeTool" })
    expect(start?.call).toBe(GeminiAgent.window(shell)?.call)
    expect(start?.call).not.toBe(GeminiAgent.window(tool("run_shell_command", { command: "make test" }, {}))?.call)
  })
})

describe("what is no payload of Gemini CLI", () => {
  it("is refused with a reason", () => {
    expect(refusalOf(GeminiAgent, {})).toMatch(/hook_event_name/)
    expect(refusalOf(GeminiAgent, { hook_event_name: "AfterTool" })).toMatch(/session_id/)
  })

  it("is never thrown at", () => withstands(GeminiAgent, [...recorded.map(([, one]) => one), replaced()]))
})

describe("a session of Gemini CLI, through the spool", () => {
  it("is recorded with the model that its hooks around the model name, and with exact contents", async () => {
    using at = world()
    const project = repository(join(at.root, "project"))
    const send = async (one: JsonObject) => at.ingest(at.deliver(moved(one, project), "gemini"))
    for (const name of ["SessionStart", "BeforeAgent", "BeforeModel", "BeforeTool"])
      await send(recordedAs("gemini", name))
    await send(after)
    await send(after)
    await send(replaced())
    for (const name of ["AfterAgent", "SessionEnd"]) await send(recordedAs("gemini", name))
    expect(at.rejected()).toEqual([])
    const edit = { model: "gemini-2.5-flash", checkout: project }
    expect(await recordedEdits(at)).toEqual([
      { ...edit, path: "hello.txt", operation: "created", before: null, after: "hello" },
      { ...edit, path: "a.txt", operation: "modified", before: "one\n", after: "two\n" }
    ])
  })

  it("has what a shell command changed", async () => {
    using at = world()
    const project = repository(join(at.root, "project"))
    const send = async (one: JsonObject) => at.ingest(at.deliver(moved(one, project), "gemini"))
    const command = tool("run_shell_command", { command: "sh generate.sh" }, {})
    const { tool_response: _, ...start } = command
    await send({ ...start, hook_event_name: "BeforeTool" })
    at.put("project/made.txt", "made\n")
    await send(command)
    expect(await recordedEdits(at)).toMatchObject([{ path: "made.txt", operation: "created", after: "made\n" }])
  })

  it("keeps no word of a prompt when prompts are not kept, also not those that it repeats to the model", async () => {
    using at = world()
    at.put("nexus/config.jsonc", '{ "capture": { "prompts": "hash" } }')
    for (const name of ["BeforeAgent", "BeforeModel", "AfterAgent"])
      at.deliver(JSON.parse(JSON.stringify(recordedAs("gemini", name)).replaceAll("write hello", "my words")), "gemini")
    await at.ingest()
    expect((await at.blobs()).filter((blob) => blob.includes("my words"))).toEqual([])
  })
})
