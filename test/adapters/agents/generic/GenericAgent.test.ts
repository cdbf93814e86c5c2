import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { GenericAgent } from "../../../../src/adapters/agents/generic/GenericAgent.ts"
import type { JsonObject } from "../../../../src/app/ports/Agent.ts"
import { repository, world } from "../../../app/world.ts"
import { problemOf, withstands } from "../hostile.ts"
import { editsOf, readingOf, recordedEdits, refusalOf } from "../support.ts"

const own: JsonObject = {
  agent: "my-tool",
  session: "s1",
  model: "anthropic/claude-opus-4-5",
  cwd: "/p",
  edits: [{ path: "a.txt", before: "a\n", after: "b\n" }]
}

const person: JsonObject = { agent: "vim", by: "human", cwd: "/p", edits: [{ path: "a.txt", after: "mine\n" }] }

// As git-ai documents and reads them: presets agent-v1 and known_human.
const aiAgent: JsonObject = {
  type: "ai_agent",
  repo_working_dir: "/p",
  edited_filepaths: ["/p/a.txt", "/p/b.txt"],
  transcript: { messages: [{ type: "user", text: "do it" }] },
  agent_name: "My Agent 2",
  model: "gpt-4",
  conversation_id: "conv-123",
  dirty_files: { "/p/a.txt": "a\n" }
}
const aboutToEdit: JsonObject = {
  type: "human",
  repo_working_dir: "/p",
  will_edit_filepaths: ["/p/a.txt"],
  dirty_files: { "/p/a.txt": "typed\n" }
}
const knownHuman: JsonObject = {
  editor: "vscode",
  editor_version: "1.105",
  extension_version: "0.1",
  cwd: "/p",
  edited_filepaths: ["/p/a.txt"],
  dirty_files: { "/p/a.txt": "typed\n" }
}
const shell: JsonObject = {
  type: "pre_shell_command",
  repo_working_dir: "/p",
  agent_name: "my-agent",
  model: "m",
  conversation_id: "c",
  tool_use_id: "call-1",
  command: "sh make.sh"
}

const observed = (payload: JsonObject, live = false) =>
  (GenericAgent.observed?.(payload, { live }) ?? []).map(({ content, ...rest }) => ({
    ...rest,
    content: content?.toString("utf8") ?? content
  }))

