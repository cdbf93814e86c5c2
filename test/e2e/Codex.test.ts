/** Codex under enforcement, where it is installed (NEXUS_E2E_CODEX, or codex on PATH). */
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { jsonLines, put } from "../support/cli.ts"
import { codexModel, type CodexOptions, runCodex, scriptingModel } from "./clients/Codex.ts"
import { type Scene, sceneOf } from "./clients/Scene.ts"
import { call, inOrder, says } from "./model/Script.ts"
import { workersOf } from "./model/Workers.ts"

const { forgetful, idle, restless, shell, write } = workersOf("codex")
const continued = ["continue", "work is left"]

let scene: Scene<CodexOptions>

const edits = async () =>
  jsonLines(await scene.nexus("events", "--json", "--type", "FileEdited")).map(({ payload }) => [
    payload.path,
    payload.operation,
    payload.model
  ])

describe("Codex", () => {
  beforeAll(async () => {
    scene = await sceneOf("codex", ".codex", runCodex)
  })
  afterEach(() => scene.clear())
  afterAll(() => scene[Symbol.asyncDispose]())

  it("runs no hook that nobody has reviewed, and Nexus says so", async () => {
    const { exit, stops } = await scene.converse("Say a word.", inOrder(says("A word.")), { reviewed: false })
    expect({ exit, stops }).toEqual({ exit: 0, stops: [] })
    expect((await scene.nexus("doctor")).stdout).toContain("told Nexus nothing: its hooks did not run")
  })

  it("is recorded with its model and its files", async () => {
    const script = inOrder(
      write(join(scene.repository, "hello.txt"), "hello\n"),
      shell("printf 'from bash\\n' > second.txt"),
      says("Both files are there.")
    )
    expect(await scene.converse("Make two files.", script)).toMatchObject({ exit: 0, stops: ["StopObserved"] })
    expect(await edits()).toEqual([
      ["hello.txt", "created", codexModel],
      ["second.txt", "created", codexModel]
    ])
    expect(scene.model.strays).toEqual([])
  })

  it("is recorded call by call where its model writes scripts of calls", async () => {
    const lines = [
      `await tools.exec_command({ cmd: "echo one > scripted-1.txt" })`,
      `await tools.apply_patch("*** Begin Patch\\n*** Add File: scripted-2.txt\\n+two\\n*** End Patch")`
    ]
    const script = inOrder(call("exec", { input: lines.join("\n") }), says("Both are there."))
    const { exit, following } = await scene.converse("Script two files.", script, { model: scriptingModel })
    expect({ exit, asked: following.asked.length }).toEqual({ exit: 0, asked: 2 })
    expect((await edits()).slice(-2)).toEqual([
      ["scripted-1.txt", "created", scriptingModel],
      ["scripted-2.txt", "created", scriptingModel]
    ])
  })

  it("is not warned of Nexus' hooks by the client", async () => {
    const { stderr } = await scene.converse("Say another word.", inOrder(says("Another.")))
    expect(stderr).not.toMatch(/clamping|invalid|failed/i)
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
      ["T-1", "codex"],
      ["T-2", "codex"]
    ])
  })

  it("is let go for a person at the limit of a run, though the client would go on for ever", async () => {
    scene.configure({ perRun: 4 })
    await scene.arm("Write what is never finished")
    const { exit, decisions } = await scene.converse("Go on and on.", restless(scene.repository))
    expect({ exit, decisions }).toEqual({
      exit: 0,
      decisions: [continued, continued, continued, continued, ["escalate", "limit reached"]]
    })
    expect(await scene.inbox()).toHaveLength(1)
  })

  it("is let go for a person when it only talks", async () => {
    await scene.arm("Write what it never writes")
    const { exit, decisions } = await scene.converse("Only talk about it.", idle)
    expect({ exit, decisions }).toEqual({ exit: 0, decisions: [continued, continued, ["escalate", "no progress"]] })
    expect(await scene.inbox()).toHaveLength(1)
  })

  it("is let go at once by .nexus/STOP, and by NEXUS_ENFORCER=off", async () => {
    await scene.arm("Write it without a stop file")
    put(join(scene.repository, ".nexus/STOP"), "")
    expect(await scene.converse("Beside a stop file.", idle)).toMatchObject({ decisions: [["allow", "switched off"]] })
    rmSync(join(scene.repository, ".nexus/STOP"))
    const off = await scene.converse("Switched off.", idle, { env: { NEXUS_ENFORCER: "off" } })
    expect(off.following.asked).toHaveLength(1)
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
