/** What clients say and keep themselves, by which it shows whether they run the hooks that are installed. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import Sqlite from "better-sqlite3"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { ClaudeAgent } from "../../../src/adapters/agents/claude/ClaudeAgent.ts"
import { CodexAgent } from "../../../src/adapters/agents/codex/CodexAgent.ts"
import { OpenCodeAgent } from "../../../src/adapters/agents/opencode/OpenCodeAgent.ts"
import type { ClientPlace, InstallableAgent } from "../../../src/app/ports/Agent.ts"
import { scratch } from "../../support/log.ts"

let folder: ReturnType<typeof scratch>
let place: ClientPlace
beforeEach(() => {
  folder = scratch()
  const read = (path: string) => {
    // Settings of this machine's organization are none of the test's.
    if (!path.startsWith(folder.path)) return undefined
    try {
      return readFileSync(path, "utf8")
    } catch {
      return undefined
    }
  }
  place = { checkout: join(folder.path, "a.project"), home: join(folder.path, "home"), env: {}, read }
})
afterEach(() => folder[Symbol.dispose]())

const put = (path: string, text: string): string => {
  const file = join(folder.path, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}
const silenced = (agent: InstallableAgent) => agent.settings.silenced?.(place)
const last = (agent: InstallableAgent, since: string) => agent.lastConversation?.(place, Date.parse(since))

const id = "601ddb06-1c5a-4f0e-9a43-2b6f3a1f8d11"
const began = "2026-11-20T10:00:00.000Z"
const before = "2026-11-20T09:00:00.000Z"
const later = "2026-11-20T11:00:00.000Z"

describe("Claude Code", () => {
  it("runs no hooks where the layer that has the last word says so", () => {
    expect(silenced(ClaudeAgent)).toBeUndefined()
    const user = put("home/.claude/settings.json", '{ "disableAllHooks": true } // all of them')
    expect(silenced(ClaudeAgent)).toBe(`all hooks are switched off, by disableAllHooks in ${user}`)
    put("a.project/.claude/settings.json", '{ "disableAllHooks": false }')
    expect(silenced(ClaudeAgent)).toBeUndefined()
    const local = put("a.project/.claude/settings.local.json", '{ "disableAllHooks": true }')
    expect(silenced(ClaudeAgent)).toContain(local)
    put("a.project/.claude/settings.local.json", "{ broken")
    expect(silenced(ClaudeAgent)).toBeUndefined()
  })

  it("keeps its conversations by the folder that they began in", () => {
    expect(last(ClaudeAgent, before)).toBeUndefined()
    const named = place.checkout.replaceAll(/[/._]/g, "-")
    put(`home/.claude/projects/${named}/${id}.jsonl`, `{"type":"summary"}\n{"timestamp":"${began}"}\n`)
    put(`home/.claude/projects/${named}/agent-1.jsonl`, `{"timestamp":"${later}"}\n`)
    expect(last(ClaudeAgent, before)).toEqual({ session: `claude:${id}`, began: Date.parse(began) })
    expect(last(ClaudeAgent, later)).toBeUndefined()
  })
})

describe("Codex", () => {
  it("runs no hooks where they are switched off, or the folder is not trusted", () => {
    const config = (text: string) => put("home/.codex/config.toml", text)
    const file = config("[features]\nhooks = false\n")
    expect(silenced(CodexAgent)).toBe(`hooks are switched off, by features.hooks in ${file}`)
    config(`[projects."${place.checkout}"]\ntrust_level = "untrusted"\n`)
    expect(silenced(CodexAgent)).toContain("is not trusted")
    for (const text of ["[features]\nhooks = true\n", "broken ["]) {
      config(text)
      expect(silenced(CodexAgent)).toBeUndefined()
    }
  })

  it("keeps its conversations by their day, each with the folder that it was in", () => {
    const rollout = (name: string, cwd: string) =>
      put(
        `home/.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-${name}.jsonl`,
        `${JSON.stringify({ timestamp: began, type: "session_meta", payload: { id: name, cwd } })}\n{}\n`
      )
    rollout("another", "/elsewhere")
    rollout("empty", "")
    expect(last(CodexAgent, before)).toBeUndefined()
    rollout(id, place.checkout)
    expect(last(CodexAgent, before)).toEqual({ session: `codex:${id}`, began: Date.parse(began) })
    expect(last(CodexAgent, later)).toBeUndefined()
  })
})

describe("OpenCode", () => {
  it("loads no plugins where the environment says so", () => {
    expect(silenced(OpenCodeAgent)).toBeUndefined()
    place = { ...place, env: { OPENCODE_PURE: "1" } }
    expect(silenced(OpenCodeAgent)).toContain("OPENCODE_PURE")
  })

  it("keeps its conversations in a database, with those of subagents", () => {
    expect(last(OpenCodeAgent, before)).toBeUndefined()
    const file = put("home/.local/share/opencode/opencode.db", "")
    const database = new Sqlite(file)
    database.exec("CREATE TABLE session (id, parent_id, directory, time_created, time_updated)")
    const insert = database.prepare("INSERT INTO session VALUES (?, ?, ?, ?, ?)")
    const time = Date.parse(began)
    insert.run("ses_child", "ses_1", place.checkout, time, time + 3)
    insert.run("ses_other", null, "/elsewhere", time, time + 2)
    insert.run("ses_1", null, place.checkout, time, time + 1)
    database.close()
    expect(last(OpenCodeAgent, before)).toEqual({ session: "opencode:ses_1", began: time })
    expect(last(OpenCodeAgent, later)).toBeUndefined()
    writeFileSync(file, "no database")
    expect(last(OpenCodeAgent, before)).toBeUndefined()
  })
})
