import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Either from "effect/Either"
import * as fc from "fast-check"
import { parse } from "jsonc-parser"
import { describe, expect, it } from "vitest"
import {
  bySource,
  claudeHooks,
  eventRoutes,
  hookPlan,
  otherToolsMatcher,
  shellToolsMatcher
} from "../../../../src/adapters/agents/claude/Contract.ts"
import { formOf, settingsOf } from "../../../../src/adapters/agents/hooks/AgentHooks.ts"
import * as HookCommands from "../../../../src/adapters/agents/hooks/HookCommands.ts"
import type { HookPlan } from "../../../../src/adapters/agents/hooks/HookSettings.ts"
import * as HookSettings from "../../../../src/adapters/agents/hooks/HookSettings.ts"

type HookCommands = HookCommands.HookCommands
const form = formOf(claudeHooks)
const localCommands = (path: string) => HookCommands.localCommands(path, "claude")
const sharedCommands = HookCommands.sharedCommands("claude")
const isNexusCommand = (command: string) => HookCommands.isNexusCommand(command, "claude")
const install = (text: string | null, by: HookCommands) => HookSettings.install(text, form, hookPlan(by))
const uninstall = (text: string) => HookSettings.uninstall(text, form)
const isCurrent = (text: string, by: HookCommands) =>
  Either.match(install(text, by), { onLeft: () => false, onRight: ({ changed }) => !changed })
