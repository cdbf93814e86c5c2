/** What the editor shows of what the real program prints. */
import { chmodSync, existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask, askJson, programIn } from "../../integrations/cursor-extension/src/Cli.ts"
import { attributionOf } from "../../integrations/cursor-extension/src/model/Attribution.ts"
import { barOf, choicesOf, unavailable } from "../../integrations/cursor-extension/src/model/Boulder.ts"
import { treeOf } from "../../integrations/cursor-extension/src/model/Tasks.ts"
import { paced } from "../../integrations/cursor-extension/src/Pace.ts"
import { json, newWorld, put, type World } from "../support/cli.ts"

let world: World
let project = ""
beforeAll(() => {
  world = newWorld()
  project = world.repository()
  const gates = { ci: { command: "true" }, commits: false, documentation: false }
  put(join(project, ".nexus/config.jsonc"), JSON.stringify({ gates }))
})
afterAll(() => world[Symbol.dispose]())

const nexus = async (...args: ReadonlyArray<string>) => json(await world.nexus([...args, "--json"], { cwd: project }))
const boulder = async () => barOf(await nexus("boulder", "status"))

describe("the tree of tasks", () => {
  it("has what is to be done as it comes, what is blocked and why, and what is over", async () => {
    for (const title of ["Write the parser", "Test it", "Document it", "Publish it", "Draw a logo"])
      await nexus("task", "add", title)
    await nexus("task", "add", "Announce it", "--after", "T-4", "--priority", "90", "--gate", "ci")
    await nexus("task", "add", "First of all", "--priority", "80")
    await nexus("task", "done", "1")
    await nexus("task", "start", "2")
    await nexus("task", "block", "3", "--reason", "The names are not decided")
    await nexus("task", "cancel", "5", "--reason", "Not now")
    const tree = treeOf(await nexus("task", "list", "--all"))
    expect(
      tree.flatMap(({ label, isOpen, children }) => [
        `${label} ${isOpen}`,
        ...children.map((one) => `  ${one.label} (${one.description}) ${one.icon}`)
      ])
    ).toEqual([
      "To do true",
      "  Test it (T-2) play-circle",
      "  First of all (T-7) circle-large-outline",
      "  Publish it (T-4) circle-large-outline",
      "  Announce it (T-6 · after T-4) circle-large-outline",
      "Blocked true",
      "  Document it (T-3 · The names are not decided) error",
      "Done false",
      "  Write the parser (T-1) pass",
      "  Draw a logo (T-5 · Not now) circle-slash"
    ])
    expect(tree[0]?.children[3]?.tooltip).toEqual(["T-6: open, priority 90", "after T-4", "Gates: ci"])
  })

  it("is empty for what is no list of tasks", () => {
    for (const value of [undefined, null, 3, "x", [], { items: 3 }, { items: [null, 3, {}] }])
      expect(treeOf(value)).toEqual([])
  })
})

describe("the status bar", () => {
  it("tells how the boulder stands: nothing armed, armed, observed, paused, switched off", async () => {
    expect(await boulder()).toMatchObject({ text: "$(circle-large-outline) nexus $(inbox) 1", isPaused: false })
    await nexus("boulder", "arm")
    const armed = await boulder()
    expect(armed.text).toBe("$(circle-large-filled) nexus: 4 open, 0/25 $(inbox) 1")
    expect(armed.tooltip).toEqual([
      expect.stringMatching(/^R-1 armed for .*, 0\/25 continuations$/),
      "Tasks: 4 open, 1 blocked, 1 done",
      "Next: T-2 Test it",
      "Gates: ci not run",
      "1 thing waits for a person: nexus inbox"
    ])
    await nexus("gate", "run")
    expect((await boulder()).tooltip).toContain("Gates: ci passed")
    expect(choicesOf(armed).map(({ command }) => command)).toEqual([
      "nexus.pause",
      "nexus.explain",
      "nexus.tasks.focus"
    ])
    await nexus("boulder", "pause", "--reason", "I take over")
    const paused = await boulder()
    expect(paused.text).toContain("$(debug-pause) nexus: paused")
    expect(paused.tooltip[0]).toMatch(/^Paused by .*: I take over$/)
    expect(choicesOf(paused).map(({ command }) => command)).toContain("nexus.resume")
    await nexus("boulder", "resume")
    await nexus("boulder", "disarm")
    await nexus("boulder", "arm", "--observe")
    expect((await boulder()).text).toMatch(/^\$\(eye\) nexus: 4 open/)
    put(join(project, ".nexus/STOP"), "")
    const off = await boulder()
    expect(off.text).toContain("$(circle-slash) nexus: off")
    expect(off.tooltip[0]).toBe("Switched off (stop file): every agent is let go.")
  })

  it("asks for a person where a run was escalated, and counts what waits", () => {
    const run = { run: "R-1", scope: { kind: "session", session: "claude:1" }, mode: "enforce", status: "escalated" }
    const bar = barOf({ paused: null, off: null, runs: [run], inbox: 2 })
    expect(bar).toMatchObject({ text: "$(bell) nexus: waits for you $(inbox) 2", isUrgent: true })
    expect(bar.tooltip.at(-1)).toBe("2 things wait for a person: nexus inbox")
    expect(choicesOf(bar).map(({ command }) => command)).toContain("nexus.resume")
  })

  it("shows what it can of an answer that is none", () => {
    for (const value of [undefined, null, 3, [], { runs: [null], paused: 3 }])
      expect(barOf(value).text).toMatch(/nexus/)
    expect(unavailable("Why").text).toBe("$(circle-slash) nexus: not available")
  })
})

