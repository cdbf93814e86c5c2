import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ClaudeAgent } from "../../../src/adapters/agents/claude/ClaudeAgent.ts"
import { CodexAgent } from "../../../src/adapters/agents/codex/CodexAgent.ts"
import { CursorAgent } from "../../../src/adapters/agents/cursor/CursorAgent.ts"
import { GeminiAgent } from "../../../src/adapters/agents/gemini/GeminiAgent.ts"
import { OpenCodeAgent } from "../../../src/adapters/agents/opencode/OpenCodeAgent.ts"
import type { Agent, Answer, JsonObject, StopSignal } from "../../../src/app/ports/Agent.ts"
import { recorded as recordedOfClaude } from "./claude/payloads.ts"
import { json } from "./hostile.ts"
import { recordedAs, recordedOf } from "./recorded.ts"

const agents: Readonly<Record<string, Agent>> = {
  claude: ClaudeAgent,
  codex: CodexAgent,
  cursor: CursorAgent,
  gemini: GeminiAgent,
  opencode: OpenCodeAgent
}
const named = (name: string): Agent => agents[name] ?? ClaudeAgent

const stopOf = (client: string, payload: JsonObject) => named(client).stop?.(payload)
const told = (client: string, payload: JsonObject, answer: Answer) => named(client).answer?.(payload, answer)

// Cursor can't be run here: its payloads are built by its contract (cursor.com/docs/hooks, @cursor/sdk 1.0.32).
const cursor = (event: string, fields: JsonObject = {}): JsonObject => ({
  conversation_id: "conv-1",
  generation_id: "gen-1",
  model: "m",
  hook_event_name: event,
  cursor_version: "2.4.1",
  workspace_roots: ["/p"],
  transcript_path: null,
  ...fields
})

const idle = (signal?: JsonObject, fields: JsonObject = {}): JsonObject => ({
  ...recordedAs("opencode", "event_session.idle"),
  ...(signal === undefined ? {} : { signal }),
  ...fields
})

const go: Answer = { kind: "continue", text: "Next: T-1", level: 1, delayMs: 2500 }
const again: Answer = { ...go, level: 2 }
const allow: Answer = { kind: "allow" }
const notice: Answer = { kind: "allow", notice: "T-1 waits for you" }
const deny: Answer = { kind: "deny", reason: "hooks may not be skipped" }
const context: Answer = { kind: "context", text: "T-1 is open" }
const every = [go, again, allow, notice, deny, context]

describe("the stops in recorded payloads", () => {
  const claude = "claude:601ddb06-e0d1-41d4-b9e3-8ba590488fcb"
  const busy = "claude:d4ffd5f1-72b1-4de5-87c6-74519a69f355"
  const failing = "claude:a0b46a54-31a1-4e1a-91b0-04f8253c0819"
  const codex = "codex:01a201fd-8966-7733-861a-c92338ab361d"
  const gemini = "gemini:049335a9-d439-42d0-9846-12803be241ee"
  const opencode = "opencode:ses_dfe0a5e7bffeAz4WX9abKhqz4R"
  const refused = "opencode:ses_dfe07e289ffefYlvP0SF3jWv7x"
  const waiting = { kind: "stop", waits: true, background: 0 }
  const failure = { kind: "failure", waits: false, background: 0 }
  const expected: ReadonlyArray<readonly [client: string, name: string, signal: object]> = [
    ["claude", "Stop", { ...waiting, session: claude }],
    ["claude", "Stop.active", { ...waiting, session: claude }],
    ["claude", "Stop.bg", { ...waiting, session: busy, background: 1 }],
    ["claude", "SubagentStop.bg", { ...waiting, session: busy, kind: "subagent" }],
    ["claude", "StopFailure", { ...failure, session: failing, error: "unknown 400" }],
    ["codex", "Stop", { ...waiting, session: codex }],
    ["codex", "Stop.active", { ...waiting, session: codex }],
    ["gemini", "AfterAgent", { ...waiting, session: gemini, turn: "2026-11-22T06:43:53.641Z" }],
    ["gemini", "AfterAgent.active", { ...waiting, session: gemini, turn: "2026-11-22T06:43:54.661Z" }],
    ["opencode", "event_session.idle", { ...waiting, session: opencode, waits: false }],
    ["opencode", "event_session.error.APIError", { ...failure, session: refused, error: "APIError 400" }]
  ]

  it.each(expected)("of %s: %s is one", (client, name, signal) =>
    expect(stopOf(client, recordedAs(client, name))).toEqual(signal)
  )

  it("are no others, and of what is none no client is told to go on", () => {
    const stops = new Set(expected.map(([client, name]) => `${client} ${name}`))
    const all = Object.keys(agents).flatMap((client) =>
      client === "cursor"
        ? []
        : recordedOf(client)
            .filter(([name]) => !/^(?:http\.|statusline)/.test(name))
            .map(([name, payload]) => [client, name, payload] as const)
    )
    for (const [client, name, payload] of all) {
      if (stops.has(`${client} ${name}`)) continue
      expect([client, name, stopOf(client, payload)]).toEqual([client, name, undefined])
      expect([client, name, told(client, payload, go)]).toEqual([client, name, ""])
    }
    expect(all.length).toBeGreaterThan(90)
  })
})

