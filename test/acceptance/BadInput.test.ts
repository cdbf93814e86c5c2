/** Payloads that nobody should send: the agent goes on, nothing is lost that could be kept, and doctor says the truth. */
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ClaudeAgent } from "../../src/adapters/agents/claude/ClaudeAgent.ts"
import { diagnosis, fixture, isRoot, json, jsonLines, lines, newWorld, type Ran, type World } from "../support/cli.ts"
import { storedContents } from "../support/contents.ts"
import { payloadNames, payloadText, repositoryBefore, sessionId } from "../support/session.ts"

/** The ways in which a payload gets here. The script with "ack" answers only after the commit; alone, it only keeps it. */
const ways = ["script", "script with ack", "nexus hook"] as const

type Send = (world: World, stdin: string | Buffer, cwd?: string) => Promise<Ran>

const sending =
  (way: (typeof ways)[number]): Send =>
  (world, stdin, cwd = world.root) =>
    way === "nexus hook"
      ? world.nexus(["hook", "claude"], { stdin, cwd })
      : world.run(join(world.home, "bin/nexus-hook"), way === "script" ? ["claude"] : ["claude", "ack"], { stdin, cwd })

const installed = async (world: World): Promise<string> => {
  const project = world.repository()
  json(await world.nexus(["init", "--json"], { cwd: project }))
  return project
}

/** What an agent needs of a hook, whatever happens. */
const undisturbed = (ran: Ran) => {
  expect(ran).toMatchObject({ exit: 0, stdout: "" })
  expect(lines(ran.stderr).length).toBeLessThanOrEqual(1)
  expect(ran.stderr).toMatch(/^(?:nexus: [^\n]+\n)?$/)
}

const holdsTogether = async (world: World) => {
  expect(json(await world.nexus(["verify", "--json"])).ok).toBe(true)
  expect((await world.nexus(["projections", "check"])).exit).toBe(0)
}

const broken: Readonly<Record<string, readonly [content: string | Buffer, reason: string]>> = {
  "empty input": ["", "it is empty"],
  "half a JSON": [JSON.stringify(fixture("claude/Stop")).slice(0, 100), "it is not JSON"],
  "two JSON documents": ["{}{}", "it is not JSON"],
  "JSON that is no object": ["[1, 2]", "not an object"],
  "binary bytes": [Buffer.from(Array.from({ length: 512 }, (_, n) => n % 256)), "it is not UTF-8 text"],
  zeros: [Buffer.alloc(1000), "it is not JSON"],
  "an object of something else": ['{"hello": "world"}', "hook_event_name"],
  "a session id that is none": [JSON.stringify(fixture("claude/Stop", { session_id: "../../etc" })), "session_id"],
  "a session id of another type": [JSON.stringify(fixture("claude/Stop", { session_id: 7 })), "session_id"],
  "an event name that is none": [
    JSON.stringify(fixture("claude/Stop", { hook_event_name: "a b\n" })),
    "hook_event_name"
  ],
  "a payload of the status line": [JSON.stringify({ session_id: "a", cwd: "/", model: { id: "m" } }), "hook_event_name"]
}

describe.each(ways)("a broken payload, through %s", (way) => {
  const send = sending(way)
  it("never disturbs the agent, is set aside with the reason, and blocks nothing", async () => {
    using world = newWorld()
    const project = await installed(world)
    for (const [content] of Object.values(broken)) undisturbed(await send(world, content))
    undisturbed(await send(world, JSON.stringify(fixture("claude/Stop", { cwd: project }))))
    const events = jsonLines(await world.nexus(["events", "--session", fixture("claude/Stop")["session_id"], "--json"]))
    expect(events.map(({ type }) => type)).toEqual(["SessionStarted", "StopObserved"])
    expect(json(await world.nexus(["status", "--json"])).spool).toEqual({
      waiting: 0,
      rejected: Object.keys(broken).length
    })
    expect(await diagnosis(world, "rejected payloads")).toMatchObject({ state: "warning" })
    // Nothing is lost: each is kept as it came, beside why it was set aside.
    const rejected = join(world.home, "spool/rejected")
    const kept = readdirSync(rejected).filter((name) => !name.endsWith(".reason"))
    for (const [content, reason] of Object.values(broken)) {
      const match = kept.filter(
        (name) =>
          readFileSync(join(rejected, name)).equals(Buffer.from(content)) &&
          readFileSync(join(rejected, `${name}.reason`), "utf8").includes(reason)
      )
      expect([reason, match.length]).toEqual([reason, 1])
    }
    await holdsTogether(world)
  })
})

