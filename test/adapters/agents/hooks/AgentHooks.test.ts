import * as Either from "effect/Either"
import * as fc from "fast-check"
import { parse } from "jsonc-parser"
import { describe, expect, it } from "vitest"
import { ClaudeAgent } from "../../../../src/adapters/agents/claude/ClaudeAgent.ts"
import { CodexAgent } from "../../../../src/adapters/agents/codex/CodexAgent.ts"
import * as CodexPayload from "../../../../src/adapters/agents/codex/Payload.ts"
import { CursorAgent } from "../../../../src/adapters/agents/cursor/CursorAgent.ts"
import * as CursorPayload from "../../../../src/adapters/agents/cursor/Payload.ts"
import { GeminiAgent } from "../../../../src/adapters/agents/gemini/GeminiAgent.ts"
import * as GeminiPayload from "../../../../src/adapters/agents/gemini/Payload.ts"
import { isNexusCommand } from "../../../../src/adapters/agents/hooks/HookCommands.ts"
import { OpenCodeAgent } from "../../../../src/adapters/agents/opencode/OpenCodeAgent.ts"
import type { HookTarget, InstallableAgent, JsonObject } from "../../../../src/app/ports/Agent.ts"
import { recordedAs, recordedOf } from "../recorded.ts"

const script = "/home/u/.local/share/nexus/bin/nexus-hook"
const target: HookTarget = {
  script,
  node: "/usr/bin/node",
  nexus: "/opt/nexus/nexus.js",
  home: "/home/u/.local/share/nexus",
  platform: "linux",
  packaged: (path) => (path === "opencode/nexus.js" ? 'const script = "@HOOK@"\nexport default () => ({})\n' : null)
}

const installed = ({ settings }: InstallableAgent, text: string | null, scope: "local" | "shared" = "local") =>
  Either.getOrThrow(settings.install(text, target, scope))
const removed = ({ settings }: InstallableAgent, text: string) => Either.getOrThrow(settings.uninstall(text))
const refusal = ({ settings }: InstallableAgent, text: string) =>
  Either.getOrThrow(Either.flip(settings.install(text, target, "local"))).message
const value = (text: string): Record<string, any> => parse(text.replace(/^\uFEFF/, ""))

const capture = (agent: string) => `[ ! -x '${script}' ] || exec '${script}' ${agent}`
const waits = (agent: string) => `${capture(agent)} ack`

describe("what is registered with Codex", () => {
  const { hooks, ...rest } = value(installed(CodexAgent, null).text)

  it("is in a file with no other key, in seconds, and Codex knows every event of it", () => {
    expect(rest).toEqual({})
    expect(hooks["Stop"]).toEqual([{ hooks: [{ type: "command", command: waits("codex"), timeout: 10 }] }])
    for (const event of Object.keys(hooks)) expect([event, CodexPayload.isKnown(event)]).toEqual([event, true])
  })

  it("asks for no more time at the end of a session or a turn than the client gives, of which it would warn at every start", () => {
    for (const event of ["SessionEnd", "Interrupt"]) expect(hooks[event][0].hooks[0]).toMatchObject({ timeout: 3 })
  })

  it("waits for stops and for tools, whose work is looked up on the disk, and for nothing else", () => {
    const waiting = new Set(["PreToolUse", "PostToolUse", "Stop", "SubagentStop"])
    for (const [name, payload] of recordedOf("codex")) {
      const event = payload["hook_event_name"] as string
      const expected = waiting.has(event) ? waits("codex") : capture("codex")
      expect([name, CodexAgent.settings.commandsFor(JSON.stringify({ hooks }), payload)]).toEqual([name, [expected]])
    }
  })
})

describe("what is registered with Gemini CLI", () => {
  const { text } = installed(GeminiAgent, null)
  const { hooks, ...rest } = value(text)

  it("has a name, is in milliseconds, and is of six events at the most", () => {
    expect(rest).toEqual({})
    expect(hooks["AfterAgent"]).toEqual([
      { hooks: [{ type: "command", command: waits("gemini"), name: "nexus", timeout: 10_000 }] }
    ])
    expect(Object.keys(hooks)).toEqual([
      "SessionStart",
      "SessionEnd",
      "BeforeAgent",
      "AfterAgent",
      "BeforeTool",
      "AfterTool"
    ])
    for (const event of Object.keys(hooks)) expect(GeminiPayload.isKnown(event)).toBe(true)
  })

  it("waits for stops, shells and servers alone", () => {
    const commands = (payload: JsonObject) => GeminiAgent.settings.commandsFor(text, payload)
    const tool = recordedAs("gemini", "BeforeTool")
    expect(commands(recordedAs("gemini", "AfterAgent"))).toEqual([waits("gemini")])
    expect(commands(recordedAs("gemini", "BeforeAgent"))).toEqual([capture("gemini")])
    expect(commands(recordedAs("gemini", "BeforeModel"))).toEqual([])
    for (const name of ["run_shell_command", "mcp_files_write"])
      expect(commands({ ...tool, tool_name: name })).toEqual([waits("gemini")])
    for (const name of ["write_file", "replace", "run_shell_command_x", "xmcp_a"])
      expect(commands({ ...tool, tool_name: name })).toEqual([capture("gemini")])
  })

  it("is left beside switches that older versions kept among the events, and is seen to be off", () => {
    const old = '{"hooks":{"enabled":true,"disabled":["x"],"AfterAgent":[]}}'
    expect(value(installed(GeminiAgent, old).text)["hooks"]).toMatchObject({ enabled: true, disabled: ["x"] })
    expect(GeminiAgent.settings.isDisabled('{"hooksConfig":{"enabled":false}}')).toBe(true)
    expect(GeminiAgent.settings.isDisabled('{"hooksConfig":{"enabled":true},"enabled":false}')).toBe(false)
  })
})