describe("a stop of Claude Code", () => {
  const stop = recordedAs("claude", "Stop")
  const helper = recordedAs("claude", "SubagentStop.bg")

  it("leaves the client's own helpers alone", () => {
    const inner = recordedAs("claude", "SubagentStop.internal-compaction")
    expect(stopOf("claude", inner)).toBeUndefined()
    expect(every.map((answer) => told("claude", inner, answer)).join("")).toBe("")
  })

  it("waits for what runs or is planned, and not for what is over", () => {
    const tasks = ["running", "pending", "completed", "failed", "killed", "unheard of"].map((status, index) => ({
      id: `t${index}`,
      type: "shell",
      status,
      description: "d"
    }))
    const crons = [{ id: "c", schedule: "* * * * *", recurring: true, prompt: "p" }]
    expect(stopOf("claude", { ...stop, background_tasks: tasks, session_crons: crons })?.background).toBe(3)
  })

  it("is no reason to push while a plan is made, nor in a helper's stead", () => {
    expect(stopOf("claude", { ...stop, permission_mode: "plan" })?.intent).toBe("plan mode")
    expect(stopOf("claude", { ...stop, agent_id: "a1" })?.kind).toBe("subagent")
  })

  it("names what failed by the client's own word, and never quotes the service", () => {
    const failure = recordedAs("claude", "StopFailure")
    const told = { ...failure, error: "rate_limit", last_assistant_message: "API Error: 429 key sk-1" }
    expect(stopOf("claude", told)?.error).toBe("rate_limit")
    expect(stopOf("claude", { ...failure, last_assistant_message: "no key sk-1" })?.error).toBe("unknown")
  })

  it("is answered quietly at first and with weight later", () => {
    expect(told("claude", stop, go)).toBe(
      '{"hookSpecificOutput":{"hookEventName":"Stop","additionalContext":"Next: T-1"}}'
    )
    expect(told("claude", helper, go)).toBe(
      '{"hookSpecificOutput":{"hookEventName":"SubagentStop","additionalContext":"Next: T-1"}}'
    )
    expect(told("claude", stop, again)).toBe('{"decision":"block","reason":"Next: T-1"}')
    expect(told("claude", stop, notice)).toBe('{"systemMessage":"T-1 waits for you"}')
    expect([allow, deny, context].map((answer) => told("claude", stop, answer))).toEqual(["", "", ""])
  })

  it("of the service has nobody who listens", () =>
    expect(every.map((answer) => told("claude", recordedAs("claude", "StopFailure"), answer)).join("")).toBe(""))

  it("is the host's where another client runs its hooks", () => {
    for (const host of [{ cursor_version: "2.4.1" }, { transcript_path: "/h/GitHub Copilot/c.jsonl" }]) {
      expect(stopOf("claude", { ...stop, ...host })).toBeUndefined()
      expect(every.map((answer) => told("claude", { ...stop, ...host }, answer)).join("")).toBe("")
    }
  })
})

describe("other hooks of Claude Code", () => {
  it("refuse a call before it is made, and give context as a session begins", () => {
    const before = recordedAs("claude", "PreToolUse.Bash")
    expect(told("claude", before, deny)).toBe(
      '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"hooks may not be skipped"}}'
    )
    expect(told("claude", recordedAs("claude", "PostToolUse.Bash"), deny)).toBe("")
    expect(told("claude", before, context)).toBe("")
    expect(told("claude", recordedAs("claude", "SessionStart.compact"), context)).toBe(
      '{"hookSpecificOutput":{"hookEventName":"SessionStart","additionalContext":"T-1 is open"}}'
    )
  })
})

