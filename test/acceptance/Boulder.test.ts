/** `nexus boulder` and `nexus inbox` as they are used: through the installed hooks, with bad input, from an agent's shell. */
import { readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { json, lines, newWorld, put, type Ran, type World } from "../support/cli.ts"

let world: World = newWorld()
let project = ""
beforeEach(() => {
  world[Symbol.dispose]()
  world = newWorld()
  project = world.repository()
  put(join(project, ".nexus/config.jsonc"), '{ "gates": { "commits": false, "documentation": false } }')
})
afterAll(() => world[Symbol.dispose]())

const nexus = (...args: ReadonlyArray<string>): Promise<Ran> => world.nexus(args, { cwd: project })
const shell = { CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: "601ddb06-1c5a-4f0e-9a43-2b6f3a1f8d11" }
const asAgent = (...args: ReadonlyArray<string>): Promise<Ran> => world.nexus(args, { cwd: project, env: shell })

/** A payload, as the client runs the hook of it. */
const hook = (payload: object, env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  world.run(join(world.home, "bin/nexus-hook"), ["claude", "ack"], {
    cwd: project,
    env,
    stdin: JSON.stringify({ session_id: shell.CLAUDE_CODE_SESSION_ID, cwd: project, ...payload })
  })
const stop = (env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  hook({ hook_event_name: "Stop", stop_hook_active: false, last_assistant_message: "I am done." }, env)

describe("an armed run", () => {
  it("answers the installed hook, says why, and ends with one thing in the inbox", async () => {
    await nexus("init", "--agent", "claude", "--yes")
    await nexus("task", "add", "Write", "the", "parser")
    const armed = json(await nexus("boulder", "arm", "--json"))
    expect(armed.runs).toMatchObject([{ run: "R-1", scope: { kind: "checkout", path: project }, status: "armed" }])
    const first = await stop()
    expect(first).toMatchObject({ exit: 0, stderr: "" })
    expect(Object.keys(JSON.parse(first.stdout))).toEqual(["hookSpecificOutput"])
    expect(first.stdout).toContain(`${join(world.home, "bin/nexus")} task start T-1`)
    await stop()
    await stop()
    const { items } = json(await nexus("inbox", "--json"))
    expect(items).toMatchObject([{ kind: "escalation", subject: "R-1" }])
    expect((await stop()).stdout).toBe("")
    const explained = json(await nexus("boulder", "explain", "--json"))
    put(join(project, "facts.json"), JSON.stringify(explained))
    expect((await nexus("boulder", "simulate", "facts.json")).exit).toBe(0)
    put(join(project, "facts.json"), JSON.stringify({ ...explained, verdict: "continue" }))
    expect((await nexus("boulder", "simulate", "facts.json")).exit).toBe(5)
    const { stdout } = await nexus("replay", "--verify")
    expect(stdout).toContain("4 decisions about stops come out of the recorded facts again")
  })

  it("says nothing with NEXUS_ENFORCER=off or a file .nexus/STOP, also when the log is broken", async () => {
    await nexus("init", "--agent", "claude", "--yes")
    await nexus("task", "add", "Write it")
    await nexus("boulder", "arm")
    expect(await stop({ NEXUS_ENFORCER: "off" })).toMatchObject({ exit: 0, stdout: "", stderr: "" })
    put(join(project, ".nexus/STOP"), "")
    expect(await stop()).toMatchObject({ exit: 0, stdout: "", stderr: "" })
    rmSync(join(project, ".nexus/STOP"))
    writeFileSync(join(world.home, "nexus.db"), "no database")
    const broken = await stop()
    expect(broken).toMatchObject({ exit: 0, stdout: "" })
    expect(lines(broken.stderr)).toHaveLength(1)
  })
})

describe("a log that somebody else holds", () => {
  it("holds no agent up for longer than ten seconds, and its payload waits", async () => {
    await nexus("init", "--agent", "claude", "--yes")
    await nexus("task", "add", "Write it")
    await nexus("boulder", "arm")
    const holder = new Sqlite(join(world.home, "nexus.db"))
    holder.exec("BEGIN IMMEDIATE")
    const started = performance.now()
    const held = await stop()
    const took = performance.now() - started
    holder.exec("ROLLBACK")
    holder.close()
    expect(held).toMatchObject({ exit: 0, stdout: "" })
    expect(held.stderr).toMatch(/^nexus: this hook event waits in the spool: the log took longer than 8 s\n$/)
    expect(took).toBeLessThan(20_000)
    expect(readdirSync(join(world.home, "spool/new"))).toHaveLength(1)
  })
})

describe("an agent", () => {
  it("that takes up a task in its own shell is held to it, and can't let itself go", async () => {
    await nexus("init", "--agent", "claude", "--yes")
    await nexus("task", "add", "Write it")
    await nexus("task", "add", "Not yet")
    expect((await asAgent("task", "start", "1")).exit).toBe(0)
    const { runs } = json(await nexus("boulder", "status", "--json"))
    expect(runs).toMatchObject([
      { scope: { kind: "session", session: `claude:${shell.CLAUDE_CODE_SESSION_ID}` }, tasks: { open: 1 } }
    ])
    expect((await stop()).stdout).toContain("T-1")
    for (const command of ["disarm", "reset", "resume"]) {
      const refused = await asAgent("boulder", command)
      expect(refused.exit).toBe(4)
      expect(refused.stderr).toContain("this is claude's shell")
    }
    expect((await asAgent("boulder", "arm", "--observe")).exit).toBe(4)
    expect((await asAgent("config", "set", "--user", "enforcer.mode", "off")).exit).toBe(4)
    expect((await asAgent("task", "cancel", "1", "--reason", "no")).exit).toBe(4)
    // It may say that it needs a person, and then stops.
    await asAgent("task", "block", "1", "--reason", "a key is missing")
    expect((await stop()).stdout).toContain("a key is missing")
  })

  it("carries out what a person types as a command of the client's, at that moment", async () => {
    await nexus("init", "--agent", "claude", "--yes")
    await nexus("boulder", "arm")
    await nexus("boulder", "pause")
    await hook({ hook_event_name: "UserPromptSubmit", prompt: "/nexus:resume", prompt_id: "p1" })
    await hook({ hook_event_name: "UserPromptExpansion", command_name: "nexus:resume", prompt_id: "p1" })
    expect(json(await asAgent("boulder", "resume", "--json")).paused).toBeNull()
    // Once something else has happened, it is the agent again.
    await nexus("boulder", "pause")
    await hook({ hook_event_name: "PreToolUse", tool_name: "Read", tool_input: {}, tool_use_id: "t1" })
    expect((await asAgent("boulder", "resume")).exit).toBe(4)
  })

  it("arms nothing where that is not wanted", async () => {
    await nexus("init", "--agent", "claude", "--yes")
    await nexus("config", "set", "enforcer.armOnStart", "false")
    await nexus("task", "add", "Write it")
    await asAgent("task", "start", "1")
    expect(json(await nexus("boulder", "status", "--json")).runs).toEqual([])
  })
})

describe("a person", () => {
  it("pauses for a time, for a reason, and is told of it until it is over", async () => {
    await nexus("task", "add", "Write it")
    await nexus("boulder", "arm", "--project")
    const paused = json(await nexus("boulder", "pause", "--for", "2h", "--reason", "lunch", "--json"))
    expect(paused.paused).toMatchObject({ reason: "lunch" })
    expect(Date.parse(paused.paused.until) - Date.parse(paused.paused.since)).toBeGreaterThan(7_190_000)
    expect(json(await nexus("inbox", "--json")).items).toMatchObject([{ kind: "pause" }])
    expect(json(await nexus("boulder", "resume", "--json")).paused).toBeNull()
  })

  it.each([
    [2, "--for", ["pause", "--for", "soon"]],
    [2, "exclude each other", ["arm", "--project", "--session", "claude:1"]],
    [3, "nexus sessions", ["arm", "--session", "nobody"]],
    [3, "nexus task list", ["arm", "--task", "T-9"]],
    [3, "There are none yet", ["arm", "--gate", "ci"]],
    [4, "There is no run", ["disarm", "R-9"]],
    [4, "There is no run", ["reset", "R-9"]],
    [3, "nexus boulder history", ["explain"]],
    [3, "nobody", ["history", "--session", "nobody"]],
    [2, "--limit", ["history", "--limit", "0"]],
    [3, "nexus boulder history", ["explain", "1"]],
    [3, "no-such-file", ["simulate", "no-such-file"]],
    [2, "is not JSON", ["simulate", "README.md"]],
    [2, "Did you mean", ["stauts"]]
  ])("is told what is wrong, code %i: %s", async (exit, words, args) => {
    const refused = await nexus("boulder", ...args)
    expect(refused).toMatchObject({ exit, stdout: "" })
    expect(refused.stderr).toContain(words)
    expect(lines(refused.stderr)).toHaveLength(1)
  })
})
