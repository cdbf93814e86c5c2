import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { editsOf } from "../../../../src/adapters/agents/claude/Edits.ts"
import { read } from "../../../../src/adapters/agents/claude/Translate.ts"
import type { JsonObject } from "../../../../src/app/ports/Agent.ts"
import { eventType } from "../../../../src/events/Catalogue.ts"
import { json, problemOf } from "../hostile.ts"
import { hook, recorded, session, shape } from "./payloads.ts"

const context = { live: false, usage: () => null }
const outcome = (payload: JsonObject) => Effect.runSync(Effect.either(read(payload, context)))
const reading = (payload: JsonObject) => Either.getOrThrow(outcome(payload))
const facts = (payload: JsonObject) => reading(payload).facts
const base: JsonObject = { session_id: "s", transcript_path: "/none.jsonl", cwd: "/p" }
const payload = (event: string, fields: JsonObject = {}): JsonObject => ({ ...base, hook_event_name: event, ...fields })

describe("payloads recorded from Claude Code", () => {
  it("are all there", () => expect(recorded.length).toBeGreaterThan(100))

  it.each(recorded)("%s is read whole, without drift, and says something", (_, one) => {
    const { facts: found, drift, session: id, cwd, prompt } = reading(one)
    expect(drift).toEqual([])
    expect(id).toBe(`claude:${one["session_id"] as string}`)
    expect(cwd).toBe(one["cwd"])
    if (one["hook_event_name"] === "UserPromptSubmit") expect(prompt?.text).toBe(one["prompt"])
    else expect(found).toHaveLength(1)
    for (const fact of found) {
      expect(problemOf(fact)).toBeUndefined()
      expect(Buffer.byteLength(JSON.stringify(fact.payload))).toBeLessThan(eventType(fact.type)?.budget ?? 0)
    }
  })

  const expected: ReadonlyArray<readonly [JsonObject, string, object]> = [
    [hook("SessionStart.startup"), "SessionStarted", { agent: "claude", source: "startup", cwd: "/home/dev/project" }],
    [hook("SessionStart.compact"), "SessionStarted", { source: "compact", model: "claude-opus-5-5" }],
    [hook("SessionStart.resume"), "SessionStarted", { source: "resume" }],
    [hook("SessionEnd.prompt_input_exit"), "SessionEnded", { reason: "prompt_input_exit" }],
    [hook("PreToolUse.Bash"), "ToolStarted", { tool: "Bash", target: expect.any(String) }],
    [hook("PostToolUse.Write"), "ToolCompleted", { tool: "Write", durationMs: expect.any(Number) }],
    [shape("PostToolUse.Edit"), "ToolCompleted", { tool: "Edit", target: "/home/dev/project/a.txt", durationMs: 9 }],
    [shape("PostToolUse.NotebookEdit"), "ToolCompleted", { target: "/home/dev/project/nb.ipynb" }],
    [shape("PostToolUse.mcp__demo__echo"), "ToolCompleted", { tool: "mcp__demo__echo", durationMs: 5 }],
    [
      shape("PostToolUseFailure.Bash.fails-but-writes"),
      "ToolFailed",
      { error: "Exit code 3 out err", interrupted: false, durationMs: 9 }
    ],
    [hook("Stop"), "StopObserved", { again: false, background: 0, message: expect.any(String) }],
    [hook("Stop.active"), "StopObserved", { again: true }],
    [hook("StopFailure"), "StopFailed", { error: expect.stringMatching(/./) }],
    [hook("SubagentStart"), "SubagentStarted", { subagent: "a4574e0eaef5c222c" }],
    [
      hook("SubagentStop"),
      "SubagentStopped",
      { subagent: "a70010b7accee0378", role: "", message: "I am done (again)." }
    ],
    [hook("PreCompact.manual"), "CompactionStarted", { trigger: "manual" }],
    [hook("PostCompact"), "CompactionCompleted", { trigger: expect.any(String) }],
    [hook("Notification.idle_prompt"), "NotificationShown", { notification: "idle_prompt" }],
    [
      hook("TaskCreated"),
      "AgentTaskCreated",
      { task: expect.stringMatching(/./), subject: expect.stringMatching(/./) }
    ],
    [hook("TaskCompleted"), "AgentTaskCompleted", { task: expect.stringMatching(/./) }],
    [
      hook("PostToolBatch"),
      "HookReceived",
      { hook: "PostToolBatch", detail: expect.stringMatching(/^\d+ tool calls$/) }
    ],
    [hook("MessageDisplay"), "HookReceived", { hook: "MessageDisplay" }],
    [shape("CwdChanged"), "HookReceived", { detail: expect.stringContaining("/home/dev/project") }],
    [shape("InstructionsLoaded"), "HookReceived", { hook: "InstructionsLoaded" }]
  ]
  it.each(expected.map(([one, type, fields]) => [type, fields, one] as const))(
    "become %s with %o",
    (type, fields, one) => expect(facts(one)).toEqual([{ type, payload: expect.objectContaining(fields) }])
  )

  it("count what still runs in the background when the agent stops", () => {
    const [stop] = facts(hook("Stop.bg"))
    const running = (hook("Stop.bg")["background_tasks"] as ReadonlyArray<unknown>).length
    expect(running).toBeGreaterThan(0)
    expect(stop?.payload).toMatchObject({ background: running })
  })

  it("tell what a person typed from what the client says to itself", () => {
    expect(reading(hook("UserPromptSubmit")).prompt?.by).toBe("human")
    expect(reading(hook("UserPromptSubmit.task-notification")).prompt?.by).toBe("machine")
    expect(reading(payload("UserPromptSubmit", { prompt: "x", source: "user" })).prompt?.by).toBe("human")
    expect(reading(payload("UserPromptSubmit", { prompt: "x", source: "cron" })).prompt?.by).toBe("machine")
  })

  it("name the subagent that acted", () => {
    const acted = session.filter((one) => one["agent_id"] !== undefined)
    expect(acted).toHaveLength(8)
    for (const one of acted) expect(reading(one).subagent).toBe("aba16a9a3bf49f439")
    const [tool] = facts(acted.find((one) => one["hook_event_name"] === "PreToolUse") ?? {})
    expect(tool?.payload).toMatchObject({ subagent: "aba16a9a3bf49f439" })
  })

  it("have ids for what cannot happen twice, different for each delivery of the session", () => {
    const ids = session.map((one) => reading(one).delivery).filter((id) => id !== undefined)
    expect(ids).toHaveLength(session.filter((one) => one["tool_use_id"] ?? one["prompt"]).length)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it("keep Monitor's second announcement, as Bash, apart from its first", () => {
    const [first, second] = [shape("PreToolUse.Monitor"), shape("PreToolUse.Monitor-seen-as-Bash")]
    expect(first["tool_use_id"]).toBe(second["tool_use_id"])
    expect(reading(first).delivery).not.toBe(reading(second).delivery)
  })

  it("say which model was switched to", () => {
    const switched = reading(
      payload("PostModelSwitch", { from_model: "a", to_model: "claude-haiku-5", reason: "user" })
    )
    expect(switched.model).toEqual({ name: "claude-haiku-5", evidence: "hook" })
    expect(reading(hook("SessionStart.compact")).model).toEqual({ name: "claude-opus-5-5", evidence: "hook" })
  })
})

describe("what this version does not know", () => {
  it("is an unrecognised hook when the event is new, whatever it carries", () =>
    expect(reading(payload("BrainMelted", { degrees: 42 }))).toMatchObject({
      facts: [{ type: "HookUnrecognised", payload: { hook: "BrainMelted" } }],
      drift: [{ hook: "BrainMelted", field: "", problem: "unknown hook" }]
    }))

  it("is drift when the field is new, and the fact is still there", () => {
    const { facts: found, drift } = reading(payload("Stop", { mood: "great", last_assistant_message: "done" }))
    expect(found).toEqual([{ type: "StopObserved", payload: { again: false, background: 0, message: "done" } }])
    expect(drift).toEqual([{ hook: "Stop", field: "mood", problem: "unknown field" }])
  })

  it("is drift, once each, when a field has another type than it should, and the fact is still there", () => {
    const mistyped: ReadonlyArray<readonly [string, string]> = [
      ["SessionStart", "source"],
      ["SessionStart", "model"],
      ["SessionStart", "transcript_path"],
      ["SessionStart", "cwd"],
      ["SessionEnd", "reason"],
      ["UserPromptSubmit", "prompt"],
      ["UserPromptSubmit", "prompt_id"],
      ["PreToolUse", "tool_name"],
      ["PreToolUse", "tool_input"],
      ["PreToolUse", "tool_use_id"],
      ["PreToolUse", "agent_id"],
      ["PostToolUse", "duration_ms"],
      ["PostToolUseFailure", "error"],
      ["PostToolUseFailure", "is_interrupt"],
      ["Stop", "stop_hook_active"],
      ["Stop", "background_tasks"],
      ["Stop", "last_assistant_message"],
      ["SubagentStop", "agent_type"],
      ["Notification", "notification_type"],
      ["TaskCreated", "task_subject"],
      ["PostToolBatch", "tool_calls"]
    ]
    for (const [event, field] of mistyped) {
      const wrong =
        field === "tool_input" ? ["a list"] : field === "background_tasks" || field === "tool_calls" ? {} : [5]
      const { facts: found, drift, prompt } = reading(payload(event, { [field]: wrong }))
      expect(drift).toEqual([{ hook: event, field, problem: "unexpected type" }])
      expect(found.length + (prompt === undefined ? 0 : 1)).toBe(1)
    }
  })

  it("is told for twenty fields at the most", () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`new_${index}`, index]))
    expect(reading(payload("Stop", many)).drift).toHaveLength(20)
  })

  it.each([
    [{}, /hook_event_name/],
    [{ hook_event_name: "Stop" }, /session_id/],
    [{ hook_event_name: "", session_id: "s" }, /hook_event_name/],
    [{ hook_event_name: 5, session_id: "s" }, /hook_event_name/],
    [{ hook_event_name: "a b", session_id: "s" }, /hook_event_name/],
    [{ hook_event_name: "Stop", session_id: "a/b" }, /session_id/],
    [{ hook_event_name: "Stop", session_id: "x".repeat(129) }, /session_id/]
  ])("is refused with a reason when it is no payload at all: %j", (one: JsonObject, reason) => {
    const refused = outcome(one)
    expect(Either.isLeft(refused) && refused.left.reason).toMatch(reason)
  })
})