describe("a stop of Cursor", () => {
  const stop = cursor("stop", { status: "completed", loop_count: 3 })

  it.each<readonly [string, JsonObject, Partial<StopSignal>]>([
    ["stop", { status: "completed", loop_count: 0 }, { kind: "stop", waits: true, turn: "gen-1:0" }],
    ["stop", { status: "aborted", loop_count: 1 }, { kind: "stop", waits: false, turn: "gen-1:1", intent: "aborted" }],
    ["stop", { status: "error", loop_count: 0 }, { kind: "failure", waits: false, turn: "gen-1:0", error: "error" }],
    ["stop", { status: "unheard of" }, { kind: "failure", waits: false, error: "unheard of" }],
    ["Stop", { stop_hook_active: false }, { kind: "stop", waits: true }],
    ["stop", { status: "completed", parent_conversation_id: "c" }, { kind: "subagent", waits: true }],
    [
      "subagentStop",
      { status: "completed", loop_count: 1, subagent_id: "s" },
      { kind: "subagent", waits: true, turn: "gen-1:s:1" }
    ],
    ["SubagentStop", { status: "error" }, { kind: "subagent", waits: false }]
  ])("%s with %j is told as it is", (event, fields, expected) =>
    expect(stopOf("cursor", cursor(event, fields))).toEqual({
      session: "cursor:conv-1",
      background: 0,
      ...expected
    })
  )

  it("is followed up by exactly one key, and only where the client heeds it", () => {
    for (const answer of [go, again]) {
      expect(told("cursor", stop, answer)).toBe('{"followup_message":"Next: T-1"}')
      expect(told("cursor", { ...stop, hook_event_name: "Stop" }, answer)).toBe('{"followup_message":"Next: T-1"}')
    }
    for (const status of ["aborted", "error"]) expect(told("cursor", { ...stop, status }, go)).toBe("")
    expect([allow, notice, deny, context].map((answer) => told("cursor", stop, answer)).join("")).toBe("")
  })

  it.each(["preToolUse", "PreToolUse", "beforeShellExecution", "beforeMCPExecution"])(
    "and %s refuses a call",
    (event) =>
      expect(told("cursor", cursor(event), deny)).toBe(
        '{"permission":"deny","user_message":"hooks may not be skipped","agent_message":"hooks may not be skipped"}'
      )
  )

  it("and a session begins with context", () => {
    expect(told("cursor", cursor("sessionStart"), context)).toBe('{"additional_context":"T-1 is open"}')
    expect(told("cursor", cursor("postToolUse"), deny)).toBe("")
  })
})

describe("a stop of Codex", () => {
  const stop = recordedAs("codex", "Stop")

  it("is answered with the keys that its schema has and no other", () => {
    for (const answer of [go, again])
      expect(told("codex", stop, answer)).toBe('{"decision":"block","reason":"Next: T-1"}')
    expect(told("codex", stop, notice)).toBe('{"systemMessage":"T-1 waits for you"}')
    expect([allow, deny, context].map((answer) => told("codex", stop, answer)).join("")).toBe("")
    // A block without a reason is void.
    expect(told("codex", stop, { ...go, text: " \n" })).toBe("")
  })

  it("is told from an interruption, a helper's stop and the making of a plan", () => {
    expect(stopOf("codex", { ...stop, hook_event_name: "Interrupt" })).toBeUndefined()
    expect(stopOf("codex", { ...stop, hook_event_name: "SubagentStop" })?.kind).toBe("subagent")
    expect(stopOf("codex", { ...stop, agent_id: "a" })?.kind).toBe("subagent")
    expect(stopOf("codex", { ...stop, permission_mode: "plan" })?.intent).toBe("plan mode")
    expect(stopOf("codex", { ...stop, session_id: "" })?.session).toBeNull()
  })

  it("and a call is refused, a session begun in the strict forms", () => {
    expect(told("codex", recordedAs("codex", "PreToolUse"), deny)).toBe(
      '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"hooks may not be skipped"}}'
    )
    expect(told("codex", recordedAs("codex", "SessionStart"), context)).toBe(
      '{"hookSpecificOutput":{"hookEventName":"SessionStart","additionalContext":"T-1 is open"}}'
    )
  })
})

describe("a stop of Gemini CLI", () => {
  it("is denied, and so is a call", () => {
    for (const answer of [go, again])
      expect(told("gemini", recordedAs("gemini", "AfterAgent"), answer)).toBe(
        '{"decision":"deny","reason":"Next: T-1"}'
      )
    expect(told("gemini", recordedAs("gemini", "AfterAgent"), notice)).toBe('{"systemMessage":"T-1 waits for you"}')
    expect(told("gemini", recordedAs("gemini", "AfterAgent"), allow)).toBe("")
    expect(told("gemini", recordedAs("gemini", "BeforeTool"), deny)).toBe(
      '{"decision":"deny","reason":"hooks may not be skipped"}'
    )
    expect(told("gemini", recordedAs("gemini", "SessionStart"), context)).toBe(
      '{"hookSpecificOutput":{"hookEventName":"SessionStart","additionalContext":"T-1 is open"}}'
    )
  })
})