describe("an agent of an unknown name", () => {
  it("is set aside, with one line and exit 0", async () => {
    using world = newWorld()
    await installed(world)
    const stdin = JSON.stringify(fixture("claude/Stop"))
    undisturbed(await world.nexus(["hook", "cluade"], { stdin }))
    undisturbed(await world.run(join(world.home, "bin/nexus-hook"), ["copilot", "ack"], { stdin }))
    expect(json(await world.nexus(["status", "--json"])).spool).toEqual({ waiting: 0, rejected: 2 })
    expect((await diagnosis(world, "rejected payloads")).detail).toContain("there is no agent named")
    await holdsTogether(world)
  })

  it("cannot lead out of the spool", async () => {
    using world = newWorld()
    await installed(world)
    for (const name of ["../../escape", "a/b", "", " ", "--help me", "ä"]) {
      const ran = await world.nexus(["hook", name], { stdin: "{}" })
      expect([name, ran.exit, ran.stdout]).toEqual([name, 0, ""])
      expect(ran.stderr).toMatch(/^nexus: [^\n]+\n$/)
    }
    expect(existsSync(join(world.home, "spool/escape"))).toBe(false)
    expect(existsSync(join(world.home, "escape"))).toBe(false)
  })
})

describe.each(ways)("20 MB of JSON, through %s", (way) => {
  it("are recorded, with the hash of the content", async () => {
    using world = newWorld()
    const project = await installed(world)
    const content = Array.from({ length: 20 * 16_384 }, (_, n) => `line ${n} ${"x".repeat(52)}\n`).join("")
    expect(content.length).toBeGreaterThan(20_000_000)
    const payload = fixture("claude/PostToolUse.Write", { cwd: project })
    payload["tool_input"] = { file_path: join(project, "big.txt"), content }
    payload["tool_response"] = {
      ...payload["tool_response"],
      type: "create",
      filePath: join(project, "big.txt"),
      content
    }
    undisturbed(await sending(way)(world, JSON.stringify(payload)))
    const edits = jsonLines(await world.nexus(["events", "--type", "FileEdited", "--json"]))
    expect(edits.map(({ payload: { path, after } }) => [path, after.bytes])).toEqual([["big.txt", content.length]])
    expect(json(await world.nexus(["status", "--json"])).spool).toEqual({ waiting: 0, rejected: 0 })
    await holdsTogether(world)
  }, 120_000)
})

describe("a payload larger than any client sends", () => {
  it("is set aside, and later ones are recorded", async () => {
    using world = newWorld()
    await installed(world)
    undisturbed(await sending("script")(world, `{"x": "${"y".repeat(70 * 1024 * 1024)}"}`))
    undisturbed(await sending("script")(world, JSON.stringify(fixture("claude/Stop"))))
    expect(json(await world.nexus(["sessions", "--json"])).items).toHaveLength(1)
    expect((await diagnosis(world, "rejected payloads")).detail).toContain("bytes are more than")
  }, 120_000)
})