describe("hostile payloads", () => {
  it("any JSON in place of any field is read or refused, never thrown at, and its facts can be recorded", () => {
    const index = fc.nat(recorded.length - 1)
    const changes = fc.array(fc.tuple(fc.nat(), json), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(index, changes, (at, replaced) => {
        const one: Record<string, any> = { ...recorded[at]?.[1] }
        for (const [field, value] of replaced) one[Object.keys(one)[field % Object.keys(one).length] ?? ""] = value
        const found = outcome(one)
        editsOf(one, false)
        if (Either.isLeft(found)) expect(found.left._tag).toBe("PayloadRefused")
        else for (const fact of found.right.facts) expect(problemOf(fact)).toBeUndefined()
      }),
      { numRuns: 3000 }
    )
  })

  it("any JSON in place of any part of a tool's input and response gives no edit that is wrong in its form", () => {
    const tools = recorded.map(([, one]) => one).filter((one) => one["hook_event_name"] === "PostToolUse")
    const path = fc.array(fc.nat(), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.nat(tools.length - 1), path, json, fc.boolean(), (at, steps, value, live) => {
        const one = structuredClone(tools[at] ?? {}) as Record<string, any>
        let inside: any = steps[0] === 0 ? one["tool_input"] : one["tool_response"]
        for (const [depth, step] of steps.entries()) {
          const keys = typeof inside === "object" && inside !== null ? Object.keys(inside) : []
          const key = keys[step % (keys.length || 1)]
          if (key === undefined) break
          if (depth === steps.length - 1 || typeof inside[key] !== "object") {
            inside[key] = value
            break
          }
          inside = inside[key]
        }
        for (const edit of editsOf(one, live)) {
          expect(typeof edit.path).toBe("string")
          for (const content of [edit.before, edit.after])
            expect(content === undefined || content === null || Buffer.isBuffer(content)).toBe(true)
        }
      }),
      { numRuns: 2000 }
    )
  })

  it("numbers that JSON cannot hold are not taken for a duration", () => {
    const one = JSON.parse(
      JSON.stringify(payload("PostToolUse", { tool_name: "X", duration_ms: 7 })).replace(":7", ":1e999")
    )
    expect(facts(one)[0]?.payload).not.toHaveProperty("durationMs")
  })
})
