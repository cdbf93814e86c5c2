/** The main job: the hooks that init installs record a real session, event by event. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, jsonLines, lines, newWorld, type Ran, type World } from "../support/cli.ts"
import { storedContents } from "../support/contents.ts"
import {
  type Delivery,
  payloadNames,
  playSession,
  repositoryAfter,
  repositoryBefore,
  sessionId
} from "../support/session.ts"

let world: World
let project: string
let deliveries: ReadonlyArray<Delivery>
const nexus = (...args: ReadonlyArray<string>): Promise<Ran> => world.nexus(args, { cwd: project })

beforeAll(async () => {
  world = newWorld()
  project = repositoryBefore(world)
  json(await nexus("init", "--json"))
  deliveries = await playSession(world, project)
}, 120_000)

afterAll(() => world[Symbol.dispose]())

const id = `claude:${sessionId}`
const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex")
const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const hex = /^[0-9a-f]{64}$/
const keys = (value: object) => Object.keys(value)

describe("playing a recorded session through the installed hooks", () => {
  it("runs one command for each payload, and none fails or says anything", () => {
    expect(deliveries.map(({ name }) => name)).toEqual(payloadNames)
    expect(payloadNames).toHaveLength(46)
    for (const { name, ran } of deliveries) expect({ name, ...ran }).toEqual({ name, exit: 0, stdout: "", stderr: "" })
  })

  it("leaves the files as the agent left them", async () => {
    expect(
      (await world.run("diff", ["-r", "--exclude=.git", "--exclude=.claude", project, repositoryAfter])).stdout
    ).toBe("")
  })
})

describe("nexus events --json", () => {
  const all = async () => jsonLines(await nexus("events", "--json"))

  it("prints one object a line with exactly the documented fields", async () => {
    const events = await all()
    expect(events.length).toBeGreaterThan(46)
    for (const [index, event] of events.entries()) {
      expect(keys(event).join()).toBe(
        "position,id,stream,version,type,schema,time,project,actor,device,correlation,causation,payload,hash"
      )
      expect(event.position).toBe(index + 1)
      expect(event.time).toMatch(iso)
      expect(event.hash).toMatch(hex)
    }
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length)
    expect(new Set(events.map((event) => event.device)).size).toBe(1)
  })

  it("holds every tool call, prompt and stop of the session, in the order of delivery", async () => {
    const told: Readonly<Record<string, string>> = {
      SessionStart: "SessionStarted",
      SessionEnd: "SessionEnded",
      UserPromptSubmit: "PromptSubmitted",
      PreToolUse: "ToolStarted",
      PostToolUse: "ToolCompleted",
      PostToolUseFailure: "ToolFailed",
      PostToolBatch: "HookReceived",
      InstructionsLoaded: "HookReceived",
      SubagentStart: "SubagentStarted",
      SubagentStop: "SubagentStopped",
      Stop: "StopObserved"
    }
    const derived = new Set(["ModelSwitched", "FileEdited", "UsageReported"])
    const events = (await all()).filter(({ stream }) => stream === `session/${id}`)
    expect(events.map(({ type }) => type).filter((type) => !derived.has(type))).toEqual(
      payloadNames.map((name) => told[name.split(".")[1] ?? ""])
    )
    expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1))
    expect(new Set(events.map(({ correlation }) => correlation))).toEqual(new Set([id]))
  })

  it("tells each edit with its path, its content before and after, its model and the call that made it", async () => {
    const events = await all()
    const edits = events.filter(({ type }) => type === "FileEdited")
    expect(edits.map(({ payload }) => `${payload.operation} ${payload.path} by ${payload.tool}`)).toEqual([
      "modified src/names.js by Edit",
      "created src/greet.js by Write",
      "modified src/index.js by Edit",
      "created test/greet.test.js by Write",
      "modified src/greet.js by Bash",
      "created docs/greeting.md by Write"
    ])
    for (const { payload, causation } of edits) {
      const cause = events.find((event) => event.id === causation)
      expect(cause).toMatchObject({ type: "ToolCompleted", payload: { call: payload.call, tool: payload.tool } })
    }
    const last = new Map(edits.map(({ payload }) => [payload.path, payload.after.hash ?? payload.after.blob]))
    for (const [path, hash] of last) expect([path, hash]).toEqual([path, sha256(join(repositoryAfter, path))])
    expect(edits.filter(({ payload }) => payload.before === null).map(({ payload }) => payload.operation)).toEqual(
      Array.from({ length: 3 }, () => "created")
    )
    expect(edits[4].payload).toMatchObject({ evidence: "snapshot", before: edits[1].payload.after })
    expect(edits.map(({ actor }) => actor.model)).toEqual([
      ...Array.from({ length: 5 }, () => "claude-opus-5-5"),
      "claude-sonnet-5-5"
    ])
  })

  it("keeps secrets and e-mail addresses of the payloads to itself", async () => {
    expect((await nexus("events", "--json")).stdout).not.toContain("noreply@anthropic.com")
    for (const content of (await storedContents(world)).values()) {
      expect(content.toString()).not.toContain("noreply@anthropic.com")
    }
  })

  it("selects by stream, type, session, project, time and position", async () => {
    const events = await all()
    const some = async (...args: ReadonlyArray<string>) =>
      jsonLines(await nexus("events", "--json", ...args)).map(({ position }) => position)
    const where = (test: (event: any) => boolean) => events.filter(test).map(({ position }) => position)
    expect(await some("--stream", `session/${id}`)).toEqual(where(({ stream }) => stream === `session/${id}`))
    expect(await some("--type", "FileEdited", "--type", "StopObserved")).toEqual(
      where(({ type }) => type === "FileEdited" || type === "StopObserved")
    )
    expect(await some("--session", sessionId.slice(0, 6))).toEqual(where(({ correlation }) => correlation === id))
    expect(await some("--project", ".")).toEqual(where(() => true))
    expect(await some("--project", "project")).toEqual(where(() => true))
    expect(await some("--after", "50")).toEqual(where(({ position }) => position > 50))
    expect(await some("--limit", "3")).toEqual([1, 2, 3])
    expect(await some("--limit", "0")).toEqual([])
    expect(await some("--since", events[20].time)).toEqual(where(({ time }) => time >= events[20].time))
    expect(await some("--until", events[20].time)).toEqual(where(({ time }) => time <= events[20].time))
    expect(await some("--since", "1h")).toEqual(where(() => true))
    expect(await some("--until", "1d")).toEqual([])
  })

  it("reads well without --json: position, time, actor, type and a sentence", async () => {
    const ran = await nexus("events")
    expect(ran).toMatchObject({ exit: 0, stderr: "" })
    const told = lines(ran.stdout)
    expect(told).toHaveLength((await all()).length)
    for (const line of told) expect(line).toMatch(/^ *\d+ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ [A-Z]\w+ \S/)
    expect(ran.stdout).toMatch(/FileEdited created src\/greet\.js \(∅ → [0-9a-f]{8}\)/)
  })
})
