/** Gemini CLI under enforcement, where it is installed (NEXUS_E2E_GEMINI, or gemini on PATH). */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { jsonLines } from "../support/cli.ts"
import { type GeminiOptions, runGemini } from "./clients/Gemini.ts"
import { type Scene, sceneOf } from "./clients/Scene.ts"
import { inOrder, says } from "./model/Script.ts"
import { workersOf } from "./model/Workers.ts"

const { forgetful, idle, shell, write } = workersOf("gemini")
const continued = ["continue", "work is left"]

let scene: Scene<GeminiOptions>

describe("Gemini CLI", () => {
  beforeAll(async () => {
    scene = await sceneOf("gemini", ".gemini", runGemini)
  })
  afterEach(() => scene.clear())
  afterAll(() => scene[Symbol.asyncDispose]())

  it("runs no hook of a folder that nobody trusts, and Nexus says so", async () => {
    const { stops } = await scene.converse("Say a word.", inOrder(says("A word.")), { trusted: false })
    expect(stops).toEqual([])
    expect((await scene.nexus("doctor")).stdout).toContain("have delivered nothing yet")
  })

  it("is recorded with its files", async () => {
    const script = inOrder(
      write(join(scene.repository, "hello.txt"), "hello\n"),
      shell("printf 'from bash\\n' > second.txt"),
      says("Both files are there.")
    )
    expect(await scene.converse("Make two files.", script)).toMatchObject({ exit: 0, stops: ["StopObserved"] })
    const edits = jsonLines(await scene.nexus("events", "--json", "--type", "FileEdited"))
    expect(edits.map(({ payload, actor }) => [payload.path, payload.operation, actor.name])).toEqual([
      ["hello.txt", "created", "gemini"],
      ["second.txt", "created", "gemini"]
    ])
    expect(scene.model.strays).toEqual([])
  })

  it("is held to two tasks until both are done", async () => {
    await scene.arm("Write the first", "Write the second")
    const { exit, stops } = await scene.converse("Make the files of the tasks.", forgetful(scene.repository))
    const wentOn = ["StopObserved", "StopDecided continue", "ContinuationConfirmed"]
    expect({ exit, stops }).toEqual({
      exit: 0,
      stops: [...wentOn, ...wentOn, "StopObserved", "StopDecided allow"]
    })
    for (const task of ["T-1", "T-2"]) expect(existsSync(join(scene.repository, `${task}.txt`))).toBe(true)
    const done = jsonLines(await scene.nexus("events", "--json", "--type", "TaskCompleted"))
    expect(done.map(({ payload, actor }) => [payload.task, actor.name])).toEqual([
      ["T-1", "gemini"],
      ["T-2", "gemini"]
    ])
  })

  it("is let go for a person when it only talks", async () => {
    await scene.arm("Write what it never writes")
    const { exit, decisions } = await scene.converse("Only talk about it.", idle)
    expect({ exit, decisions }).toEqual({ exit: 0, decisions: [continued, continued, ["escalate", "no progress"]] })
    expect(await scene.inbox()).toHaveLength(1)
  })

  it("may not commit past the project's hooks while it is held to its work", async () => {
    await scene.arm("Commit it properly")
    const commit = "git -c user.name=a -c user.email=a@localhost commit --allow-empty --no-verify -m wip"
    const { following } = await scene.converse("Commit it.", inOrder(shell(commit), says("Committed.")))
    const answers = following.asked[1]?.messages.filter(({ role }) => role === "tool").map(({ text }) => text)
    expect(answers?.join()).toContain("--no-verify")
    expect(scene.world.git(scene.repository, "log", "--format=%s")).not.toContain("wip")
  })

  it("told nothing unknown in all of that, and every decision is made again as it was", async () => {
    expect((await scene.nexus("events", "--type", "HookUnrecognised", "--type", "CaptureDriftFound")).stdout).toBe("")
    expect(await scene.nexus("verify")).toMatchObject({ exit: 0 })
    expect(await scene.nexus("replay", "--verify")).toMatchObject({ exit: 0 })
  })
})