describe("many at once, again, and in disorder", () => {
  it("24 hooks at once: each is recorded once", async () => {
    using world = newWorld()
    const project = await installed(world)
    const payloads = Array.from({ length: 24 }, (_, n) =>
      fixture("claude/PostToolUse.Write", { cwd: project, session_id: `session-${n % 3}`, tool_use_id: `toolu_${n}` })
    )
    const sent = payloads.map((payload, n) => sending(ways[n % 3] ?? "script")(world, JSON.stringify(payload), project))
    for (const ran of await Promise.all(sent)) expect(ran).toEqual({ exit: 0, stdout: "", stderr: "" })
    const events = jsonLines(await world.nexus(["events", "--json"]))
    expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1))
    const calls = events.filter(({ type }) => type === "ToolCompleted").map(({ payload }) => payload.call as string)
    expect([...calls].sort()).toEqual(payloads.map((payload) => String(payload["tool_use_id"])).sort())
    expect(json(await world.nexus(["sessions", "--json"])).items.map(({ counts }: any) => counts.tools)).toEqual([
      8, 8, 8
    ])
    expect(json(await world.nexus(["status", "--json"])).spool).toEqual({ waiting: 0, rejected: 0 })
    await holdsTogether(world)
  }, 120_000)

  it("the same payload twice: what has an id of its own is recorded once", async () => {
    using world = newWorld()
    const project = await installed(world)
    for (const way of [...ways, ...ways]) {
      for (const kind of ["PreToolUse.Bash", "PostToolUse.Write", "UserPromptSubmit"]) {
        const ran = await sending(way)(world, JSON.stringify(fixture(`claude/${kind}`, { cwd: project })))
        expect(ran).toEqual({ exit: 0, stdout: "", stderr: "" })
      }
    }
    const types = jsonLines(await world.nexus(["events", "--json"])).map(({ type }) => type)
    for (const type of ["ToolStarted", "ToolCompleted", "PromptSubmitted", "FileEdited"])
      expect([type, types.filter((one) => one === type).length]).toEqual([type, 1])
    expect(json(await world.nexus(["status", "--json"])).spool).toEqual({ waiting: 0, rejected: 0 })
    await holdsTogether(world)
  })

  it("the same id with another content: the first stays, the other is set aside", async () => {
    using world = newWorld()
    await installed(world)
    const send = sending("nexus hook")
    undisturbed(await send(world, JSON.stringify(fixture("claude/UserPromptSubmit", { prompt: "the first" }))))
    undisturbed(await send(world, JSON.stringify(fixture("claude/UserPromptSubmit", { prompt: "the second" }))))
    const prompts = jsonLines(await world.nexus(["events", "--type", "PromptSubmitted", "--json"]))
    expect(prompts.map(({ payload }) => payload.excerpt)).toEqual(["the first"])
    expect((await diagnosis(world, "rejected payloads")).detail).toContain("differs")
  })

  it("a whole session backwards: everything is recorded, in one session", async () => {
    using world = newWorld()
    const project = repositoryBefore(world)
    json(await world.nexus(["init", "--json"], { cwd: project }))
    for (const name of [...payloadNames].reverse())
      expect(await sending("script")(world, payloadText(name, project, world.user))).toMatchObject({
        exit: 0,
        stderr: ""
      })
    const { items } = json(await world.nexus(["sessions", "--json"]))
    expect(items).toMatchObject([
      { session: sessionId, counts: { prompts: 1, tools: 13, edits: 6, failures: 1, stops: 2 } }
    ])
    expect(json(await world.nexus(["status", "--json"])).spool).toEqual({ waiting: 0, rejected: 0 })
    await holdsTogether(world)
  })
})

