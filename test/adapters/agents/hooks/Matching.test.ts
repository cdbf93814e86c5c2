import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { claudeHooks, hookPlan } from "../../../../src/adapters/agents/claude/Contract.ts"
import { formOf } from "../../../../src/adapters/agents/hooks/AgentHooks.ts"
import { localCommands } from "../../../../src/adapters/agents/hooks/HookCommands.ts"
import { install } from "../../../../src/adapters/agents/hooks/HookSettings.ts"
import * as Matching from "../../../../src/adapters/agents/hooks/Matching.ts"
import type { JsonObject } from "../../../../src/app/ports/Agent.ts"
import { recorded } from "../claude/payloads.ts"

const commandsFor = (text: string, payload: JsonObject) => Matching.commandsFor(text, payload, claudeHooks)

const settings = (
  ...groups: ReadonlyArray<readonly [matcher: string | undefined, ...commands: ReadonlyArray<string>]>
) =>
  JSON.stringify({
    hooks: {
      PreToolUse: groups.map(([matcher, ...commands]) => ({
        ...(matcher === undefined ? {} : { matcher }),
        hooks: commands.map((command) => ({ type: "command", command }))
      }))
    }
  })
const before = (tool: string) => ({ hook_event_name: "PreToolUse", tool_name: tool })

describe("the commands that Claude Code runs for a payload", () => {
  const matchers: ReadonlyArray<readonly [string | undefined, string, boolean]> = [
    [undefined, "Bash", true],
    ["", "Bash", true],
    ["*", "Bash", true],
    ["Bash", "Bash", true],
    ["Bash", "BashOutput", false],
    ["Edit|Write", "Write", true],
    ["Edit, Write", "Write", true],
    ["Edit|Write", "MultiEdit", false],
    ["mcp__.*", "mcp__demo__echo", true],
    ["mcp__demo", "mcp__demo__echo", false],
    ["^(?!Bash$).*", "Bash", false],
    ["^(?!Bash$).*", "Edit", true],
    [".*Edit", "NotebookEdit", true],
    ["(", "Bash", false]
  ]
  it.each(matchers)("matcher %j with tool %s: %s", (matcher, tool, runs) =>
    expect(commandsFor(settings([matcher, "x"]), before(tool))).toEqual(runs ? ["x"] : [])
  )

  it("are those of every matching group, in their order, each once", () =>
    expect(commandsFor(settings(["Bash", "a", "b"], ["Edit", "c"], ["*", "b", "d"]), before("Bash"))).toEqual([
      "a",
      "b",
      "d"
    ]))

  it("are those of the payload's own event", () => {
    expect(commandsFor(settings(["*", "x"]), { hook_event_name: "PostToolUse", tool_name: "Bash" })).toEqual([])
    expect(commandsFor(settings(["*", "x"]), {})).toEqual([])
  })

  it("are none where the settings are empty, broken or of another shape", () => {
    for (const text of [
      "",
      "{}",
      "[]",
      "null",
      "{",
      '{"hooks":[]}',
      '{"hooks":{"PreToolUse":{}}}',
      '{"hooks":{"PreToolUse":[1,null]}}'
    ])
      expect(commandsFor(text, before("Bash"))).toEqual([])
    expect(
      commandsFor('{"hooks":{"PreToolUse":[{"hooks":[{"type":"prompt","command":"x"},7]}]}}', before("Bash"))
    ).toEqual([])
  })

  it("are exactly one of ours for every recorded payload of an event that Nexus registers for", () => {
    const { text } = Either.getOrThrow(
      install(null, formOf(claudeHooks), hookPlan(localCommands("/home/u/nexus/bin/nexus-hook", "claude")))
    )
    const events = Object.keys(JSON.parse(text).hooks as object)
    const waits = (tool: unknown) => /^(Bash|PowerShell)$|^mcp__/.test(String(tool))
    for (const [, payload] of recorded) {
      const event = payload["hook_event_name"] as string
      const commands = commandsFor(text, payload)
      expect(commands).toHaveLength(events.includes(event) ? 1 : 0)
      const goesOn = event === "SessionStart" && ["compact", "resume"].includes(payload["source"] as string)
      const acknowledged =
        /Stop(Failure)?$/.test(event) || goesOn || (/ToolUse/.test(event) && waits(payload["tool_name"]))
      if (commands.length === 1) expect(commands[0]?.endsWith(" ack")).toBe(acknowledged)
    }
  })

  it("are found in settings with comments", () => {
    expect(commandsFor(`// mine\n${settings(["*", "x"])}`, before("Bash"))).toEqual(["x"])
  })
})
