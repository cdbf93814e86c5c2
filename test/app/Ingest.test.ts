import { createHash } from "node:crypto"
import { appendFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { RecordedEvent } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import * as Sessions from "../../src/projections/Sessions.ts"
import { git, payload, recordedSession, repository, session, world, type World, written } from "./world.ts"

const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex")

const sessionRow = (at: World, id: string) =>
  at.run(Effect.map(EventLog, (log) => Sessions.find(log.database, `claude:${id}`)))

const played = async (at: World): Promise<ReadonlyArray<Record<string, any>>> => {
  const payloads = recordedSession(at, repository(join(at.root, "project"), "the project"))
  for (const one of payloads) at.deliver(one)
  return payloads
}

describe("the recorded session", () => {
  it("becomes a session with its counts, its model, its tokens and its project", async () => {
    using at = world()
    const payloads = await played(at)
    expect(await at.ingest()).toEqual({ recorded: payloads.length, repeated: 0, rejected: 0 })
    expect(at.waiting()).toEqual([])
    const row = await sessionRow(at, session)
    expect(row).toMatchObject({
      agent: "claude",
      model: "claude-opus-5-5",
      status: "ended",
      cwd: join(at.root, "project"),
      prompts: 1,
      tools: 13,
      failures: 1,
      edits: 6,
      subagents: 1,
      stops: 2
    })
    // Each of the 12 messages once, though the transcript repeats the usage on each of a message's lines.
    expect(JSON.parse(row?.usage ?? "null")).toMatchObject({
      messages: 12,
      outputTokens: 125 + 106 + 87 + 101 + 117 + 56 + 85 + 57 + 127 + 73 + 79 + 56
    })
    const [registered] = await at.ofType("ProjectRegistered")
    expect(row?.project).toBe(registered?.project)
  })

  it("gives each edit the model that made it, the subagent's its own, and the tool call that caused it", async () => {
    using at = world()
    await played(at)
    await at.ingest()
    const events = await at.events()
    const edits = events.filter((event) => event.type === "FileEdited")
    expect(edits.map(({ payload: { path, operation, model } }) => [path, operation, model])).toEqual([
      ["src/names.js", "modified", "claude-opus-5-5"],
      ["src/greet.js", "created", "claude-opus-5-5"],
      ["src/index.js", "modified", "claude-opus-5-5"],
      ["test/greet.test.js", "created", "claude-opus-5-5"],
      ["src/greet.js", "modified", "claude-opus-5-5"],
      ["docs/greeting.md", "created", undefined]
    ])
    expect(edits.map(({ actor }) => (actor.kind === "agent" ? [actor.model, actor.subagent] : actor))).toEqual([
      ...Array.from({ length: 5 }, () => ["claude-opus-5-5", undefined]),
      ["claude-sonnet-5-5", "aba16a9a3bf49f439"]
    ])
    for (const edit of edits) {
      const cause = events.find(({ id }) => id === edit.causation)
      expect(cause).toMatchObject({ type: "ToolCompleted", payload: { call: edit.payload.call } })
      expect(cause?.position).toBeLessThan(edit.position)
    }
  })

  it("keeps each payload, whole but for what is stored apart, with the fact that was read from it", async () => {
    using at = world()
    const payloads = await played(at)
    await at.ingest()
    const raws = (await at.events()).flatMap((event) => ("raw" in event.payload ? [event.payload.raw] : []))
    const kept = await Promise.all(raws.map(async (raw) => JSON.parse((await at.blob(raw)) ?? "null")))
    const names = (list: ReadonlyArray<any>) =>
      list.map((one) => `${one.hook_event_name} ${one.tool_use_id}`).toSorted()
    expect(names(kept)).toEqual(names([...payloads]))
    const first = kept.find(({ hook_event_name: name }) => name === "UserPromptSubmit")
    expect(first).toEqual(payloads.find((one) => one["hook_event_name"] === "UserPromptSubmit"))
  })
})

/** Facts without what differs from delivery to delivery, sorted. */
const essence = (events: ReadonlyArray<RecordedEvent>): ReadonlyArray<string> =>
  events
    .filter(({ type }) => type !== "ModelSwitched" && type !== "UsageReported")
    .filter((event) => event.type !== "SessionStarted" || event.payload.source !== "observed")
    .map(({ type, payload: facts }) => JSON.stringify([type, { ...facts, model: undefined }]))
    .sort()

describe("the same again", () => {
  it("is recorded once, when ingested again and when delivered again", async () => {
    using at = world()
    const payloads = (await played(at)).filter((one) => one["tool_use_id"] ?? one["prompt"])
    await at.ingest()
    const before = await at.events()
    expect(await at.ingest()).toEqual({ recorded: 0, repeated: 0, rejected: 0 })
    for (const one of payloads) at.deliver(one)
    expect(await at.ingest()).toEqual({ recorded: 0, repeated: payloads.length, rejected: 0 })
    expect(await at.events()).toEqual(before)
    expect(at.waiting()).toEqual([])
  })

  it("is recorded once, when it is there twice in one batch", async () => {
    using at = world()
    const one = written("/nowhere/a", "a")
    expect(await at.record(one, one)).toEqual({ recorded: 1, repeated: 1, rejected: 0 })
    expect(await at.ofType("FileEdited")).toHaveLength(1)
  })

  it("under one id but with another body is set aside with the reason, and counted", async () => {
    using at = world()
    const first = written("/nowhere/a", "a")
    const other = { ...written("/nowhere/a", "b"), tool_use_id: first["tool_use_id"] }
    expect(await at.record(first)).toMatchObject({ recorded: 1 })
    expect(await at.record(other, payload("Stop"))).toEqual({ recorded: 1, repeated: 0, rejected: 1 })
    expect(at.rejected()).toEqual([{ name: expect.any(String), reason: expect.stringMatching(/same id/) }])
    expect(await at.ofType("FileEdited")).toHaveLength(1)
  })

  it("two batches that deliver in any order record the same facts, each exactly once", async () => {
    using reference = world()
    const payloads = await played(reference)
    await reference.ingest()
    const expected = essence(await reference.events())
    const shuffled = fc.shuffledSubarray([...payloads.keys()], { minLength: payloads.length })
    await fc.assert(
      fc.asyncProperty(shuffled, fc.nat(payloads.length), async (order, cut) => {
        using at = world()
        const own = recordedSession(at, repository(join(at.root, "project"), "the project"))
        for (const index of order.slice(0, cut)) at.deliver(own[index])
        await at.ingest()
        for (const index of order.slice(cut)) at.deliver(own[index])
        expect(await at.ingest()).toMatchObject({ rejected: 0 })
        const moved = essence(await at.events()).map((fact) => fact.replaceAll(at.root, reference.root))
        // Raw payloads and projects have the folder in them.
        const plain = (facts: ReadonlyArray<string>) =>
          facts.map((fact) => fact.replaceAll(/"raw":"[0-9a-f]{64}"/g, '"raw":0')).sort()
        expect(plain(moved)).toEqual(plain(expected))
      }),
      { numRuns: 8 }
    )
  })
})

describe("payloads that are none, or too much", () => {
  const refused: ReadonlyArray<readonly [what: string, bytes: () => Buffer, reason: RegExp]> = [
    ["nothing", () => Buffer.alloc(0), /empty/],
    ["blanks", () => Buffer.from(" \n"), /not JSON/],
    ["half a JSON", () => Buffer.from(JSON.stringify(payload("Stop")).slice(0, 30)), /not JSON/],
    ["binary bytes", () => Buffer.from([0xff, 0xfe, 0, 1, 0x80, 0xc3]), /UTF-8/],
    ["JSON in UTF-16", () => Buffer.from(JSON.stringify(payload("Stop")), "utf16le"), /JSON|UTF-8/],
    ["a JSON list", () => Buffer.from(JSON.stringify([payload("Stop")])), /not an object/],
    ["a JSON text", () => Buffer.from('"Stop"'), /not an object/],
    ["null", () => Buffer.from("null"), /not an object/],
    ["100,000 lists in each other", () => Buffer.from("[".repeat(100_000) + "]".repeat(100_000)), /not an object|JSON/],
    ["an object that is no payload", () => Buffer.from("{}"), /hook_event_name/],
    ["no session id", () => Buffer.from('{"hook_event_name":"Stop"}'), /session_id/],
    ["a session id that is a number", () => Buffer.from('{"hook_event_name":"Stop","session_id":7}'), /session_id/],
    ["an event name that is none", () => Buffer.from('{"hook_event_name":"../x","session_id":"s"}'), /hook_event_name/],
    ["a NUL", () => Buffer.from("\0"), /JSON/]
  ]

  it.each(refused)("%s is set aside with the reason, and blocks nothing", async (_, bytes, reason) => {
    using at = world()
    at.deliver(payload("SessionStart", { source: "startup" }))
    const name = at.deliver(bytes())
    at.deliver(payload("Stop"))
    expect(await at.ingest()).toEqual({ recorded: 2, repeated: 0, rejected: 1 })
    expect(at.rejected()).toEqual([{ name, reason: expect.stringMatching(reason) }])
    expect((await at.events()).map(({ type }) => type)).toEqual(["SessionStarted", "StopObserved"])
    expect(at.waiting()).toEqual([])
  })

  it.each(["", " ", "a b", "../../x", "a/b", "a\nb", "a\0b", "é", "x".repeat(129), "\ud800"])(
    "the session id %j is refused",
    async (id) => {
      using at = world()
      expect(await at.record(payload("Stop", { session_id: id }))).toMatchObject({ recorded: 0, rejected: 1 })
    }
  )

  it("a payload of an agent that nobody knows is set aside", async () => {
    using at = world()
    at.deliver(payload("Stop"), "skynet")
    at.deliver(payload("Stop"))
    expect(await at.ingest()).toEqual({ recorded: 1, repeated: 0, rejected: 1 })
    expect(at.rejected()[0]?.reason).toMatch(/no agent named "skynet"/)
  })

  it("20 MB of JSON are recorded whole", async () => {
    using at = world()
    const text = "nothing to see, moving on. ".repeat(777_000)
    const one = payload("PostToolUse", {
      tool_name: "Bash",
      tool_use_id: "t",
      tool_input: {},
      tool_response: { stdout: text }
    })
    expect(await at.record(one, payload("Stop"))).toEqual({ recorded: 2, repeated: 0, rejected: 0 })
    const [tool] = await at.ofType("ToolCompleted")
    expect(JSON.parse((await at.blob(tool?.payload.raw)) ?? "null").tool_response.stdout.length).toBe(text.length)
  })

  it("a file content of 20 MB is known by its exact hash", async () => {
    using at = world()
    const content = "0123456789abcdef\n".repeat(1_200_000)
    await at.record(written("/nowhere/big", content))
    const [edit] = await at.ofType("FileEdited")
    expect(edit?.payload.after).toMatchObject({ hash: sha256(content), bytes: content.length })
  })

  it("100,000 levels inside a payload are recorded, cut where nobody nests", async () => {
    using at = world()
    const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`
    const text = JSON.stringify(payload("PreToolUse", { tool_name: "X", tool_use_id: "t", tool_input: "HERE" }))
    at.deliver(Buffer.from(text.replace('"HERE"', deep)))
    at.deliver(payload("Stop"))
    expect(await at.ingest()).toEqual({ recorded: 2, repeated: 0, rejected: 0 })
  })

  it("values as long as they like, in any field, are recorded and block nothing", async () => {
    const long = "\u0001é\ud800".repeat(20_000)
    const fields = ["cwd", "transcript_path", "agent_id", "agent_type", "tool_name", "tool_use_id", "model", "source"]
    const more = [
      "reason",
      "error",
      "prompt_id",
      "last_assistant_message",
      "trigger",
      "task_id",
      "task_subject",
      "message"
    ]
    for (const event of [
      "SessionStart",
      "PreToolUse",
      "PostToolUseFailure",
      "StopFailure",
      "SubagentStop",
      "TaskCreated"
    ]) {
      using at = world()
      for (const field of [...fields, ...more]) at.deliver(payload(event, { [field]: long }))
      at.deliver(payload("SessionEnd", { reason: "the last one" }))
      const outcome = await at.ingest()
      expect(outcome.recorded + outcome.rejected).toBe(fields.length + more.length + 1)
      expect(at.waiting()).toEqual([])
      expect((await at.ofType("SessionEnded")).at(-1)?.payload.reason).toBe("the last one")
    }
  })

  it("a file name as long as it likes blocks nothing", async () => {
    using at = world()
    await at.record(written(`/nowhere/${"long".repeat(50_000)}`, "x"), payload("Stop"))
    expect(at.waiting()).toEqual([])
    expect(await at.ofType("StopObserved")).toHaveLength(1)
  })

  it("a prompt that Nexus sent is the machine's, whatever the client takes it for", async () => {
    using at = world()
    const said = ["[nexus R-1 3/25] 2 tasks open.", "what does [nexus R-1 3/25] mean?", "[nexus] is broken"]
    await at.record(...said.map((prompt, index) => payload("UserPromptSubmit", { prompt, prompt_id: `p-${index}` })))
    expect((await at.ofType("PromptSubmitted")).map((event) => event.payload.by)).toEqual(["machine", "human", "human"])
  })

  it("unknown events and fields are kept raw, and told once each", async () => {
    using at = world()
    const fresh = payload("BrainMelted", { degrees: 42 })
    const more = payload("Stop", { mood: "great", stop_hook_active: "yes" })
    await at.record(fresh, fresh, more, more)
    const drift = await at.ofType("CaptureDriftFound")
    expect(drift.map(({ payload: { hook, field, problem } }) => [hook, field, problem])).toEqual([
      ["BrainMelted", "", "unknown hook"],
      ["Stop", "mood", "unknown field"],
      ["Stop", "stop_hook_active", "unexpected type"]
    ])
    const unknown = await at.ofType("HookUnrecognised")
    expect(unknown).toHaveLength(2)
    expect(JSON.parse((await at.blob(unknown[0]?.payload.raw)) ?? "null")).toEqual(fresh)
    const [stop] = await at.ofType("StopObserved")
    expect(JSON.parse((await at.blob(stop?.payload.raw)) ?? "null")).toEqual(more)
  })

  it("a transcript full of nonsense blocks nothing", async () => {
    using at = world()
    const transcript = at.put("t.jsonl", "")
    for (const message of [null, 5, [], { id: "m", usage: null }, { id: {}, usage: {} }, { id: "m", usage: "x" }])
      appendFileSync(transcript, `${JSON.stringify({ type: "assistant", message, model: 1, usage: 1 })}\n`)
    const usage = { input_tokens: 2 ** 53 - 1, output_tokens: 1e300 }
    for (const id of ["a", "b"])
      appendFileSync(transcript, `${JSON.stringify({ type: "assistant", message: { id, usage } })}\n`)
    const outcome = await at.record(payload("Stop", { transcript_path: transcript }), payload("SessionEnd"))
    expect(outcome).toEqual({ recorded: 2, repeated: 0, rejected: 0 })
  })
})

describe("where a session runs", () => {
  it("records sessions outside of repositories, without a project", async () => {
    using at = world()
    const bare = at.folder("bare.git")
    git(bare, "init", "--quiet", "--bare")
    for (const cwd of [at.folder("plain"), join(at.root, "deleted"), bare, "relative", "", at.put("file", "x")])
      expect(await at.record(payload("Stop", { cwd }))).toMatchObject({ recorded: 1, rejected: 0 })
    expect((await at.events()).every(({ project }) => project === null)).toBe(true)
  })

  it("records a session in an empty repository with its project, and knows it again after the first commit", async () => {
    using at = world()
    const cwd = at.folder("empty")
    git(cwd, "init", "--quiet")
    await at.record(payload("Stop", { cwd }))
    git(cwd, "commit", "--quiet", "--allow-empty", "--message", "first")
    await at.record(payload("Stop", { cwd }))
    const [first, second] = await at.ofType("StopObserved")
    expect(first?.project).toMatch(/^prj_/)
    expect(second?.project).toBe(first?.project)
    expect(await at.ofType("ProjectRegistered")).toHaveLength(1)
  })

  it("names files relative to the checkout, exactly, whatever is in their names", async () => {
    using at = world()
    const top = repository(join(at.root, "the 'odd' \"one\"\n é 日本"))
    const cwd = at.folder("the 'odd' \"one\"\n é 日本/sub")
    const names = ["a\nb.txt", "naïve 日本語 🙂.txt", " lead", "quote\"'", "back\\slash", "..dots", "sub/../sub/x"]
    for (const name of names) at.deliver(written(`${top}/${name}`, "x", { cwd }))
    at.deliver(written("relative.txt", "x", { cwd }))
    at.deliver(written(join(at.root, "outside.txt"), "x", { cwd }))
    await at.ingest()
    const paths = (await at.ofType("FileEdited")).map((edit) => edit.payload.path)
    expect(paths).toEqual([...names.slice(0, -1), "sub/x", "sub/relative.txt", join(at.root, "outside.txt")])
  })

  it("goes by the folder that is there now: a payload from one that was deleted still finds its project", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    await at.record(payload("Stop", { cwd: top }))
    await at.record(payload("Stop", { cwd: join(top, "gone/deeper") }))
    const projects = (await at.ofType("StopObserved")).map(({ project }) => project)
    expect(projects[0]).toMatch(/^prj_/)
    expect(projects[1]).toBe(projects[0])
  })

  it("registers a new checkout once, even while the read models are behind the log", async () => {
    using at = world()
    await at.record(payload("Stop"))
    // As a change of the projections' code leaves them until the next command.
    await at.run(Effect.map(EventLog, ({ database }) => database.prepare("UPDATE projections SET version = 0").run()))
    const cwd = repository(join(at.root, "project"))
    await at.record(payload("Stop", { cwd }))
    await at.record(payload("Stop", { cwd }))
    expect(await at.ofType("StopObserved")).toHaveLength(3)
    expect(await at.ofType("ProjectRegistered")).toHaveLength(1)
  })

  it("goes on recording a session whose start was destroyed", async () => {
    using at = world()
    await at.record(payload("SessionStart", { source: "startup" }), payload("Stop"))
    await at.run(Effect.flatMap(EventLog, (log) => log.destroyPayload(1)))
    expect(await at.record(payload("Stop"))).toEqual({ recorded: 1, repeated: 0, rejected: 0 })
    expect((await at.events()).map(({ type }) => type)).toEqual(["SessionStarted", "StopObserved", "StopObserved"])
  })
})

describe("a live delivery", () => {
  it("has the content of the file that a shell command just changed, and others of the same batch have not", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    const file = at.put("project/a.txt", "FRESH\ncontent\n")
    const hunks = [{ oldStart: 1, oldLines: 2, newStart: 1, newLines: 2, lines: ["-fresh", "+FRESH", " content"] }]
    const shell = (call: string) =>
      payload("PostToolUse", {
        cwd: top,
        tool_name: "Bash",
        tool_use_id: call,
        tool_input: { command: "sed -i s/fresh/FRESH/ a.txt" },
        tool_response: { bashEditDiff: { files: [{ filePath: file, hunks }], moreFiles: 0, changedFiles: [file] } }
      })
    at.deliver(shell("early"))
    await at.ingest(at.deliver(shell("now")))
    writeFileSync(file, "something else")
    const [early, now] = (await at.ofType("FileEdited")).map((edit) => edit.payload)
    expect(early).toMatchObject({ call: "early", operation: "modified", evidence: "diff" })
    expect(early).not.toHaveProperty("before")
    expect(early).not.toHaveProperty("after")
    expect(now).toMatchObject({
      call: "now",
      evidence: "disk",
      before: { blob: sha256("fresh\ncontent\n") },
      after: { blob: sha256("FRESH\ncontent\n") }
    })
  })
})