describe("the attribution of a file", () => {
  it("has stretches of lines, and of each who wrote it, where and how well that is proved", async () => {
    const cwd = world.repository("attributed")
    const record = { agent: "my-tool", session: "s1", model: "anthropic/claude-opus-4-5", cwd }
    const edits = [
      {
        path: "README.md",
        before: "# A project\n",
        after: "# A project\nconst a = 1\nconst b = compute(alpha, beta, gamma)\n"
      }
    ]
    put(join(cwd, "README.md"), "# A project\nconst a = 1\nconst b = compute(alpha, beta, gamma)\n")
    json(await world.nexus(["record", "--json"], { cwd, stdin: JSON.stringify({ ...record, edits }) }))
    put(join(cwd, "README.md"), "# A project\nconst a = 1\nconst b = compute(alpha, beta, mine)\nmine\n")
    const { stretches, hover } = attributionOf(
      json(await world.nexus(["trace", "blame", "README.md", "--json"], { cwd }))
    )
    expect(stretches.map(({ kind, start, end }) => `${kind} ${start}-${end}`)).toEqual([
      // Whether its commit came before the record began, a second can't tell.
      expect.stringMatching(/^(?:unknown|human) 0-0$/),
      "ai 1-1",
      "mixed 2-2",
      "human 3-3"
    ])
    expect(hover(1)).toEqual([
      "AI: anthropic/claude-opus-4-5",
      "Conversation my-tool:s1",
      expect.stringMatching(/^Event \d+$/),
      "Evidence: direct",
      "In no commit yet"
    ])
    expect(hover(2)).toEqual(expect.arrayContaining([expect.stringMatching(/^Columns 1–\d+: AI: anthropic/)]))
    expect(hover(0).at(-1)).toMatch(/^Commit [0-9a-f]{10} by test$/)
    expect(hover(4)).toEqual([])
  })

  it("says why a line is unknown, and what else is noted of it", () => {
    const line = { line: 1, contributor: { type: "unknown" }, evidence: null, reason: "blind-call", commit: null }
    expect(attributionOf({ lines: [line] }).hover(0)).toEqual([
      "Unknown",
      "Reason: an agent's command ran here, and nobody looked at which files it changed",
      "In no commit yet"
    ])
    const noted = {
      line: 1,
      contributor: { type: "human" },
      transformedBy: { event: 7, commit: null, tool: "gofmt" },
      movedBy: { event: null, commit: "0123456789abcdef", contributor: "human", from: "a.ts" },
      similarTo: 3
    }
    expect(attributionOf({ lines: [noted] }).hover(0)).toEqual([
      "Human",
      "Formatted by gofmt, event 7",
      "Moved from a.ts by commit 0123456789",
      "An AI had written the same text before: event 3",
      "In no commit yet"
    ])
  })

  it("is empty for what is no answer", () => {
    for (const value of [undefined, [], { lines: null }]) expect(attributionOf(value).stretches).toEqual([])
  })
})

describe("the nexus program", () => {
  const program = (name: string, script: string): string => {
    const file = join(world.root, name)
    put(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
    return file
  }

  it("is the one that is configured, else the first on the PATH, else the launcher in the home", () => {
    const onPath = program("bin/nexus", "true")
    const launcher = program("share/nexus/bin/nexus", "true")
    const PATH = `${join(world.root, "nothing")}:${join(world.root, "bin")}:relative`
    expect(programIn("/my/nexus", { PATH })).toBe("/my/nexus")
    expect(programIn("~/nexus", { PATH })).toBe(join(homedir(), "nexus"))
    expect(programIn("", { PATH, NEXUS_HOME: join(world.root, "share/nexus") })).toBe(onPath)
    expect(programIn("", { PATH: "", NEXUS_HOME: join(world.root, "share/nexus") })).toBe(launcher)
    expect(programIn("", { PATH: "", XDG_DATA_HOME: join(world.root, "share") })).toBe(launcher)
    expect(programIn("", { PATH: "", NEXUS_HOME: project })).toBeUndefined()
  })

  it("gets its arguments as they are, without a shell", async () => {
    const echo = program("echo", `printf '%s\\n' "$@"`)
    const hostile = `$(touch ${world.root}/made); 'a" & b`
    expect(await ask(echo, [hostile], world.root)).toEqual({ ok: true, printed: `${hostile}\n` })
    expect(existsSync(join(world.root, "made"))).toBe(false)
  })

  it("is not waited for longer than a while, also when what it started lives on", async () => {
    const slow = program("slow", "sleep 60 &\nwait")
    const answer = await ask(slow, [], world.root, 100)
    expect(answer).toEqual({ ok: false, reason: "Nexus did not answer in time." })
  })

  it("may be missing, refuse, or be another program: there is a reason, and no failure", async () => {
    const reason = async (file: string | undefined) => {
      const answer = await askJson(file, ["task", "list"], world.root)
      return answer.ok ? "" : answer.reason
    }
    expect(await reason(undefined)).toContain("nexus.path")
    expect(await reason(join(world.root, "nothing"))).toContain("ENOENT")
    expect(await reason(program("other", "echo hello"))).toContain("no JSON")
    const real = program("real", `NEXUS_HOME='${world.home}' exec '${process.execPath}' dist/nexus.js "$@"`)
    expect(await reason(program("refuses", "echo 'nexus: no.' >&2; exit 3"))).toBe("nexus: no.")
    expect(await reason(real)).not.toBe("")
  })
})

describe("a pace", () => {
  it("does a piece of work never twice at once, however often it is asked for", async () => {
    let running = 0
    let most = 0
    let times = 0
    const pace = paced(async () => {
      running += 1
      times += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
    }, 0)
    await Promise.all(Array.from({ length: 10 }, () => pace.now()))
    expect(most).toBe(1)
    expect(times).toBeLessThanOrEqual(10)
    pace.dispose()
    await pace.now()
    expect(running).toBe(0)
  })
})