describe("what is registered with Cursor", () => {
  const { text } = installed(CursorAgent, null)
  const { hooks, ...rest } = value(text)

  it("is flat, of version 1, counts continuations one further than Nexus does, and names only events that Nexus reads", () => {
    expect(rest).toEqual({ version: 1 })
    expect(hooks["stop"]).toEqual([{ command: waits("cursor"), timeout: 10, loop_limit: 16 }])
    expect(hooks["subagentStop"]).toEqual([{ command: waits("cursor"), timeout: 10, loop_limit: 16 }])
    for (const [event, entries] of Object.entries(hooks)) {
      expect(CursorPayload.isKnown(event)).toBe(true)
      for (const entry of entries as ReadonlyArray<JsonObject>)
        expect("loop_limit" in entry).toBe(/^(?:stop|subagentStop)$/.test(event))
    }
    const more = Either.getOrThrow(CursorAgent.settings.install(null, { ...target, continuations: 3 }, "local"))
    expect(value(more.text)["hooks"]["stop"][0].loop_limit).toBe(4)
  })

  it("waits for stops, and for tools that may change files, each of which has exactly one hook", () => {
    const commands = (event: string, fields: JsonObject = {}) =>
      CursorAgent.settings.commandsFor(text, { hook_event_name: event, ...fields })
    for (const event of ["stop", "subagentStop", "afterFileEdit"]) expect(commands(event)).toEqual([waits("cursor")])
    for (const event of ["sessionStart", "beforeSubmitPrompt", "preCompact"])
      expect(commands(event)).toEqual([capture("cursor")])
    for (const event of ["beforeReadFile", "afterAgentThought", "workspaceOpen"]) expect(commands(event)).toEqual([])
    for (const event of ["preToolUse", "postToolUse", "postToolUseFailure"]) {
      for (const tool_name of ["Shell", "Write", "StrReplace", "ApplyPatch", "MCP:files write", "mcp__a__b"])
        expect(commands(event, { tool_name })).toEqual([waits("cursor")])
      for (const tool_name of ["Read", "Grep", "Task", "WriteX", "ReadMCP:a"])
        expect(commands(event, { tool_name })).toEqual([capture("cursor")])
    }
  })

  it("says the version where a file has none, and leaves one that it has", () => {
    expect(value(installed(CursorAgent, "{}").text)["version"]).toBe(1)
    expect(value(installed(CursorAgent, '{"version":2,"hooks":{}}').text)["version"]).toBe(2)
    expect(removed(CursorAgent, text)).toEqual({ text: null, changed: true })
    const mine = '{"version":1,"hooks":{"stop":[{"command":"say done"}]}}'
    expect(removed(CursorAgent, installed(CursorAgent, mine).text).text).toBe(mine)
  })

  it("brings an entry of an older version up to date in its place", () => {
    const old = `{"version":1,"hooks":{"stop":[{"command":"a"},{"command":${JSON.stringify(waits("cursor"))},"timeout":5},{"command":"b"}]}}`
    const { stop } = value(installed(CursorAgent, old).text)["hooks"]
    expect(stop).toEqual([
      { command: "a" },
      { command: waits("cursor"), timeout: 10, loop_limit: 16 },
      { command: "b" }
    ])
  })
})