describe("a stop of OpenCode", () => {
  const session = "opencode:ses_dfe0a5e7bffeAz4WX9abKhqz4R"
  const calm = { aborted: false, pending: null, children: 0, error: null, turn: "msg_1" }

  it.each<readonly [JsonObject, Partial<StopSignal>]>([
    [calm, {}],
    [{ ...calm, aborted: true }, { intent: "aborted" }],
    [{ ...calm, pending: "question" }, { intent: "question" }],
    [{ ...calm, pending: "permission" }, { intent: "permission" }],
    [{ ...calm, children: 2 }, { background: 2 }],
    [
      { ...calm, error: "APIError 429" },
      { kind: "failure", error: "APIError 429" }
    ],
    [{ ...calm, error: "MessageAbortedError" }, { intent: "aborted" }]
  ])("with the plugin's %j is told as it is", (signal, expected) =>
    expect(stopOf("opencode", idle(signal))).toEqual({
      session,
      kind: "stop",
      waits: false,
      background: 0,
      turn: "msg_1",
      ...expected
    })
  )

  it("within a conversation's helper is a helper's", () =>
    expect(stopOf("opencode", idle(calm, { parentID: "ses_parent" }))).toMatchObject({
      session: "opencode:ses_parent",
      kind: "subagent"
    }))

  it("is told once: by the idle event, not by the status beside it", () => {
    expect(stopOf("opencode", recordedAs("opencode", "event_session.status.idle"))).toBeUndefined()
    expect(stopOf("opencode", recordedAs("opencode", "event_session.error.MessageAbortedError"))).toBeUndefined()
  })

  it("and its hooks are answered in the plugin's form", () => {
    for (const answer of [go, again])
      expect(told("opencode", idle(calm), answer)).toBe('{"continue":{"text":"Next: T-1","delayMs":2500}}')
    for (const signal of [
      { ...calm, error: "APIError 429" },
      { ...calm, aborted: true }
    ])
      expect(told("opencode", idle(signal), go)).toBe("")
    expect(told("opencode", idle(calm), allow)).toBe("")
    expect(told("opencode", idle(calm), notice)).toBe('{"notice":"T-1 waits for you"}')
    expect(told("opencode", idle(calm), context)).toBe('{"context":"T-1 is open"}')
    expect(told("opencode", idle(calm), deny)).toBe("")
    expect(told("opencode", recordedAs("opencode", "tool.execute.before.bash"), deny)).toBe(
      '{"deny":"hooks may not be skipped"}'
    )
  })
})

describe("whatever a client sends", () => {
  const payloads = [
    ...recordedOfClaude,
    ...["codex", "gemini", "opencode"].flatMap(recordedOf),
    ...["stop", "subagentStop", "preToolUse"].map((event) => [event, cursor(event, { status: "completed" })] as const)
  ].map(([, payload]) => payload)
  const words = "hook_event_name hook status signal error agent_type cursor_version session_id input background_tasks"
  const changed = fc
    .tuple(fc.constantFrom(...payloads), fc.dictionary(fc.constantFrom(...words.split(" ")), json, { maxKeys: 3 }))
    .map(([payload, fields]): JsonObject => ({ ...payload, ...fields }))
  const anything = fc.oneof(
    changed,
    json.filter((value) => typeof value === "object" && value !== null && !Array.isArray(value))
  ) as fc.Arbitrary<JsonObject>
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", " ", '"', "\ud800", "a\nb"))
  const answers: fc.Arbitrary<Answer> = fc.oneof(
    fc.record({
      kind: fc.constant("continue" as const),
      text,
      level: fc.integer(),
      delayMs: fc.oneof(fc.integer(), fc.constantFrom(Number.NaN, Infinity))
    }),
    fc.record({ kind: fc.constant("allow" as const), notice: text }),
    fc.record({ kind: fc.constant("deny" as const), reason: text }),
    fc.record({ kind: fc.constant("context" as const), text })
  )

  it("is a stop or none, and is answered with one JSON object on one line, or nothing", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(agents)), anything, answers, (client, payload, answer) => {
        const stop = stopOf(client, payload)
        if (stop !== undefined) {
          expect(Number.isSafeInteger(stop.background) && stop.background >= 0).toBe(true)
          expect(stop.session === null || stop.session.startsWith(`${client}:`)).toBe(true)
          expect(stop.kind === "failure").toBe(stop.error !== undefined)
        }
        const output = told(client, payload, answer) ?? "undefined"
        if (output !== "") {
          expect(output).not.toMatch(/[\r\n]/)
          expect(output.isWellFormed()).toBe(true)
          expect(JSON.parse(output)).toBeTypeOf("object")
          expect(output.startsWith("{")).toBe(true)
          expect(output).not.toContain(":null")
        }
        if (answer.kind === "continue" && output !== "") expect(stop?.kind).toMatch(/^(?:stop|subagent)$/)
      }),
      { numRuns: 3000 }
    )
  })
})
