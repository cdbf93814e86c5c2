/** Claude Code under enforcement, where it is installed (NEXUS_E2E_CLAUDE, or claude on PATH). */
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { json, jsonLines, newWorld, put, type World } from "../support/cli.ts"
import { claudeModel, runClaude } from "./clients/Claude.ts"
import { type ModelServer, serveModel } from "./model/ModelServer.ts"
import { inOrder, says, type Script } from "./model/Script.ts"
import { workersOf } from "./model/Workers.ts"

const { busy, forgetful, idle, shell, write } = workersOf("claude")

let world: World
let repository: string
let model: ModelServer

const nexus = (...args: ReadonlyArray<string>) => world.nexus(args, { cwd: repository })

const settings = JSON.stringify({ enforcer: { gates: [], limits: { cooldown: "0s" } } })

const begin = async () => {
  world = newWorld()
  repository = world.repository()
  put(join(repository, ".git/info/exclude"), ".claude/\n")
  json(await nexus("init", "--json", "--agent", "claude"))
  put(join(world.home, "config.jsonc"), settings)
  model = await serveModel()
}

const end = async () => {
  await model[Symbol.asyncDispose]()
  world[Symbol.dispose]()
}

const afterwards = async () => {
  const { items } = json(await nexus("task", "list", "--json"))
  for (const { id } of items) json(await nexus("task", "cancel", id, "--reason", "another scenario", "--json"))
  json(await nexus("boulder", "resume", "--json"))
  json(await nexus("boulder", "disarm", "--json"))
}

const arm = async (...titles: ReadonlyArray<string>) => {
  for (const title of titles) json(await nexus("task", "add", title, "--json"))
  json(await nexus("boulder", "arm", "--json"))
}

/** A conversation from its prompt to its end: what the client printed, what the model was asked, and what was decided. */
const converse = async (words: string, script: Script, env: Readonly<Record<string, string>> = {}) => {
  const following = model.follow(words, script)
  const before = json(await nexus("boulder", "history", "--json")).items.length as number
  const ran = await runClaude(world, repository, model, [words], env).ended
  const { items } = json(await nexus("boulder", "history", "--json"))
  const made = (items as ReadonlyArray<any>).slice(0, items.length - before).reverse()
  return { ...ran, following, decisions: made.map(({ verdict, rule }) => [verdict, rule]) }
}

const inbox = async (): Promise<ReadonlyArray<any>> => json(await nexus("inbox", "--json")).items

const continued = ["continue", "work is left"]

describe("Claude Code", () => {
  beforeAll(begin)
  afterEach(afterwards)
  afterAll(end)

  it("is recorded with its model and its files, and nothing in it is unknown", async () => {
    const script = inOrder(
      write(join(repository, "hello.txt"), "hello\n"),
      shell("printf 'from bash\\n' > second.txt"),
      says("Both files are there.")
    )
    expect(await converse("Make two files.", script)).toMatchObject({ exit: 0, stderr: "", decisions: [] })
    const edits = jsonLines(await nexus("events", "--json", "--type", "FileEdited"))
    expect(edits.map(({ payload }) => [payload.path, payload.operation, payload.model])).toEqual([
      ["hello.txt", "created", claudeModel],
      ["second.txt", "created", claudeModel]
    ])
    expect((await nexus("events", "--type", "HookUnrecognised", "--type", "CaptureDriftFound")).stdout).toBe("")
    expect(await nexus("verify")).toMatchObject({ exit: 0 })
    expect(model.strays.filter((stray) => !stray.startsWith("HEAD"))).toEqual([])
  })

  it("is held to two tasks until both are done", async () => {
    await arm("Write the first", "Write the second")
    const { exit, decisions } = await converse("Make the files of the tasks.", forgetful(repository))
    expect({ exit, decisions }).toEqual({ exit: 0, decisions: [continued, continued, ["allow", "work is done"]] })
    for (const task of ["T-1", "T-2"]) expect(existsSync(join(repository, `${task}.txt`))).toBe(true)
    expect(jsonLines(await nexus("events", "--json", "--type", "ContinuationConfirmed"))).toHaveLength(2)
  })

  it("is let go for a person when it only talks, before the client overrides anything", async () => {
    await arm("Write what it never writes")
    const { exit, decisions, stdout, stderr } = await converse("Only talk about it.", idle)
    expect({ exit, decisions }).toEqual({ exit: 0, decisions: [continued, continued, ["escalate", "no progress"]] })
    expect(stdout + stderr).not.toMatch(/overrid|block cap/i)
    expect(await inbox()).toHaveLength(1)
  })

  it("is let go for a person when nothing comes of its tools, though the client would go on", async () => {
    await arm("Write what it never writes either")
    const { decisions } = await converse("Call tools for nothing.", busy)
    expect(decisions).toEqual([continued, continued, ["escalate", "no progress"]])
  })

  it("is let go at once by .nexus/STOP, and by NEXUS_ENFORCER=off", async () => {
    await arm("Write it without a stop file")
    put(join(repository, ".nexus/STOP"), "")
    expect(await converse("Beside a stop file.", idle)).toMatchObject({ decisions: [["allow", "switched off"]] })
    rmSync(join(repository, ".nexus/STOP"))
    const off = await converse("Switched off.", idle, { NEXUS_ENFORCER: "off" })
    expect(off.following.asked).toHaveLength(1)
  })

  it("is let go where the configuration can't be read", async () => {
    await arm("Write it in a broken home")
    const config = join(world.home, "config.jsonc")
    put(config, "{ broken")
    const following = model.follow("In a broken home.", idle)
    const { exit, stderr } = await runClaude(world, repository, model, ["In a broken home."]).ended
    put(config, settings)
    expect({ exit, stderr, asked: following.asked.length }).toEqual({ exit: 0, stderr: "", asked: 1 })
  })

  it("may not commit past the project's hooks while it is held to its work", async () => {
    await arm("Commit it properly")
    const commit = "git -c user.name=a -c user.email=a@localhost commit --allow-empty --no-verify -m wip"
    const { following } = await converse("Commit it.", inOrder(shell(commit), says("Committed.")))
    const answers = following.asked[1]?.messages.filter(({ role }) => role === "tool").map(({ text }) => text)
    expect(answers?.join()).toContain("--no-verify")
    expect(world.git(repository, "log", "--format=%s")).not.toContain("wip")
  })
})