describe("the form that any tool can send", () => {
  it("tells of a call in a session of that tool, with its model and prompt", () => {
    const reading = readingOf(GenericAgent, { ...own, id: "1", prompt: "do it", time: "2026-01-02T03:04:05Z" })
    expect(reading).toMatchObject({
      session: "my-tool:s1",
      cwd: "/p",
      model: { name: "anthropic/claude-opus-4-5" },
      prompt: { text: "do it", by: "human" },
      time: Date.UTC(2026, 0, 2, 3, 4, 5),
      facts: [{ type: "ToolCompleted", payload: { call: "1", tool: "record", target: "a.txt" } }]
    })
    for (const fact of reading.facts) expect(problemOf(fact)).toBeUndefined()
  })

  it("has the contents that it says, and what happened to the file where it does not say", () => {
    const edits = [
      { path: "a", before: "a", after: "b" },
      { path: "n", before: null, after: "n" },
      { path: "g", before: "g", after: null },
      { path: "u", after: "u" },
      { path: "o", after: "o", operation: "created" }
    ]
    expect(editsOf(GenericAgent, { ...own, edits })).toMatchObject([
      { path: "a", operation: "modified", before: "a", after: "b", evidence: "payload" },
      { path: "n", operation: "created", before: null, after: "n" },
      { path: "g", operation: "deleted", before: "g", after: null },
      { path: "u", operation: "modified", before: undefined, after: "u" },
      { path: "o", operation: "created", before: undefined, after: "o" }
    ])
  })

  it("has no content of a file that is named like a part of every object", () => {
    const odd = { ...aiAgent, edited_filepaths: ["valueOf", "__proto__"] }
    expect(editsOf(GenericAgent, odd)).toMatchObject([{ path: "valueOf" }, { path: "__proto__" }])
    expect(editsOf(GenericAgent, odd).map(({ after }) => after)).toEqual([undefined, undefined])
  })

  it("of a person is of no conversation", () => {
    expect(readingOf(GenericAgent, person)).toMatchObject({ session: null, facts: [] })
    expect(editsOf(GenericAgent, person)).toEqual([])
    expect(observed(person)).toEqual([{ path: "a.txt", content: "mine\n", by: "editor", tool: "vim" }])
  })

  it.each<readonly [string, JsonObject, RegExp]>([
    ["agent", { agent: undefined as never }, /^agent is missing/],
    ["agent", { agent: "My Tool" }, /^agent must be the tool's name/],
    ["session", { session: undefined as never }, /^session is missing/],
    ["session", { session: "a/b" }, /^session must be the id of a conversation/],
    ["session", { session: "x".repeat(129) }, /^session must be/],
    ["cwd", { cwd: "relative" }, /^cwd must be an absolute path/],
    ["model", { model: 5 }, /^model /],
    ["id", { id: "a b" }, /^id must be an id/],
    ["time", { time: "yesterday" }, /^time must be a time/],
    ["by", { by: "robot" }, /^by /],
    ["edits", { edits: undefined as never }, /^edits is missing/],
    ["edits", { edits: {} }, /^edits must be a list/],
    ["edits[0].path", { edits: [{ after: "x" }] }, /^edits\[0\]\.path is missing/],
    ["edits[0].path", { edits: [{ path: "", after: "x" }] }, /^edits\[0\]\.path must be text/],
    ["edits[1].after", { edits: [{ path: "a", after: "x" }, { path: "b" }] }, /^edits\[1\]\.after is missing/],
    ["edits[0].after", { edits: [{ path: "a", after: 5 }] }, /^edits\[0\]\.after must be the whole text/],
    ["edits[0].operation", { edits: [{ path: "a", after: "x", operation: "moved" }] }, /^edits\[0\]\.operation/]
  ])("with a wrong %s is refused by that name: %j", (_, fields, reason) => {
    const one = JSON.parse(JSON.stringify({ ...own, ...fields })) as JsonObject
    expect(refusalOf(GenericAgent, one)).toMatch(reason)
    expect(editsOf(GenericAgent, one)).toEqual([])
  })
})

describe("the open forms of git-ai", () => {
  it("ai_agent tells of edits, by contents or else by what is on disk", () => {
    expect(readingOf(GenericAgent, aiAgent)).toMatchObject({
      session: "my-agent-2:conv-123",
      model: { name: "gpt-4" },
      facts: [{ type: "ToolCompleted" }]
    })
    using at = world()
    at.put("b.txt", "b\n")
    const one = JSON.parse(JSON.stringify(aiAgent).replaceAll("/p", at.root)) as JsonObject
    expect(editsOf(GenericAgent, one, true)).toMatchObject([
      { path: join(at.root, "a.txt"), before: undefined, after: "a\n", evidence: "payload" },
      { path: join(at.root, "b.txt"), before: undefined, after: "b\n", evidence: "disk" }
    ])
    const { edited_filepaths: _, ...unnamed } = one
    expect(editsOf(GenericAgent, unnamed)).toMatchObject([{ path: join(at.root, "a.txt") }])
  })

  it("human is what files were before an agent edited them, known_human what a person saved", () => {
    expect(observed(aboutToEdit)).toEqual([{ path: "/p/a.txt", content: "typed\n", by: "snapshot", tool: "agent-v1" }])
    expect(observed(knownHuman)).toEqual([{ path: "/p/a.txt", content: "typed\n", by: "editor", tool: "vscode" }])
    for (const one of [aboutToEdit, knownHuman]) expect(readingOf(GenericAgent, one).session).toBeNull()
  })

  it("shell commands may change any file, from their start to their end", () => {
    const call = { client: "my-agent", session: "c", call: "call-1", reach: "checkout", command: "sh make.sh" }
    const end = { ...shell, type: "post_shell_command" }
    expect(GenericAgent.window(shell)).toMatchObject({ ...call, phase: "start" })
    expect(GenericAgent.window(end)).toMatchObject({ ...call, phase: "end" })
    expect(readingOf(GenericAgent, shell).facts).toMatchObject([{ type: "ToolStarted", payload: { call: "call-1" } }])
    expect(readingOf(GenericAgent, end).facts).toMatchObject([{ type: "ToolCompleted" }])
    expect(GenericAgent.window(own)).toBeUndefined()
  })

  it("are refused by the field that is wrong", () => {
    expect(refusalOf(GenericAgent, { ...aiAgent, repo_working_dir: 5 })).toMatch(/^repo_working_dir /)
    expect(refusalOf(GenericAgent, { ...aiAgent, conversation_id: "" })).toMatch(/^conversation_id /)
    expect(refusalOf(GenericAgent, { ...aiAgent, dirty_files: { a: 1 } })).toMatch(/^dirty_files\.a /)
    expect(refusalOf(GenericAgent, { editor: "vscode" })).toMatch(/^cwd is missing/)
  })
})

describe("what no tool sends", () => {
  it("is never thrown at", () => withstands(GenericAgent, [own, person, aiAgent, aboutToEdit, knownHuman, shell]))
})

describe("through the spool", () => {
  const record = (...payloads: ReadonlyArray<JsonObject>) => {
    const at = world()
    const project = repository(join(at.root, "project"))
    const send = async (one: JsonObject) =>
      at.ingest(at.deliver(JSON.parse(JSON.stringify(one).replaceAll('"/p', `"${project}`)), "record"))
    const done = (async () => {
      for (const one of payloads) await send(one)
    })()
    return { at, project, send, done }
  }

  it("an edit is recorded with its contents, short or long, under the tool's own name, once for one id", async () => {
    const long = { path: "long.txt", before: "line\n".repeat(200), after: "line\n".repeat(201) }
    const one = { ...own, id: "1", time: "2026-01-02T03:04:05Z", edits: [...(own["edits"] as never[]), long] }
    const { at, project, done } = record(one, one)
    using _ = at
    await done
    expect(at.rejected()).toEqual([])
    const edit = { model: "anthropic/claude-opus-4-5", checkout: project, operation: "modified" }
    expect(await recordedEdits(at)).toEqual([
      { ...edit, path: "a.txt", before: "a\n", after: "b\n" },
      { ...edit, path: "long.txt", before: long.before, after: long.after }
    ])
    const [first] = await at.ofType("FileEdited")
    expect(first).toMatchObject({
      correlation: "my-tool:s1",
      actor: { kind: "agent", name: "my-tool", model: "anthropic/claude-opus-4-5" },
      time: Date.UTC(2026, 0, 2, 3, 4, 5)
    })
  })

  it("what a person saved is recorded as seen, by that person, in no session", async () => {
    const { at, project, done } = record(knownHuman, { ...person, id: "7" }, { ...person, id: "7" }, aboutToEdit)
    using _ = at
    await done
    expect(at.rejected()).toEqual([])
    const seen = await at.ofType("FileObserved")
    expect(seen).toMatchObject([
      { payload: { path: "a.txt", checkout: project, by: "editor", tool: "vscode" }, actor: { kind: "human" } },
      { payload: { path: "a.txt", checkout: project, by: "editor", tool: "vim" }, actor: { name: "ada" } },
      { payload: { path: "a.txt", by: "snapshot" }, actor: { kind: "system" } }
    ])
    expect(await at.blob(seen[0]?.payload.content?.blob)).toBe("typed\n")
    expect(new Set(seen.map(({ stream }) => stream))).toEqual(new Set([`files/${seen[0]?.project ?? ""}`]))
    expect(await at.ofType("SessionStarted")).toEqual([])
  })

  it("a shell command's changes are found by looking before and after it", async () => {
    const { at, send, done } = record(shell)
    using _ = at
    await done
    at.put("project/made.txt", "made\n")
    await send({ ...shell, type: "post_shell_command" })
    expect(await recordedEdits(at)).toMatchObject([
      { path: "made.txt", operation: "created", before: null, after: "made\n", model: "m" }
    ])
  })

  it("the same id with other edits is set aside with the reason", async () => {
    const other = { ...own, id: "1", edits: [{ path: "a.txt", after: "other\n" }] }
    const { at, done } = record({ ...own, id: "1" }, other)
    using _ = at
    await done
    expect(at.rejected()).toEqual([{ name: expect.any(String), reason: expect.stringMatching(/same id/) }])
  })
})