describe("the plugin for OpenCode", () => {
  const { settings } = OpenCodeAgent

  it("is one file that knows where the script is, or finds it where it is committed", () => {
    const local = installed(OpenCodeAgent, null).text
    expect(settings.file("local")).toBe(".opencode/plugins/nexus.js")
    expect(local).toMatch(/^\/\/ Nexus' plugin for OpenCode, made by "nexus init"\..*\n/)
    expect(local).toContain(`const script = ${JSON.stringify(script)}\n`)
    expect(installed(OpenCodeAgent, null, "shared").text).toContain('const script = ""\n')
    expect(installed(OpenCodeAgent, local)).toEqual({ text: local, changed: false })
    expect(settings.isCurrent(local, target, "local")).toBe(true)
    expect(settings.isCurrent(`${local}//`, target, "local")).toBe(false)
    expect(installed(OpenCodeAgent, `${local}//`).changed).toBe(true)
    expect(removed(OpenCodeAgent, local)).toEqual({ text: null, changed: true })
  })

  it("takes no other's place, and is not installed from a build without it", () => {
    const theirs = "export default () => ({})\n"
    expect(refusal(OpenCodeAgent, theirs)).toContain("it is not Nexus' plugin")
    expect(removed(OpenCodeAgent, theirs)).toEqual({ text: theirs, changed: false })
    const without = settings.install(null, { ...target, packaged: () => null }, "local")
    expect(Either.isLeft(without)).toBe(true)
  })
})

/** Anything that a person may have in these files, with hooks of others in the client's own form. */
const json = fc.jsonValue({ maxDepth: 2 }).map((it) => it as unknown)
const entry = fc.record(
  {
    type: fc.constant("command"),
    command: fc.oneof(fc.string(), fc.constantFrom("nexus-hook codex", "nexus status", waits("nobody"))),
    timeout: fc.nat(99)
  },
  { requiredKeys: ["type", "command"] }
)
const matcher = fc.constantFrom("", "*", "Bash", "^run_shell_command$|^mcp_", "Shell|Write")
const group = fc.record(
  { matcher, hooks: fc.array(entry, { minLength: 1, maxLength: 3 }) },
  { requiredKeys: ["hooks"] }
)
const flat = fc.tuple(entry, fc.option(matcher)).map(([one, it]) => (it === null ? one : { ...one, matcher: it }))

const existing = (events: ReadonlyArray<string>, hook: fc.Arbitrary<object>, top: object) =>
  fc
    .record({
      rest: fc.dictionary(
        fc.string().filter((key) => !["hooks", "version", "__proto__"].includes(key)),
        json,
        { maxKeys: 3 }
      ),
      hooks: fc.option(
        fc.dictionary(
          fc.constantFrom(...events, "Custom", "constructor"),
          fc.array(hook, { minLength: 1, maxLength: 3 }),
          { minKeys: 1, maxKeys: 4 }
        )
      ),
      indent: fc.constantFrom("", "  ", "\t"),
      crlf: fc.boolean(),
      bom: fc.boolean()
    })
    .map(({ rest, hooks, indent, crlf, bom }) => {
      const text = `${JSON.stringify({ ...top, ...rest, ...(hooks === null ? {} : { hooks }) }, null, indent)}\n`
      return (bom ? "\uFEFF" : "") + (crlf ? text.replaceAll("\n", "\r\n") : text)
    })

describe("any file of a person's", () => {
  const clients: ReadonlyArray<readonly [string, InstallableAgent, fc.Arbitrary<object>, object]> = [
    ["Claude Code", ClaudeAgent, group, {}],
    ["Codex", CodexAgent, group, {}],
    ["Gemini CLI", GeminiAgent, group, {}],
    ["Cursor", CursorAgent, flat, { version: 1 }]
  ]

  it.each(clients)("of %s is as it was, to the letter, once our hooks are in and out again", (_, agent, hook, top) => {
    const events = Object.keys(value(installed(agent, null).text)["hooks"])
    fc.assert(
      fc.property(existing(events, hook, top), fc.constantFrom("local" as const, "shared" as const), (text, scope) => {
        const once = installed(agent, text, scope)
        expect(once.changed).toBe(true)
        expect(installed(agent, once.text, scope)).toEqual({ text: once.text, changed: false })
        expect(agent.settings.isCurrent(once.text, target, scope)).toBe(true)
        const before = value(text)
        const after = value(once.text)
        expect({ ...after, hooks: 0 }).toEqual({ ...before, hooks: 0 })
        for (const [event, own] of Object.entries<Array<unknown>>(before["hooks"] ?? {}))
          expect(after["hooks"][event].slice(0, own.length)).toEqual(own)
        // The other scope's hooks take the place of these.
        const other = installed(agent, once.text, scope === "local" ? "shared" : "local").text
        for (const now of [once.text, other]) {
          const { text: left } = removed(agent, now)
          // A file that held nothing is nothing.
          if (left === null) expect(value(text)).toEqual(top)
          else expect(left).toBe(text)
        }
      }),
      { numRuns: 150 }
    )
  })

  it.each(clients)("of %s is refused with its place where it is no settings file", (client, agent) => {
    for (const text of ["[]", "{", '{"hooks":[]}', '{"hooks":{"Mine":"x"}}', '{"hooks":{},"hooks":{}}']) {
      expect(refusal(agent, text)).toMatch(new RegExp(`^${client} settings: .* at line 1, column \\d+\\.`))
      expect(Either.isLeft(agent.settings.uninstall(text))).toBe(true)
    }
  })

  it("loses the hooks of its own client alone", () => {
    for (const agent of ["claude", "codex", "cursor", "gemini"])
      for (const other of ["claude", "codex", "cursor", "gemini"])
        for (const command of [capture(other), waits(other), `nexus hook ${other}`, `/a/bin/nexus-hook ${other} ack`])
          expect(isNexusCommand(command, agent)).toBe(agent === other)
  })
})
