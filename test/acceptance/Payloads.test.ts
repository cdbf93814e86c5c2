/** Every kind of payload that a real client has sent, through the installed script; and kinds that nobody has seen yet. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { diagnosis, fixture, fixtures, json, jsonLines, newWorld, put, type Ran, type World } from "../support/cli.ts"
import { storedContents } from "../support/contents.ts"

const kinds = readdirSync(join(fixtures, "hooks/claude"))
  .map((name) => name.replace(/\.json$/, ""))
  // The status line is no hook.
  .filter((name) => name !== "statusline-stdin")
  .sort()

const shapes = readdirSync(join(fixtures, "claude/shapes")).sort()

const acknowledged = new Set(["Stop", "SubagentStop"])

/** Through the script, as init makes the client run it. */
const deliver = (
  world: World,
  payload: Record<string, unknown>,
  ack = acknowledged.has(String(payload["hook_event_name"]))
) =>
  world.run(join(world.home, "bin/nexus-hook"), ["claude", ...(ack ? ["ack"] : [])], { stdin: JSON.stringify(payload) })

const installed = async (): Promise<World> => {
  const world = newWorld()
  json(await world.nexus(["init", "--json"], { cwd: world.repository() }))
  return world
}

const silent: Ran = { exit: 0, stdout: "", stderr: "" }

describe("every kind of payload", () => {
  let world: World
  beforeAll(async () => {
    world = await installed()
    for (const kind of kinds) expect([kind, await deliver(world, fixture(`claude/${kind}`))]).toEqual([kind, silent])
  }, 120_000)
  afterAll(() => world[Symbol.dispose]())

  it("is recorded, and none is rejected", async () => {
    expect(json(await world.nexus(["status", "--json"])).spool).toEqual({ waiting: 0, rejected: 0 })
    expect(await diagnosis(world, "rejected payloads")).toMatchObject({ state: "ok" })
    const contents = await storedContents(world)
    const events = jsonLines(await world.nexus(["events", "--json"]))
    for (const kind of kinds) {
      const { session_id: session, hook_event_name: hook } = fixture(`claude/${kind}`)
      const found = events.some(({ correlation, payload }) => {
        const raw = contents.get(payload.raw)
        return (
          correlation === `claude:${session}` &&
          raw !== undefined &&
          JSON.parse(raw.toString()).hook_event_name === hook
        )
      })
      expect([kind, found]).toEqual([kind, true])
    }
  })

  it("is understood: nothing in it is unknown to this version", async () => {
    expect(await diagnosis(world, "agents' contracts")).toMatchObject({ state: "ok" })
  })

  it("belongs to a session with the client's own id, met midway where its beginning was not seen", async () => {
    const sessions = json(await world.nexus(["sessions", "--json"])).items
    expect(new Set(sessions.map(({ session }: any) => session))).toEqual(
      new Set(kinds.map((kind) => fixture(`claude/${kind}`)["session_id"]))
    )
    const started = jsonLines(await world.nexus(["events", "--type", "SessionStarted", "--json"]))
    expect(new Set(started.map(({ payload }) => payload.source))).toEqual(
      new Set(["observed", "startup", "resume", "compact"])
    )
  })

  it("leaves a record that holds together", async () => {
    expect(json(await world.nexus(["replay", "--verify", "--json"])).verification.ok).toBe(true)
  })
})

describe("every shape of a tool's answer", () => {
  it("is recorded without a complaint, and the record holds together", async () => {
    using world = await installed()
    for (const name of shapes) {
      const { default: recorded } = await import(join(fixtures, "claude/shapes", name), { with: { type: "json" } })
      expect([name, await deliver(world, recorded.payload ?? recorded, false)]).toEqual([name, silent])
    }
    expect(json(await world.nexus(["status", "--json"])).spool).toEqual({ waiting: 0, rejected: 0 })
    expect(await diagnosis(world, "agents' contracts")).toMatchObject({ state: "ok" })
    expect(json(await world.nexus(["replay", "--verify", "--json"])).verification.ok).toBe(true)
  }, 120_000)
})

describe("what this version does not know", () => {
  it("is kept raw, whole, and flagged by doctor: an event", async () => {
    using world = await installed()
    const unknown = { ...fixture("claude/Stop"), hook_event_name: "BrandNewEvent", novelty: { deep: ["a", 1, null] } }
    expect(await deliver(world, unknown)).toEqual(silent)
    const events = jsonLines(await world.nexus(["events", "--type", "HookUnrecognised", "--json"]))
    expect(events).toMatchObject([{ payload: { hook: "BrandNewEvent" } }])
    expect(JSON.parse(String((await storedContents(world)).get(events[0].payload.raw)))).toEqual(unknown)
    expect(await diagnosis(world, "agents' contracts")).toMatchObject({
      state: "warning",
      detail: "claude BrandNewEvent: unknown hook"
    })
  })

  it("is kept raw, whole, and flagged by doctor once: a field, a type", async () => {
    using world = await installed()
    const odd = { ...fixture("claude/Stop"), novelty: "from the future", stop_hook_active: "yes" }
    for (let times = 0; times < 3; times++) expect(await deliver(world, odd)).toEqual(silent)
    const events = jsonLines(await world.nexus(["events", "--json"]))
    const stops = events.filter(({ type }) => type === "StopObserved")
    expect(stops).toHaveLength(3)
    expect(JSON.parse(String((await storedContents(world)).get(stops[0].payload.raw)))).toEqual(odd)
    expect(events.filter(({ type }) => type === "CaptureDriftFound").map(({ payload }) => payload)).toMatchObject([
      { hook: "Stop", field: "novelty", problem: "unknown field" },
      { hook: "Stop", field: "stop_hook_active", problem: "unexpected type" }
    ])
    const { state, detail } = await diagnosis(world, "agents' contracts")
    expect(state).toBe("warning")
    expect(detail).toContain("Stop.novelty: unknown field")
    expect(detail).toContain("Stop.stop_hook_active: unexpected type")
    expect((await world.nexus(["doctor"])).stdout).toContain("! agents' contracts: ")
  })
})

describe("what must not be kept", () => {
  const prompt = "deploy with the key ghp_0123456789abcdefABCDEF0123456789abcd, and tell ada@example.org"
  const submitted = (session: string) => ({ ...fixture("claude/UserPromptSubmit"), session_id: session, prompt })
  const everything = async (world: World) =>
    (await world.nexus(["events", "--json"])).stdout +
    [...(await storedContents(world)).values()].map((content) => content.toString()).join("\n")

  it("is not: secrets and addresses in a prompt", async () => {
    using world = await installed()
    expect(await deliver(world, submitted("one"))).toEqual(silent)
    const kept = await everything(world)
    expect(kept).toContain("deploy with the key")
    expect(kept).not.toContain("ghp_0123456789")
    expect(kept).not.toContain("ada@example.org")
  })

  it("is not, if the user says so: what a person typed", async () => {
    using world = await installed()
    for (const [capture, words] of [
      ["hash", false],
      ["off", false],
      ["full", true]
    ] as const) {
      put(join(world.home, "config.jsonc"), `{ "capture": { "prompts": "${capture}" } } // as I like it\n`)
      expect(await deliver(world, submitted(capture))).toEqual(silent)
      const kept = await everything(world)
      expect([capture, kept.includes("deploy with the key")]).toEqual([capture, words])
    }
    const events = jsonLines(await world.nexus(["events", "--type", "PromptSubmitted", "--json"]))
    expect(events.map(({ payload }) => [payload.excerpt !== undefined, payload.content !== undefined])).toEqual([
      [false, true],
      [false, false],
      [true, true]
    ])
  })
})
