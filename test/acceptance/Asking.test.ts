/** What can be asked of the record of a real session: how things stand, what was done, what is proved, how it came. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, jsonLines, lines, newWorld, type Ran, type World } from "../support/cli.ts"
import { playSession, repositoryAfter, repositoryBefore, sessionId } from "../support/session.ts"

let world: World
let project: string
const nexus = (...args: ReadonlyArray<string>): Promise<Ran> => world.nexus(args, { cwd: project })

beforeAll(async () => {
  world = newWorld()
  project = repositoryBefore(world)
  json(await nexus("init", "--json"))
  await playSession(world, project)
}, 120_000)

afterAll(() => world[Symbol.dispose]())

const id = `claude:${sessionId}`
const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex")
const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const keys = (value: object) => Object.keys(value)

const sessionKeys = "id,session,agent,model,project,state,cwd,started,active,counts,tokens".split(",")
const countKeys = ["prompts", "tools", "edits", "failures", "subagents", "stops"]
const fileKeys = ["session", "path", "project", "edits", "operation", "content", "first", "last"]
const storyKeys = ["position", "time", "actor", "session", "type", "line"]
const projectKeys = ["id", "name", "root", "remote", "paths", "hooks", "registered"]
const chainKeys = ["ok", "from", "to", "events", "destroyed", "blobs", "head", "finding"]
const projections = [
  "attribution",
  "boulders",
  "files_touched",
  "gates",
  "history",
  "projects",
  "sessions",
  "tasks",
  "timeline",
  "workspaces"
]

describe("nexus sessions and nexus session show", () => {
  const session = {
    id,
    session: sessionId,
    agent: "claude",
    model: "claude-opus-5-5",
    state: "ended",
    counts: { prompts: 1, tools: 13, edits: 6, failures: 1, subagents: 1, stops: 2 }
  }

  it("list the session with its model, state, counts and tokens", async () => {
    const document = json(await nexus("sessions", "--json"))
    expect(keys(document)).toEqual(["items"])
    expect(document.items).toHaveLength(1)
    const [item] = document.items
    expect(keys(item)).toEqual(sessionKeys)
    expect(keys(item.counts)).toEqual(countKeys)
    expect(keys(item.tokens)).toEqual(["input", "output", "cacheRead", "cacheWrite"])
    expect(item).toMatchObject({ ...session, cwd: project })
    expect(item.started).toMatch(iso)
    expect(item.active >= item.started).toBe(true)
    expect(item.tokens.output).toBe(outputTokens())
  })

  it("select by project, agent and whether it has ended", async () => {
    const count = async (...args: ReadonlyArray<string>) =>
      json(await nexus("sessions", "--json", ...args)).items.length as number
    expect(await count("--project", "project")).toBe(1)
    expect(await count("--project", project)).toBe(1)
    expect(await count("--agent", "claude")).toBe(1)
    expect(await count("--agent", "codex")).toBe(0)
    expect(await count("--active")).toBe(0)
  })

  it("show one, named by its id or by how it begins, with its files and its timeline", async () => {
    for (const name of [id, sessionId, sessionId.slice(0, 8)]) {
      const shown = json(await nexus("session", "show", name, "--json"))
      expect(keys(shown)).toEqual([...sessionKeys, "files", "timeline"])
      expect(shown).toMatchObject(session)
      for (const file of shown.files) expect(keys(file)).toEqual(fileKeys)
      for (const file of shown.files) expect(file.content).toBe(sha256(join(repositoryAfter, file.path)))
      expect(shown.files.map(({ path, edits }: any) => [path, edits])).toEqual([
        ["src/names.js", 1],
        ["src/greet.js", 2],
        ["src/index.js", 1],
        ["test/greet.test.js", 1],
        ["docs/greeting.md", 1]
      ])
      for (const line of shown.timeline) expect(keys(line)).toEqual(["position", "line"])
    }
  })

  it("read well without --json", async () => {
    const table = lines((await nexus("sessions")).stdout)
    expect(table).toHaveLength(2)
    expect(table[0]).toMatch(/^session +agent +model +project +state/)
    expect(table[1]).toMatch(/^d9eba1f9 +claude +claude-opus-5-5 +project +ended +1 +13 +6 +1 /)
    const shown = (await nexus("session", "show", sessionId)).stdout
    for (const expected of ["ended, claude-opus-5-5", "13 tools", "Files", "test/greet.test.js", "Timeline"])
      expect(shown).toContain(expected)
  })
})

describe("nexus status, verify and projections", () => {
  it("say how things stand here", async () => {
    const status = json(await nexus("status", "--json"))
    expect(keys(status).join()).toBe("version,home,device,checkout,project,log,projects,sessions,spool,degraded")
    expect(status).toMatchObject({
      home: world.home,
      checkout: project,
      projects: 1,
      sessions: { total: 1, active: [] },
      spool: { waiting: 0, rejected: 0 },
      degraded: []
    })
    expect(keys(status.project)).toEqual(projectKeys)
    expect(keys(status.log)).toEqual(["events", "head"])
    const told = (await nexus("status")).stdout
    expect(told).toContain("project with hooks of claude")
    expect(told).toContain(`${status.log.events} events of 1 sessions in 1 projects`)
    expect((await world.nexus(["status"], { cwd: world.user })).stdout).toContain("Not in a repository")
  })

  it("prove the chain, all of it or a part", async () => {
    const { events, head } = json(await nexus("status", "--json")).log
    const proof = json(await nexus("verify", "--json"))
    expect(keys(proof)).toEqual(chainKeys)
    expect(proof).toMatchObject({ ok: true, from: 1, to: events, events, destroyed: 0, head, finding: null })
    expect(json(await nexus("verify", "--from", "10", "--to", "12", "--json"))).toMatchObject({ ok: true, events: 3 })
    expect((await nexus("verify")).stdout).toContain(`${events} events hold together`)
  })

  it("list, rebuild and check every read model", async () => {
    const { events } = json(await nexus("status", "--json")).log
    const listed = json(await nexus("projections", "list", "--json"))
    expect(keys(listed)).toEqual(["items"])
    expect(listed.items.map(({ name }: any) => name).sort()).toEqual(projections)
    for (const item of listed.items) expect(item).toMatchObject({ position: events, faults: 0, current: true })
    const before = json(await nexus("sessions", "--json"))
    const rebuilt = json(await nexus("projections", "rebuild", "--json"))
    expect(rebuilt.items.map(({ name }: any) => name).sort()).toEqual(projections)
    for (const item of rebuilt.items) expect(item.rebuilt).toMatch(iso)
    expect(json(await nexus("sessions", "--json"))).toEqual(before)
    const checked = json(await nexus("projections", "check", "--json"))
    for (const item of checked.items) expect(keys(item)).toEqual(["name", "position", "same", "differences"])
    expect(checked.items.map(({ same }: any) => same)).toEqual(projections.map(() => true))
    expect(json(await nexus("projections", "check", "sessions", "--json")).items).toHaveLength(1)
    expect((await nexus("projections", "list")).stdout).toMatch(/^projection +version +position +state/)
  })

  it("find nothing to complain about", async () => {
    const { items } = json(await nexus("doctor", "--json"))
    for (const item of items) expect(keys(item)).toEqual(["check", "state", "detail", "fix"])
    expect(items.filter(({ state, check }: any) => state !== "ok" && check !== "disk")).toEqual([])
    expect(items.map(({ check }: any) => check)).toEqual(
      expect.arrayContaining(["node", "home", "log", "spool", "rejected payloads", "configuration", "hooks of claude"])
    )
  })
})

describe("nexus replay", () => {
  const replay = async (...args: ReadonlyArray<string>) => json(await nexus("replay", "--json", ...args))

  it("tells the story in order, and what every read model was at its end", async () => {
    const { events } = json(await nexus("status", "--json")).log
    const whole = await replay("--verify")
    expect(keys(whole)).toEqual(["until", "session", "workspace", "story", "state", "verification"])
    expect(whole.until).toBe(events)
    expect(whole.story.map(({ position }: any) => position)).toEqual(Array.from({ length: events }, (_, n) => n + 1))
    for (const line of whole.story) expect(keys(line)).toEqual(storyKeys)
    expect(keys(whole.state)).toEqual(["position", "projects", "sessions", "files"])
    expect(whole.state.sessions).toEqual(json(await nexus("sessions", "--json")).items)
    expect(keys(whole.verification)).toEqual(["ok", "chain", "projections", "decisions", "degraded"])
    expect(keys(whole.verification.chain)).toEqual(chainKeys)
    expect(whole.verification.ok).toBe(true)
    expect((await replay()).verification).toBe(null)
  })

  it("travels in time: the state as of a position counts exactly what had happened until then", async () => {
    const events = jsonLines(await nexus("events", "--json"))
    for (const until of [0, 2, 3, 14, 29, 33, events.length + 10]) {
      const { state, story } = await replay("--until", String(until))
      const past = events.slice(0, until)
      const count = (type: string) => past.filter((event) => event.type === type).length
      expect(story).toHaveLength(past.length)
      expect(state.position).toBe(past.length)
      expect(state.projects).toHaveLength(until === 0 ? 0 : 1)
      expect(state.sessions.map((one: any) => one.counts)).toEqual(
        until < 3
          ? []
          : [
              {
                prompts: count("PromptSubmitted"),
                tools: count("ToolCompleted") + count("ToolFailed"),
                edits: count("FileEdited"),
                failures: count("ToolFailed"),
                subagents: count("SubagentStarted"),
                stops: count("StopObserved")
              }
            ]
      )
      const last = new Map(
        past.filter(({ type }) => type === "FileEdited").map((one) => [one.payload.path, one.payload])
      )
      expect(new Map(state.files.map((one: any) => [one.path, one.content]))).toEqual(
        new Map([...last].map(([path, payload]) => [path, payload.after.hash ?? payload.after.blob]))
      )
    }
  })

  it("travels to a time of day just the same", async () => {
    const events = jsonLines(await nexus("events", "--json"))
    const { time } = events[30]
    const last = events.findLast((event) => event.time <= time).position
    expect((await replay("--at", time)).until).toBe(last)
    expect((await replay("--at", "1h")).story).toEqual([])
    expect((await replay("--at", "0s")).until).toBe(events.length)
  })

  it("tells one session alone", async () => {
    const { session, story } = await replay("--session", sessionId.slice(0, 8))
    expect(session).toBe(id)
    expect(new Set(story.map((line: any) => line.session))).toEqual(new Set([id]))
  })

  it("reads well without --json, at any speed, with the proof", async () => {
    const ran = await nexus("replay", "--speed", "1000", "--verify")
    expect(ran).toMatchObject({ exit: 0, stderr: "" })
    for (const expected of [
      "prompt: Add a greeting function with a test",
      "claude/claude-opus-5-5 Bash ✗ node --test — Exit code 1",
      "  claude/claude-sonnet-5-5 created docs/greeting.md",
      "State as of event",
      "events hold together",
      "✓ timeline is what the log gives"
    ])
      expect(ran.stdout).toContain(expected)
  })
})

/** As the client's transcript has it: the usage of each message once, though it stands on each of its lines. */
const outputTokens = (): number => {
  const transcript = lines(
    readFileSync(join(import.meta.dirname, "../../demo/claude/session/transcript.jsonl"), "utf8")
  ).map((line) => JSON.parse(line))
  const messages = new Map<string, number>(
    transcript
      .filter(({ type, message }) => type === "assistant" && message.usage !== undefined)
      .map(({ message }) => [message.id, message.usage.output_tokens])
  )
  return [...messages.values()].reduce((sum, one) => sum + one, 0)
}
