/** Claude Code on a person's terminal, under enforcement: where it and tmux are installed (NEXUS_E2E_CLAUDE, NEXUS_E2E_TMUX). */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { json, jsonLines, put } from "../support/cli.ts"
import { openClaude } from "./clients/Claude.ts"
import { type Scene, sceneOf } from "./clients/Scene.ts"
import type { Screen } from "./clients/Screen.ts"
import { follow, type Story, type Told } from "./clients/Story.ts"
import { lastMatch, lastSaid, says, type Script } from "./model/Script.ts"
import { workersOf } from "./model/Workers.ts"

const { forgetful, shell } = workersOf("claude")

let scene: Scene<unknown>
let screen: Screen
let story: Story

beforeAll(async () => {
  scene = await sceneOf("claude", ".claude", () => {
    throw new Error("There is a screen.")
  })
  const statusline = join(import.meta.dirname, "../../integrations/claude-plugin/scripts/statusline")
  const settings = { statusLine: { type: "command", command: `sh "${statusline}"` } }
  put(join(scene.world.user, ".claude/settings.json"), JSON.stringify(settings))
})
afterAll(() => scene[Symbol.asyncDispose]())
beforeEach(async () => {
  story = follow(scene.world)
  screen = await openClaude(scene.world, scene.repository, scene.model)
  await screen.shows(/bypass permissions/)
})
afterEach(async () => {
  await screen[Symbol.asyncDispose]()
  await story[Symbol.asyncDispose]()
  await scene.clear()
})

const say = async (words: string) => {
  await screen.type(words)
  await screen.press("Enter")
}

const after = (earlier: Told | undefined) => (event: Told) => event["position"] > (earlier?.["position"] ?? 0)

const decided = (rule: string, earlier?: Told) =>
  story.told("StopDecided", (event) => event["payload"].rule === rule && after(earlier)(event))

/** The client says that nothing happens any more. */
const idle = (earlier?: Told) => story.told("NotificationShown", after(earlier))

const decisions = async (): Promise<ReadonlyArray<unknown>> =>
  jsonLines(await scene.nexus("events", "--json", "--type", "StopDecided")).map(({ payload }) => payload.rule)

const newTask = async (...words: ReadonlyArray<string>): Promise<string> =>
  json(await scene.nexus("task", "add", ...words, "--json")).items.at(-1).id

describe("a person at Claude Code's terminal", () => {
  it("who ends a turn is not spoken over until the next prompt, and sees in the status line how it stands", async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((done) => (release = done))
    const following = scene.model.follow("Take your time", ({ number }) =>
      number === 1 ? { ...says("Too late."), after: held } : says(`Answer ${number}.`)
    )
    await scene.arm("Wait for it")
    await say("Take your time")
    await following.request(1)
    await screen.press("Escape")
    // What was not begun to be answered is the person's to change.
    await screen.shows(/❯\sTake your time[^]*bypass permissions on \(shift\+tab to cycle\)\s*$/)
    release()
    expect(await decisions()).toEqual([])

    json(await scene.nexus("boulder", "pause", "--reason", "lunch", "--json"))
    await say(" and go on")
    const paused = await decided("paused")
    await screen.shows(/Paused by .*: lunch/)
    json(await scene.nexus("boulder", "resume", "--json"))
    await say("Now then")
    await decided("work is left", paused)
    const asked = await Promise.all([2, 3, 4].map(following.request))
    expect(asked.map((one) => lastSaid(one).includes("[nexus R-1"))).toEqual([false, false, true])
    await screen.shows(/R-1/)
  })

  it("who does what a task waited for wakes the conversation", async () => {
    const work = forgetful(scene.repository)
    const first = await newTask("Get", "the", "key")
    const second = await newTask("--after", first, "Use", "the", "key")
    const script: Script = (asked) => {
      const told = lastMatch(asked, /Begin it: (.+) task start (T-\d+)/)
      if (told?.found[2] !== first) return work(asked)
      const [, nexus] = told.found
      return told.steps === 0
        ? shell(`${nexus} task block ${first} --reason "the key is yours"`)
        : says("I need a key.")
    }
    const following = scene.model.follow("Open the door", script)
    json(await scene.nexus("boulder", "arm", "--json"))
    await say("Open the door")
    const waits = await decided("a person is needed")
    await idle(waits)
    const before = following.asked.length
    json(await scene.nexus("task", "done", first, "--json"))
    const woken = await decided("work is left", waits)
    expect(lastSaid(await following.request(before + 1))).toContain(`task start ${second}`)
    await decided("work is done", woken)
    expect(existsSync(join(scene.repository, `${second}.txt`))).toBe(true)
    const spoken = jsonLines(
      await scene.nexus("events", "--json", "--type", "PromptSubmitted", "--type", "ContinuationConfirmed")
    ).filter(after(waits))
    expect(spoken.map(({ type, payload }) => payload.by ?? type)).toContain("machine")
    expect(spoken.map(({ type }) => type)).toContain("ContinuationConfirmed")
  })
})