describe("names with spaces, quotes, line breaks and letters of all kinds", () => {
  const odd = "a b'c\"d\ne $HOME `x` ünï/λ 文件"

  it("are those of the repository and of the home, and everything works", async () => {
    using world = newWorld({ home: `home of ${odd}` })
    const project = world.repository(odd)
    const report = json(await world.nexus(["init", "--json"], { cwd: project }))
    expect(report).toMatchObject({ checkout: project, home: world.home, name: "λ 文件" })
    const settings = readFileSync(join(project, ".claude/settings.local.json"), "utf8")
    const file = join(project, "src", `ñ 'x' "y".txt`)
    for (const kind of ["SessionStart.startup", "UserPromptSubmit", "PostToolUse.Write", "Stop"]) {
      const payload = fixture(`claude/${kind}`, { cwd: project })
      if (kind === "PostToolUse.Write") {
        payload["tool_input"].file_path = file
        payload["tool_response"].filePath = file
      }
      const commands = ClaudeAgent.settings.commandsFor(settings, payload)
      expect(commands).toHaveLength(1)
      for (const command of commands) {
        const ran = await world.sh(command, { cwd: project, stdin: JSON.stringify(payload) })
        expect(ran).toEqual({ exit: 0, stdout: "", stderr: "" })
      }
    }
    const events = jsonLines(await world.nexus(["events", "--json"]))
    expect(events.filter(({ project: id }) => id === report.project)).toHaveLength(events.length)
    expect(events.find(({ type }) => type === "FileEdited").payload.path).toBe(`src/ñ 'x' "y".txt`)
    // A name must not draw on the reader's terminal: one event, one line.
    for (const command of [["events"], ["replay"], ["session", "show", events.at(-1).correlation], ["sessions"]])
      expect((await world.nexus(command)).exit).toBe(0)
    expect(lines((await world.nexus(["events"])).stdout)).toHaveLength(events.length)
    expect(await diagnosis(world, "hooks of claude", { cwd: project })).toMatchObject({ state: "ok" })
    expect(await diagnosis(world, "hook script", { cwd: project })).toMatchObject({ state: "ok" })
    await holdsTogether(world)
    expect((await world.nexus(["uninstall"], { cwd: project })).exit).toBe(0)
    expect(existsSync(join(project, ".claude"))).toBe(false)
  })
})

describe("folders that cannot be written", () => {
  it("a home folder without a cache: everything works, only slower", async () => {
    using world = newWorld()
    const project = world.repository()
    const env = { HOME: "/dev/null", XDG_CACHE_HOME: "/dev/null/cache", XDG_CONFIG_HOME: "/dev/null/config" }
    const ran = await world.nexus(["init"], { cwd: project, env })
    expect(ran.exit).toBe(0)
    const hook = await world.nexus(["hook", "claude"], { env, stdin: JSON.stringify(fixture("claude/Stop")) })
    expect(hook).toEqual({ exit: 0, stdout: "", stderr: "" })
    expect(await world.nexus(["verify"], { env })).toMatchObject({ exit: 0, stderr: "" })
  })

  it("a home of the log that is a file: hooks say so in one line and the agent goes on", async () => {
    using world = newWorld()
    const env = { NEXUS_HOME: "/dev/null" }
    const ran = await world.nexus(["hook", "claude"], { env, stdin: JSON.stringify(fixture("claude/Stop")) })
    undisturbed(ran)
    expect(ran.stderr).toContain("/dev/null")
  })

  it("a read-only spool: hooks say so in one line and the agent goes on", async () => {
    using world = newWorld()
    await installed(world)
    const folders = ["spool/tmp", "spool/new", "spool"].map((name) => join(world.home, name))
    // Root may write anywhere, so for root the way is barred by what is in the way.
    const script = join(world.home, "bin/nexus-hook")
    const bar = isRoot
      ? "mv spool spool.away && touch spool"
      : folders.map((folder) => `chmod 500 '${folder}'`).join(" && ")
    expect((await world.sh(bar, { cwd: world.home })).exit).toBe(0)
    for (const args of [["claude"], ["claude", "ack"]]) {
      const ran = await world.run(script, args, { stdin: JSON.stringify(fixture("claude/Stop")) })
      undisturbed(ran)
      expect(ran.stderr).toContain("could not be kept")
    }
    if (!isRoot) for (const folder of [...folders].reverse()) chmodSync(folder, 0o700)
  })

  it("a damaged log: the payload waits in the spool, and is recorded once the log is restored", async () => {
    using world = newWorld()
    await installed(world)
    json(await world.nexus(["backup", "copy.db", "--json"]))
    expect((await world.sh("echo rubbish > nexus.db", { cwd: world.home })).exit).toBe(0)
    for (const way of ways) undisturbed(await sending(way)(world, JSON.stringify(fixture("claude/Stop"))))
    expect(readdirSync(join(world.home, "spool/new"))).toHaveLength(3)
    json(await world.nexus(["restore", "copy.db", "--json"]))
    expect(jsonLines(await world.nexus(["events", "--type", "StopObserved", "--json"]))).toHaveLength(3)
    expect([...(await storedContents(world)).keys()].length).toBeGreaterThan(0)
    await holdsTogether(world)
  })
})