const hooksDisabled = (text: string) => settingsOf(claudeHooks).isDisabled(text)
/** Every one of our commands in a text that can be read, each once. */
const installedCommands = (text: string): ReadonlyArray<string> =>
  [
    ...new Set(
      [...text.matchAll(/"command":\s*("(?:[^"\\]|\\.)*")/g)].map(([, one]) => JSON.parse(one ?? "") as string)
    )
  ].filter(isNexusCommand)
const hooksIn = (plan: HookPlan, event: string) =>
  (plan[event] ?? []).flatMap((group) =>
    Array.isArray(group["hooks"]) ? (group["hooks"] as ReadonlyArray<object>) : []
  )

const script = "/home/u/.local/share/nexus/bin/nexus-hook"
const commands = localCommands(script)

const installed = (text: string | null, by: HookCommands = commands) => Either.getOrThrow(install(text, by))
const uninstalled = (text: string) => Either.getOrThrow(uninstall(text))
const refusal = (text: string) => Either.getOrThrow(Either.flip(install(text, commands)))
const value = (text: string): Record<string, any> => parse(text.replace(/^\uFEFF/, ""))

const foreign = (command: string, matcher?: string) => ({
  ...(matcher === undefined ? {} : { matcher }),
  hooks: [{ type: "command", command }]
})

/** What a JSON object holds, without events and `hooks` that hold nothing: an emptied one may go. */
const meaning = (settings: Record<string, any>) => {
  const { hooks, ...rest } = settings
  const events = Object.entries(hooks ?? {}).filter(([, groups]) => (groups as Array<unknown>).length > 0)
  return { rest, events }
}

const withoutHooks: Record<string, string> = {
  "two spaces": '{\n  "model": "opus",\n  "env": {\n    "A": "1"\n  }\n}\n',
  "four spaces":
    '{\n    "permissions": {\n        "allow": ["Bash(npm test)", "Read(**)"],\n        "deny": []\n    }\n}\n',
  tabs: '{\n\t"permissions": {\n\t\t"allow": [\n\t\t\t"Bash(ls)"\n\t\t]\n\t}\n}\n',
  CRLF: '{\r\n  "model": "opus",\r\n  "cleanupPeriodDays": 20\r\n}\r\n',
  "byte order mark": '\uFEFF{\n  "model": "opus"\n}\n',
  "byte order mark, CRLF and tabs": '\uFEFF{\r\n\t"model": "opus"\r\n}',
  "no line end at the end": '{\n  "model": "opus"\n}',
  "several line ends at the end": '{\n  "model": "opus"\n}\n\n\n',
  "one line": '{"permissions":{"allow":["Bash(ls)"]}}',
  "one airy line": '{ "model": "opus", "env": { "A": "1" } }\n',
  comments:
    '// mine\n{\n  // which model\n  "model": "opus", // the big one\n  /* and\n     more */\n  "env": {} // last\n  // end\n}\n// after\n',
  "a comment as the only content": "{\n  // nothing yet, really\n}\n",
  "a block comment on one line": "{ /* nothing, yet */ }\n",
  "a key after the brace": '{ "model": "opus", // why, exactly\n  "env": {}\n}\n',
  "a line comment behind one line": '{"model": "opus" // why\n}\n',
  "no indentation": '{\n"model": "opus",\n"env": {\n"A": "1"\n}\n}\n',
  "commas in front": '{\n  "model": "opus"\n, "env": {}\n}\n',
  "hooks as a word only": '{\n  "env": { "hooks": "nexus-hook claude" },\n  "disableAllHooks": true\n}\n',
  "non-ASCII and escapes": '{\n  "language": "日本語 \\u00e9 \\"x\\" // no comment"\n}\n'
}

const withHooks: Record<string, string> = {
  "an empty hooks object": '{\n  "hooks": {}\n}\n',
  "an empty hooks object on one line": '{"hooks":{}}',
  "an empty event": '{\n  "hooks": {\n    "Stop": []\n  },\n  "model": "opus"\n}\n',
  "a foreign hook on the same event":
    '{\n  "hooks": {\n    "Stop": [\n      {\n        "hooks": [\n          { "type": "command", "command": "say done" }\n        ]\n      }\n    ]\n  }\n}\n',
  "a foreign hook with the same matcher": JSON.stringify(
    {
      hooks: {
        PreToolUse: [foreign("lint", shellToolsMatcher), foreign("audit", otherToolsMatcher), foreign("x", "Edit")]
      }
    },
    null,
    4
  ),
  "foreign hooks on one line":
    '{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"a"}]}],"Custom":[{"matcher":"","hooks":[]}]}}',
  "brackets that hug":
    '{\r\n\t"hooks": {\r\n\t\t"PreToolUse": [{\r\n\t\t\t"matcher": "Bash",\r\n\t\t\t"hooks": [{ "type": "command", "command": "guard" }]\r\n\t\t}]\r\n\t}\r\n}\r\n',
  "comments among foreign hooks":
    '{\n  "hooks": {\n    // keep\n    "Stop": [\n      // first, of two\n      { "hooks": [{ "type": "prompt", "prompt": "done?" }] }, // one\n      { "hooks": [] } // two\n      // tail\n    ] // stop\n    // no more\n  }\n}\n',
  "an event that nobody knows":
    '{\n  "hooks": {\n    "NexusFuture": [\n      {\n        "hooks": []\n      }\n    ]\n  }\n}\n',
  "foreign shapes":
    '{\n  "hooks": {\n    "Stop": [\n      7,\n      { "hooks": "x" },\n      { "hooks": [1, null, { "command": 3 }] }\n    ]\n  }\n}\n',
  "names of Object.prototype":
    '{\n  "hooks": {\n    "constructor": [],\n    "__proto__": [\n      { "hooks": [] }\n    ]\n  }\n}\n'
}

const texts = Object.entries({ ...withoutHooks, ...withHooks })

describe("the plan", () => {
  it("takes 29 of Claude Code's 33 events", () => {
    expect(Object.keys(eventRoutes)).toHaveLength(33)
    const left = Object.keys(eventRoutes).filter((event) => !(event in hookPlan(commands)))
    expect(left.toSorted()).toEqual(["FileChanged", "MessageDisplay", "WorktreeCreate", "WorktreeRemove"])
  })

  it("acknowledges shell and MCP tools, stops and sessions that go on, and captures the rest", () => {
    const { capture, acknowledge, wake } = commands
    const hooks = (command: string) => [{ type: "command", command, timeout: 10 }]
    const byTool = [
      { matcher: shellToolsMatcher, hooks: hooks(acknowledge) },
      { matcher: otherToolsMatcher, hooks: hooks(capture) }
    ]
    const plan = hookPlan(commands)
    for (const event of ["PreToolUse", "PostToolUse", "PostToolUseFailure"]) expect(plan[event]).toEqual(byTool)
    for (const event of ["Stop", "SubagentStop", "StopFailure"])
      expect(plan[event]).toEqual([{ hooks: hooks(acknowledge) }])
    expect(plan["SessionStart"]).toEqual([
      { matcher: bySource.acknowledge, hooks: hooks(acknowledge) },
      { matcher: bySource.capture, hooks: hooks(capture) }
    ])
    const others = Object.entries(plan).filter(
      ([event]) => !/^(Pre|Post)ToolUse|^(Subagent)?Stop(Failure)?$|^(SessionStart|Notification)$/.test(event)
    )
    expect(plan["Notification"]).toEqual([
      { matcher: "^(?!idle_prompt$).*", hooks: hooks(capture) },
      // In the background as well where the client would wait for it otherwise.
      {
        matcher: "idle_prompt",
        hooks: [expect.objectContaining({ command: wake, async: true, asyncRewake: true, timeout: 28_800 })]
      }
    ])
    expect(others).toHaveLength(21)
    for (const [, groups] of others) expect(groups).toEqual([{ hooks: hooks(capture) }])
  })

  it("has one matcher, never both, for every tool name", () => {
    const both = (name: string) => [shellToolsMatcher, otherToolsMatcher].filter((it) => new RegExp(it).test(name))
    for (const name of ["Bash", "PowerShell", "mcp__a__b", "mcp__plugin_x_y__z"])
      expect(both(name)).toEqual([shellToolsMatcher])
    for (const name of ["KillBash", "BashOutput", "Edit", "Agent", "Task", "xmcp__a", "MCP__a"])
      expect(both(name)).toEqual([otherToolsMatcher])
    const names = fc.oneof(fc.string(), fc.stringMatching(/^(x|Bash|PowerShell|mcp__|_|\n){0,4}$/))
    fc.assert(fc.property(names, (name) => both(name).length === 1))
  })
})

describe("install", () => {
  it.each([
    ["no file", null],
    ["an empty file", ""],
    ["blank lines", " \n\t\n"]
  ])("makes a fresh file of %s", (_, text) => {
    const result = installed(text)
    expect(result).toEqual({ text: `${JSON.stringify({ hooks: hookPlan(commands) }, null, 2)}\n`, changed: true })
    expect(uninstalled(result.text)).toEqual({ text: null, changed: true })
  })

  it.each(texts)("adds the plan and keeps everything else: %s", (_, text) => {
    const result = installed(text)
    expect(result.changed).toBe(true)
    const before = value(text)
    const after = value(result.text)
    expect({ ...after, hooks: null }).toEqual({ ...before, hooks: null })
    for (const [event, groups] of Object.entries(hookPlan(commands)))
      expect(after["hooks"][event]).toEqual([...(before["hooks"]?.[event] ?? []), ...groups])
    for (const event of Object.keys(before["hooks"] ?? {}))
      if (!(event in eventRoutes)) expect(after["hooks"][event]).toEqual(before["hooks"][event])
  })

  it.each(texts)("only ever adds characters: %s", (_, text) => {
    const result = installed(text).text
    let at = 0
    for (const char of text.replace(/\s/g, "")) {
      at = result.indexOf(char, at) + 1
      expect(at).toBeGreaterThan(0)
    }
  })

  it.each(texts)("changes nothing the second time: %s", (_, text) => {
    const once = installed(text).text
    expect(isCurrent(text, commands)).toBe(false)
    expect(installed(once)).toEqual({ text: once, changed: false })
    expect(isCurrent(once, commands)).toBe(true)
    expect(new Set(installedCommands(once))).toEqual(new Set([commands.capture, commands.acknowledge, commands.wake]))
  })

  it.each(texts)("brings changed commands up to date in place: %s", (_, text) => {
    const old = installed(text, sharedCommands).text
    expect(isCurrent(old, commands)).toBe(false)
    const now = installed(old)
    expect(now).toEqual({ text: installed(text).text, changed: true })
  })

  it("writes the style of the file", () => {
    const tabs = installed(withoutHooks["byte order mark, CRLF and tabs"] ?? "").text
    expect(tabs.startsWith('\uFEFF{\r\n\t"model": "opus",\r\n\t"hooks": {\r\n\t\t"PreToolUse": [\r\n\t\t\t{')).toBe(
      true
    )
    expect(tabs.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/)
    expect(tabs.endsWith("\r\n\t}\r\n}")).toBe(true)
    expect(installed(withoutHooks["four spaces"] ?? "").text).toContain('\n    "hooks": {\n        "PreToolUse": [\n')
    expect(installed(withoutHooks["one line"] ?? "").text).not.toContain("\n")
    expect(installed(withHooks["brackets that hug"] ?? "").text).toContain('\t\t}, {\r\n\t\t\t"matcher": "^(Bash')
    expect(installed('{\n  "model": "opus" // big\n}\n').text).toContain('{\n  "model": "opus", // big\n  "hooks": {\n')
  })

  it("mends a hook of ours that was edited, doubled, moved or left over from an earlier plan", () => {
    const ours = { type: "command", command: commands.capture, timeout: 10 }
    const other = { type: "command", command: "say hi" }
    const settings = {
      hooks: {
        MessageDisplay: [{ hooks: [ours] }],
        Setup: [{ matcher: "*", hooks: [ours] }],
        SessionEnd: [{ hooks: [{ ...ours, type: "prompt" }] }],
        Stop: [{ matcher: "", hooks: [other, { ...ours, timeout: 600, once: true }, ours] }, { hooks: [ours] }],
        PreToolUse: [
          { matcher: "Bash|PowerShell|mcp__.*", hooks: [{ ...ours, command: "nexus hook claude --ack" }] },
          { matcher: "Bash|mcp__.*", hooks: [{ ...ours, command: "nexus hook claude ack" }] },
          { matcher: "Edit", hooks: [ours, other] },
          { matcher: "*", hooks: [ours] }
        ]
      }
    }
    const { hooks } = value(installed(JSON.stringify(settings, null, 2)).text)
    const plan = hookPlan(commands)
    expect(hooks).not.toHaveProperty("MessageDisplay")
    expect(hooks["Setup"]).toEqual(settings.hooks.Setup)
    expect(hooks["SessionEnd"]).toEqual([...settings.hooks.SessionEnd, ...(plan["SessionEnd"] ?? [])])
    expect(hooks["Stop"]).toEqual([{ matcher: "", hooks: [other, ...hooksIn(plan, "Stop")] }])
    expect(hooks["PreToolUse"]).toEqual([
      settings.hooks.PreToolUse[0],
      plan["PreToolUse"]?.[0],
      { matcher: "Edit", hooks: [other] },
      plan["PreToolUse"]?.[1]
    ])
  })

  it("changes only the command where only the command differs", () => {
    const old = JSON.stringify({ type: "command", timeout: 10, command: "nexus hook claude ack" })
    const text = installed(`{"hooks":{"Stop":[{ "hooks" : [ ${old} ] }]}}`).text
    expect(text).toContain(
      `[{ "hooks" : [ {"type":"command","timeout":10,"command":${JSON.stringify(commands.acknowledge)}} ] }]`
    )
  })

  it("stays idempotent with a script of another name", () => {
    const odd = localCommands("/opt/odd/run")
    expect(installed(installed("{}", odd).text, odd).changed).toBe(false)
  })
})

describe("uninstall", () => {
  it.each(Object.entries(withoutHooks))("gives back the identical text: %s", (_, text) => {
    expect(uninstalled(installed(text).text)).toEqual({ text, changed: true })
  })

  it.each(Object.entries(withHooks))("gives back the same settings: %s", (name, text) => {
    const result = uninstalled(installed(text).text)
    expect(meaning(value(result.text ?? "{}"))).toEqual(meaning(value(text)))
    const filled = !name.startsWith("an empty")
    if (filled) expect(result.text).toBe(text)
  })

  it.each([...texts, ["blank", " \n"], ["nothing", ""], ["empty object", "{}\n"]])(
    "leaves a file without our hooks alone: %s",
    (_, text) => {
      expect(uninstalled(text)).toEqual({ text, changed: false })
    }
  )

  it("says that the file can go when nothing but our hooks was in it", () => {
    for (const text of ["{}", "{ }\n", "\uFEFF{\r\n}\r\n", '{"hooks":{}}'])
      expect(uninstalled(installed(text).text)).toEqual({ text: null, changed: true })
    expect(uninstalled(installed("// why\n{}\n").text).text).toBe("// why\n{}\n")
  })

  it("keeps what the user wrote around and inside our groups", () => {
    const entry = JSON.stringify({ type: "command", command: commands.capture, timeout: 10 })
    const text = `{
  "hooks": {
    "Setup": [{ "hooks": [${entry}] }], // ours, once
    "Stop": [ // stop
      { "hooks": [${entry}, { "type": "command", "command": "mine" }] }, // both
      // before
      { "hooks": [ ${entry} ] }, { "hooks": [] }
    ],
    // last
    "Notification": [{ "hooks": [${entry}] }] }
}
`
    expect(uninstalled(text).text).toBe(`{
  "hooks": { // ours, once
    "Stop": [ // stop
      { "hooks": [ { "type": "command", "command": "mine" }] }, // both
      // before
       { "hooks": [] }
    ]
    // last
     }
}
`)
  })
})

const json = fc.jsonValue({ maxDepth: 2 }).map((it) => it as unknown)
const name = fc.oneof(fc.constantFrom(...Object.keys(eventRoutes)), fc.string())
const foreignHook = fc.oneof(
  fc.record({ type: fc.constant("command"), command: fc.oneof(fc.string(), fc.constant("nexus-hook claude")) }),
  fc.record({ type: fc.constant("prompt"), prompt: fc.string() })
)
const group = (hook: fc.Arbitrary<object>) =>
  fc.record(
    {
      matcher: fc.constantFrom("", "*", "Bash", "Edit|Write", shellToolsMatcher, otherToolsMatcher),
      hooks: fc.array(hook, { maxLength: 3 })
    },
    { requiredKeys: ["hooks"] }
  )
const settings = (hook: fc.Arbitrary<object>) =>
  fc
    .record({
      rest: fc.dictionary(
        fc.string().filter((key) => key !== "hooks"),
        json,
        { maxKeys: 4 }
      ),
      hooks: fc.option(
        fc.dictionary(name, fc.array(group(hook), { minLength: 1, maxLength: 3 }), { minKeys: 1, maxKeys: 5 })
      ),
      first: fc.boolean()
    })
    .map(({ rest, hooks, first }): Record<string, unknown> => {
      const entry = hooks === null ? [] : [["hooks", hooks] as const]
      return Object.fromEntries(first ? [...entry, ...Object.entries(rest)] : [...Object.entries(rest), ...entry])
    })

/** Ways to write an object down: indentation, line ends, byte order mark. */
const layout = fc
  .record({ indent: fc.constantFrom("", " ", "  ", "    ", "\t"), crlf: fc.boolean(), bom: fc.boolean() })
  .map(({ indent, crlf, bom }) => (object: unknown) => {
    const plain = JSON.stringify(object, null, indent)
    return (bom ? "\uFEFF" : "") + (crlf ? plain.replaceAll("\n", "\r\n") : plain)
  })

/** Ways to put white space and comments on both sides of every bracket, comma and colon. */
const fillers = fc
  .array(fc.constantFrom("", " ", "\n", "\n  ", ' // c, "x"\n', "/* , */", "\r\n\t// {\r\n", "/*\n*/ // ]\n  "), {
    minLength: 1,
    maxLength: 30
  })
  .map((pieces) => (source: string) => {
    let at = 0
    const piece = () => pieces[at++ % pieces.length]
    return source.replaceAll(token, (found) => (/^["/]/.test(found) ? found : piece() + found + piece()))
  })

const token = /"(?:[^"\\]|\\.)*"|\/\/.*|\/\*[^]*?\*\/|[{}[\],:]/g
const comments = (source: string) => (source.match(token) ?? []).filter((found) => found.startsWith("/"))

describe("for any settings", () => {
  it("install, then uninstall, is the identity and keeps the order of foreign hooks", () => {
    fc.assert(
      fc.property(settings(foreignHook), layout, (object, write) => {
        const text = write(object)
        const once = installed(text).text
        expect(installed(once).changed).toBe(false)
        const after = JSON.parse(once.replace(/^\uFEFF/, ""))
        for (const [event, groups] of Object.entries(object["hooks"] ?? {}))
          expect(after.hooks[event].slice(0, (groups as Array<unknown>).length)).toEqual(groups)
        const moved = installed(once, sharedCommands).text
        expect(installed(moved).text).toBe(once)
        const back = uninstalled(moved).text
        expect(back).toBe(Object.keys(object).length === 0 ? null : text)
      }),
      { numRuns: 60 }
    )
  })

  it("survives comments and white space in every gap", () => {
    fc.assert(
      fc.property(settings(foreignHook), fillers, (object, fill) => {
        const text = fill(JSON.stringify(object))
        expect(value(text)).toEqual(value(JSON.stringify(object)))
        const once = installed(text).text
        expect(installed(once).changed).toBe(false)
        expect(comments(once)).toEqual(comments(text))
        const back = uninstalled(once).text ?? "{}"
        expect(value(back)).toEqual(value(text))
        expect(comments(back)).toEqual(comments(text))
        expect(value(uninstalled(fill(once)).text ?? "{}")).toEqual(value(text))
      }),
      { numRuns: 60 }
    )
  })

  it("sorts ours out where the user has moved, copied or edited them", () => {
    const edited = fc.record(
      {
        type: fc.constant("command"),
        command: fc.constantFrom(...Object.values(commands), ...Object.values(sharedCommands), "nexus hook claude"),
        timeout: fc.constantFrom(10, 99),
        once: fc.boolean()
      },
      { requiredKeys: ["type", "command"] }
    )
    const isOurs = (hook: any) => typeof hook.command === "string" && isNexusCommand(hook.command)
    const hooksOf = (object: Record<string, any>, ours: boolean) =>
      Object.entries<Array<any>>(object["hooks"] ?? {}).flatMap(([event, groups]) =>
        groups.flatMap(({ matcher, hooks }) =>
          hooks.filter((hook: any) => isOurs(hook) === ours).map((hook: any) => ({ event, matcher, hook }))
        )
      )
    fc.assert(
      fc.property(settings(fc.oneof(foreignHook, edited)), layout, fillers, (object, write, fill) => {
        for (const text of [write(object), fill(JSON.stringify(object))]) {
          const once = installed(text).text
          expect(isCurrent(once, commands)).toBe(true)
          const after = value(once)
          expect(hooksOf(after, false)).toEqual(hooksOf(object, false))
          const counts = Object.keys(hookPlan(commands)).map(
            (event) => hooksOf(after, true).filter((it) => it.event === event).length
          )
          expect(counts).toEqual(Object.values(hookPlan(commands)).map((groups) => groups.length))
          for (const from of [text, once]) {
            const back = value(uninstalled(from).text ?? "{}")
            expect(hooksOf(back, false)).toEqual(hooksOf(object, false))
            expect(hooksOf(back, true)).toEqual([])
            expect({ ...back, hooks: null }).toEqual({ ...value(text), hooks: null })
          }
        }
      }),
      { numRuns: 60 }
    )
  })
})

describe("a file that cannot be merged into", () => {
  it.each(
    [
      ["{", 1, 2, /not valid JSON \(close brace expected\)/],
      ['{\n  "a": 1,\n}\n', 3, 1, /not valid JSON/],
      ['\uFEFF{\r\n  "a": tru\r\n}', 2, 8, /not valid JSON/],
      ["{'a': 1}", 1, 2, /not valid JSON/],
      ['{"a":1} {"b":2}', 1, 9, /not valid JSON/],
      ["// only a comment\n", 2, 1, /not valid JSON/],
      ["[]", 1, 1, /must be an object, but is of type array/],
      ["null", 1, 1, /must be an object, but is of type null/],
      ['{\n  "hooks": []\n}', 2, 12, /"hooks" must be an object, but is of type array/],
      ['{"hooks":null}', 1, 10, /"hooks" must be an object, but is of type null/],
      ['{"hooks":{"Stop":{}}}', 1, 18, /"hooks.Stop" must be an array, but is of type object/],
      ['{"hooks":{"Mine":"x"}}', 1, 18, /"hooks.Mine" must be an array, but is of type string/],
      ['{"hooks":{},\n"hooks":{}}', 2, 1, /"hooks" is there twice/],
      ['{"hooks":{"Stop":[],"Stop":[]}}', 1, 21, /"Stop" is there twice/],
      ["[".repeat(50_000), 1, 1, /nested too deeply/]
    ].map(([text, ...rest]) => [String(text).slice(0, 30), text, ...rest] as [string, string, number, number, RegExp])
  )("is refused with its place: %j", (_, text, line, column, reason) => {
    const error = refusal(text)
    expect(error._tag).toBe("SettingsUnreadable")
    expect({ line: error.line, column: error.column }).toEqual({ line, column })
    expect(error.reason).toMatch(reason)
    expect(error.message).toMatch(/Correct the file there and run the command again/)
    expect(Either.isLeft(uninstall(text))).toBe(true)
    expect(isCurrent(text, commands)).toBe(false)
    expect(installedCommands(text)).toEqual([])
    expect(hooksDisabled(text)).toBe(false)
  })
})

describe("disableAllHooks", () => {
  it("is reported and left alone", () => {
    const text = '{\n  // off for now\n  "disableAllHooks": true\n}\n'
    expect(hooksDisabled(text)).toBe(true)
    expect(hooksDisabled(installed(text).text)).toBe(true)
    expect(hooksDisabled('{"disableAllHooks":"true","env":{"disableAllHooks":true}}')).toBe(false)
    expect(hooksDisabled("")).toBe(false)
  })
})

describe("our commands", () => {
  it("are recognised, also as older versions wrote them", () => {
    const ours = [
      ...Object.values(sharedCommands),
      ...Object.values(localCommands("/a b/it's $HOME/\n/] || exec/bin/nexus-hook")),
      "/usr/local/bin/nexus-hook claude",
      'exec "/home/a b/bin/nexus-hook" claude ack',
      `'/home/it'\\''s/bin/nexus-hook' claude`,
      "nexus hook claude",
      "nexus hook claude ack",
      "/usr/bin/nexus hook claude",
      '"node" "/opt/nexus/dist/nexus.js" hook claude',
      "'/usr/bin/node' '/opt/nexus.mjs' hook claude ack"
    ]
    for (const command of ours) expect([command, isNexusCommand(command)]).toEqual([command, true])
  })

  it("are never taken for somebody else's that speak of nexus", () => {
    const theirs = [
      "",
      "nexus",
      "nexus status",
      "nexus hook",
      "nexus hook codex",
      "my-nexus hook claude",
      "nexus hook claude && rm -rf /",
      "nexus hook claude; say done",
      "nexus hook claude > log",
      "echo nexus hook claude",
      "echo /a/bin/nexus-hook claude",
      "/a/bin/nexus-hook",
      "/a/bin/nexus-hook codex",
      "/a/bin/nexus-hook-mine claude",
      "/a/nexus-hook claude",
      "nexus-hook claude",
      "/a/bin/nexus-hook claude $(whoami)",
      "cat | /a/bin/nexus-hook claude",
      "node other.js hook claude",
      "node nexus.js",
      "node nexus.js hook claude",
      "bin/nexus-hook claude",
      '"$(pwd)/bin/nexus-hook" claude',
      "a;/b/bin/nexus-hook claude",
      "`a`/bin/nexus-hook claude",
      "[ ! -x '/a/bin/nexus-hook' ] || exec '/b/bin/nexus-hook' claude",
      "[ ! -x '/a/bin/nexus-hook' ] || exec '/a/bin/nexus-hook' claude; say done",
      "[ ! -x '/a/bin/other' ] || exec '/a/bin/other' claude",
      `${sharedCommands.capture} extra`,
      ` ${commands.capture}`
    ]
    for (const command of theirs) expect([command, isNexusCommand(command)]).toEqual([command, false])
  })

  it("are recognised for any path", () => {
    const path = fc.string({
      unit: fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom("'", "\n", "$", "\\", "é", '"'))
    })
    fc.assert(
      fc.property(path, (folder) => Object.values(localCommands(`/${folder}/bin/nexus-hook`)).every(isNexusCommand))
    )
  })
})

describe("the commands in a real shell", () => {
  const names = [
    "plain",
    "two words",
    "it's 'quoted'",
    '"double"',
    "$HOME `id` $(id)",
    "line\nbreak",
    "é 日本 \\n",
    "-x ] || exec",
    "*?[a]!#;&|"
  ]
  const shells = ["sh", "bash"].filter((shell) => spawnSync(shell, ["-c", ":"]).status === 0)

  /** A folder whose `bin/nexus-hook` writes its arguments and stdin beside itself. */
  const withScript = (name: string, run: (home: string) => void) => {
    const temporary = mkdtempSync(join(tmpdir(), "nexus settings "))
    const home = join(temporary, name, "nexus")
    mkdirSync(join(home, "bin"), { recursive: true })
    const path = join(home, "bin", "nexus-hook")
    writeFileSync(path, "#!/bin/sh\nprintf '%s|' \"$@\"\ncat\n")
    chmodSync(path, 0o755)
    try {
      run(home)
    } finally {
      rmSync(temporary, { recursive: true })
    }
  }
  const run = (shell: string, command: string, env: Record<string, string> = {}) => {
    const inherited = { PATH: process.env["PATH"] ?? "", HOME: "/nowhere" }
    const { status, stdout, stderr } = spawnSync(shell, ["-c", command], {
      input: "event",
      env: { ...inherited, ...env }
    })
    return { status, stdout: String(stdout), stderr: String(stderr) }
  }
  const ran = (stdout: string) => ({ status: 0, stdout, stderr: "" })
  const cases = shells.flatMap((shell) => names.map((name) => [shell, name] as const))

  it.each(cases)("%s runs the script in a folder named %j, through the settings file", (shell, name) => {
    withScript(name, (home) => {
      const local = localCommands(join(home, "bin", "nexus-hook"))
      const { hooks } = value(installed('{\r\n\t"model": "opus"\r\n}', local).text)
      expect(run(shell, hooks["Setup"][0].hooks[0].command)).toEqual(ran("claude|event"))
      expect(run(shell, hooks["Stop"][0].hooks[0].command)).toEqual(ran("claude|ack|event"))
    })
  })

  it.each(cases)("%s finds the script of the shared command in a folder named %j", (shell, name) => {
    withScript(name, (home) => {
      expect(run(shell, sharedCommands.capture, { NEXUS_HOME: home })).toEqual(ran("claude|event"))
      expect(run(shell, sharedCommands.acknowledge, { XDG_DATA_HOME: dirname(home) })).toEqual(ran("claude|ack|event"))
    })
  })

  it.each(shells)("%s succeeds in silence where Nexus is not installed", (shell) => {
    const gone = localCommands("/nowhere/it's gone/bin/nexus-hook")
    for (const command of [...Object.values(gone), ...Object.values(sharedCommands)])
      expect(run(shell, command)).toEqual(ran(""))
  })

  it("looks in the default data directory", () => {
    withScript("home", (home) => {
      const data = join(dirname(home), ".local", "share", "nexus", "bin")
      mkdirSync(data, { recursive: true })
      writeFileSync(join(data, "nexus-hook"), readFileSync(join(home, "bin", "nexus-hook")), { mode: 0o755 })
      expect(run("sh", sharedCommands.capture, { HOME: dirname(home) })).toEqual(ran("claude|event"))
    })
  })
})
