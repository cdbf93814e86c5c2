/** OpenCode under enforcement: what a person arms holds the conversation to its tasks, and lets it go where it should. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { json, jsonLines, put } from "../support/cli.ts"
import { openCodeStage, type Stage } from "./clients/Stage.ts"
import type { Told } from "./clients/Story.ts"
import { followOpenCode, runOpenCode } from "./clients/OpenCode.ts"
import { call, fails, inOrder, lastMatch, lastSaid, says, type Script } from "./model/Script.ts"
import { workersOf } from "./model/Workers.ts"

const { busy, forgetful, idle, shell, write } = workersOf("opencode")

let stage: Stage

beforeAll(async () => {
  stage = await openCodeStage()
})
afterAll(() => stage[Symbol.asyncDispose]())
// Each scenario has its own run.
afterEach(async () => {
  const { items } = json(await stage.nexus("task", "list", "--json"))
  for (const { id } of items) json(await stage.nexus("task", "cancel", id, "--reason", "another scenario", "--json"))
  json(await stage.nexus("boulder", "resume", "--json"))
  json(await stage.nexus("boulder", "disarm", "--json"))
})

/** A conversation that is held to new tasks with these titles. */
const armed = async (words: string, script: Script, ...titles: ReadonlyArray<string>) => {
  const { client, model, nexus } = stage
  const following = model.follow(words, script)
  const session = await client.session()
  const tasks: Array<string> = []
  for (const title of titles) {
    const { items } = json(await nexus("task", "add", title, "--json"))
    tasks.push(items.at(-1).id as string)
  }
  const only = tasks.flatMap((task) => ["--task", task])
  json(await nexus("boulder", "arm", "--json", "--session", `opencode:${session}`, ...only))
  return { session, tasks, following, words, begin: () => client.prompt(session, words) }
}

/** The decisions about a conversation so far, in their order. */
const decisions = async (session: string): Promise<ReadonlyArray<readonly [verdict: string, rule: string]>> => {
  const { items } = json(await stage.nexus("boulder", "history", "--json", "--session", `opencode:${session}`))
  return items.map(({ verdict, rule }: any) => [verdict, rule]).reverse()
}

const decided = (session: string, rule: string, after?: Told) =>
  stage.told(session, "StopDecided", ({ payload }) => payload.rule === rule, after)

const inbox = async (): Promise<ReadonlyArray<any>> => json(await stage.nexus("inbox", "--json")).items

const spoken = async (session: string): Promise<ReadonlyArray<string>> =>
  (await stage.eventsOf(session, "PromptSubmitted")).map(({ payload }) => payload.by)

const continued = ["continue", "work is left"] as const

describe("an agent that thinks it is done", () => {
  it("is told what is left until it is, and then let go", async () => {
    const words = "Make the two files of the tasks."
    const run = await armed(words, forgetful(stage.repository), "Write the first", "Write the second")
    await run.begin()
    await decided(run.session, "work is done")
    expect(await decisions(run.session)).toEqual([continued, continued, ["allow", "work is done"]])
    for (const task of run.tasks) expect(existsSync(stage.path(`${task}.txt`))).toBe(true)
    expect(await spoken(run.session)).toEqual(["human", "machine", "machine"])
    expect(await stage.eventsOf(run.session, "ContinuationConfirmed")).toHaveLength(2)
    const { stdout } = await stage.nexus("replay", "--session", `opencode:${run.session}`)
    expect(stdout).toContain("work is left")
    expect(stdout).toContain("work is done")
    expect(await inbox()).toEqual([])
  })
})

describe("an agent that gets nowhere", () => {
  it("is let go for a person when it only talks", async () => {
    const run = await armed("Only talk about it.", idle, "Write what it never writes")
    await run.begin()
    await decided(run.session, "no progress")
    expect(await decisions(run.session)).toEqual([continued, continued, ["escalate", "no progress"]])
    expect(run.following.asked).toHaveLength(3)
    expect(await inbox()).toMatchObject([{ kind: "escalation", session: `opencode:${run.session}` }])
  })

  it("is let go for a person when nothing comes of what it calls", async () => {
    const run = await armed("Call tools for nothing.", busy, "Write what it never writes either")
    await run.begin()
    await decided(run.session, "no progress")
    expect(await decisions(run.session)).toEqual([continued, continued, ["escalate", "no progress"]])
    expect(await inbox()).toHaveLength(1)
  })
})

describe("a person", () => {
  it("who ends a turn is not spoken over, though the client is idle twice", async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((done) => (release = done))
    const run = await armed("Take your time.", () => ({ ...says("At last."), after: held }), "Wait for it")
    await run.begin()
    await run.following.request(1)
    await stage.client.abort(run.session)
    await decided(run.session, "a person acts")
    release()
    await stage.client.prompt(run.session, "Go on, please.")
    await decided(run.session, "work is left")
    expect((await decisions(run.session)).slice(0, 2)).toEqual([["allow", "a person acts"], continued])
    expect((await spoken(run.session)).slice(0, 2)).toEqual(["human", "human"])
  })

  it("who pauses is obeyed until it is resumed, whatever is said meanwhile", async () => {
    const run = await armed("Work through a pause.", forgetful(stage.repository), "Write it after the pause")
    json(await stage.nexus("boulder", "pause", "--reason", "lunch", "--json"))
    await run.begin()
    const first = await decided(run.session, "paused")
    await stage.client.prompt(run.session, "And now?")
    // It was told of the pause: that is not decided again.
    await stage.told(run.session, "StopObserved", () => true, first)
    json(await stage.nexus("boulder", "resume", "--json"))
    await stage.client.prompt(run.session, "Now then.")
    await decided(run.session, "work is done")
    const made = (await decisions(run.session)).map(([, rule]) => rule)
    expect(made).toEqual(["paused", "work is left", "work is done"])
  })

  it("who puts .nexus/STOP there ends it at once", async () => {
    const run = await armed("Work beside a stop file.", forgetful(stage.repository), "Write it without a stop file")
    put(stage.path(".nexus/STOP"), "")
    await run.begin()
    await decided(run.session, "switched off")
    expect(await spoken(run.session)).toEqual(["human"])
    rmSync(stage.path(".nexus/STOP"))
  })

  it("who speaks while a continuation waits is not spoken over", async () => {
    stage.configure({ cooldown: "1h" })
    const run = await armed("Wait an hour between.", (asked) => says(`To: ${lastSaid(asked)}`), "Write it in an hour")
    await run.begin()
    const first = await decided(run.session, "work is left")
    await stage.client.prompt(run.session, "Never mind that hour.")
    await decided(run.session, "work is left", first)
    expect(await spoken(run.session)).toEqual(["human", "human"])
    stage.configure({})
  })
})

describe("what else may stand in the way", () => {
  it("is the model's service, which is not spoken to while it is tried again", async () => {
    const script = inOrder({ fails: { status: 429, message: "slow down", retryAfter: 1 } }, says("Tried again."))
    const run = await armed("Be limited first.", script, "Write it, limits or not")
    await run.begin()
    await decided(run.session, "no progress")
    expect(run.following.asked.map((asked) => lastSaid(asked).startsWith("[nexus"))).toEqual([false, false, true, true])
  })

  it("is a request that the service refuses: a person is told, and nobody goes on", async () => {
    const run = await armed("Be refused.", () => fails(400, "bad request"), "Write it, refused or not")
    await run.begin()
    await decided(run.session, "service failed")
    expect(await decisions(run.session)).toEqual([["escalate", "service failed"]])
    expect(await inbox()).toHaveLength(1)
    expect(run.following.asked).toHaveLength(1)
  })

  it("is no subagent that stops: only the conversation itself is held to the work", async () => {
    stage.model.follow("Look into it for me.", () => says("I looked."))
    const task = { description: "Look", prompt: "Look into it for me.", subagent_type: "general" }
    const work = forgetful(stage.repository)
    const run = await armed(
      "Delegate it first.",
      (asked) => (asked.number === 1 ? call("task", task) : work(asked)),
      "Write it after a look"
    )
    await run.begin()
    await decided(run.session, "work is done")
    expect(await decisions(run.session)).toEqual([continued, ["allow", "work is done"]])
    expect(await stage.eventsOf(run.session, "SubagentStopped")).toHaveLength(1)
    expect(await spoken(run.session)).toEqual(["human", "machine", "machine"])
  })

  it("is a process that ends with its turn: the continuation is recorded as lost", async () => {
    stage.configure({ confirmWithin: "0s" })
    stage.model.follow("Do it in one go.", () => says("Done in one go."))
    json(await stage.nexus("task", "add", "Write what takes two goes", "--json"))
    json(await stage.nexus("boulder", "arm", "--json"))
    const { exit, stderr } = await runOpenCode(stage.world, stage.repository, stage.model, "Do it in one go.").ended
    expect({ exit, stderr }).toMatchObject({ exit: 0, stderr: expect.not.stringContaining("nexus") })
    const { correlation } = await stage.story.told("PromptSubmitted", (event) =>
      event["payload"].excerpt?.includes("Do it in one go.")
    )
    // The client does not wait for what it started.
    await stage.story.told("StopDecided", (event) => event["correlation"] === correlation)
    const { items } = json(await stage.nexus("boulder", "history", "--json", "--limit", "1"))
    expect(items).toMatchObject([{ verdict: "continue", rule: "work is left", confirmed: false }])
    stage.configure({})
  })
})

describe("a process that ends with its turn, and is followed", () => {
  const follow = (words: string, env: Readonly<Record<string, string>> = {}) =>
    followOpenCode(stage.world, stage.repository, stage.model, words, { env }).ended

  /** What was recorded of the conversation that began with these words: decisions by their rule, the rest by their type. */
  const story = async (words: string): Promise<ReadonlyArray<string>> => {
    const { correlation } = await stage.story.told("PromptSubmitted", (event) =>
      event["payload"].excerpt?.includes(words)
    )
    const all = jsonLines(await stage.nexus("events", "--json", "--session", correlation as string))
    return all
      .filter(({ type }) => /^(?:StopDecided|Continuation)/.test(type))
      .map(({ type, payload }) => payload.rule ?? type)
  }

  it("is started again until the work is done, one turn at a time", async () => {
    const words = "Do it in several goes."
    const following = stage.model.follow(words, forgetful(stage.repository))
    for (const title of ["Write the one", "Write the other"]) json(await stage.nexus("task", "add", title, "--json"))
    json(await stage.nexus("boulder", "arm", "--json"))
    const { exit, stderr } = await follow(words)
    expect({ exit, stderr }).toMatchObject({ exit: 0, stderr: expect.stringContaining("goes on in opencode:ses_") })
    const once = ["work is left", "ContinuationRelaunched", "ContinuationConfirmed"]
    expect(await story(words)).toEqual([...once, ...once, "work is done"])
    // Each continuation was said once.
    const said = following.asked.map(lastSaid).filter((text) => text.startsWith("[nexus"))
    expect(new Set(said).size).toBe(2)
    expect(following.asked).toHaveLength(1 + 4 + 4)
  })

  it("is left alone by a pause that came while it worked", async () => {
    const words = "Do it beside a pause."
    const following = stage.model.follow(words, forgetful(stage.repository))
    json(await stage.nexus("task", "add", "Write it after lunch", "--json"))
    json(await stage.nexus("boulder", "arm", "--json"))
    json(await stage.nexus("boulder", "pause", "--json"))
    expect(await follow(words)).toMatchObject({ exit: 0 })
    expect(await story(words)).toEqual(["paused"])
    expect(following.asked).toHaveLength(1)
  })

  it("is only started where the enforcer is switched off", async () => {
    const words = "Do it without being followed."
    const following = stage.model.follow(words, forgetful(stage.repository))
    json(await stage.nexus("task", "add", "Write it, or not", "--json"))
    json(await stage.nexus("boulder", "arm", "--json"))
    expect(await follow(words, { NEXUS_ENFORCER: "off" })).toMatchObject({ exit: 0 })
    expect(following.asked).toHaveLength(1)
  })
})

describe("a process without plugins", () => {
  it("is noticed: its conversation is not in the log, until one that is comes after it", async () => {
    const hooks = async () =>
      json(await stage.nexus("doctor", "--json")).items.find(({ check }: any) => check === "hooks of opencode")
    for (const [words, args] of [
      ["Work unseen.", ["--pure"]],
      ["Work seen.", []]
    ] as const) {
      stage.model.follow(words, () => says("Done."))
      expect(await runOpenCode(stage.world, stage.repository, stage.model, words, { args }).ended).toMatchObject({
        exit: 0
      })
      if (args.length === 0)
        await stage.story.told("PromptSubmitted", (event) => event["payload"].excerpt?.includes(words))
      const isSeen = args.length === 0
      const unseen = { state: "warning", detail: expect.stringContaining("told Nexus nothing") }
      expect(await hooks()).toMatchObject(
        isSeen ? { state: "ok" } : { ...unseen, fix: expect.stringContaining("--pure") }
      )
      const armed = await stage.nexus("boulder", "arm")
      expect(armed.stderr.includes("opencode will not be held")).toBe(!isSeen)
    }
  })
})

describe("a check", () => {
  it("that is red keeps the work going until it is green", async () => {
    put(stage.path(".nexus/config.jsonc"), JSON.stringify({ gates: { greeting: { command: "cat greeting.txt" } } }))
    const script: Script = (asked) => {
      const told = lastMatch(asked, /: (\S+) gate run greeting/)
      if (told === undefined) return says("All is well.")
      const steps = [shell("echo hello > greeting.txt"), shell(`${told.found[1]} gate run greeting`)]
      return steps[told.steps] ?? says("Green.")
    }
    const following = stage.model.follow("Greet somebody.", script)
    const session = await stage.client.session()
    json(await stage.nexus("boulder", "arm", "--json", "--session", `opencode:${session}`, "--gate", "greeting"))
    await stage.client.prompt(session, "Greet somebody.")
    await decided(session, "work is done")
    expect(await decisions(session)).toEqual([continued, ["allow", "work is done"]])
    expect(following.asked).toHaveLength(4)
  })

  it("that an agent makes easier is no proof: a person has to look at it", async () => {
    const gates = { strict: { command: "test -f never.txt" } }
    put(stage.path(".nexus/config.jsonc"), JSON.stringify({ gates }))
    const words = "Make the check pass."
    const weaker = JSON.stringify({ gates: { strict: { command: "true" } } })
    const script: Script = (asked) => {
      const told = lastMatch(asked, /: (\S+) gate run strict/)
      if (told === undefined) return says("It passes.")
      const steps = [write(stage.path(".nexus/config.jsonc"), weaker), shell(`${told.found[1]} gate run strict`)]
      return steps[told.steps] ?? says("It passes now.")
    }
    stage.model.follow(words, script)
    const session = await stage.client.session()
    json(await stage.nexus("boulder", "arm", "--json", "--session", `opencode:${session}`, "--gate", "strict"))
    await stage.client.prompt(session, words)
    await stage.told(session, "StopDecided", ({ payload }) => payload.verdict === "escalate")
    expect((await inbox()).map(({ kind }) => kind)).toContain("integrity alarm")
  })

  it("is not passed by: a commit without the project's hooks is refused in the client itself", async () => {
    const commit = "git -c user.name=a -c user.email=a@localhost commit --allow-empty --no-verify -m wip"
    const run = await armed("Commit without hooks.", inOrder(shell(commit), says("It is committed.")), "Commit it well")
    await run.begin()
    await decided(run.session, "work is left")
    const [failed] = await stage.eventsOf(run.session, "ToolFailed")
    expect(failed.payload.error).toContain("--no-verify")
    expect(stage.world.git(stage.repository, "log", "--format=%s")).not.toContain("wip")
  })
})

describe("a Nexus that is out of order", () => {
  it("lets the agent work and stop", async () => {
    const hook = join(stage.world.home, "bin", "nexus-hook")
    const script = readFileSync(hook)
    const run = await armed(
      "Work without Nexus.",
      inOrder(shell("echo here > here.txt"), says("Here.")),
      "Write it alone"
    )
    // Prints what is no answer, fails, and keeps nothing.
    writeFileSync(hook, "#!/bin/sh\necho '{\"deny\": 7'\necho out of order >&2\nexit 3\n")
    const from = stage.client.events.length
    await run.begin()
    await stage.client.idle(run.session, from)
    writeFileSync(hook, script)
    expect(existsSync(stage.path("here.txt"))).toBe(true)
    expect(run.following.asked).toHaveLength(2)
  })

  it("has never printed anything of its own into the client's terminal", async () => {
    const printed = await stage.client.quit()
    expect(printed).toContain("listening on")
    expect(printed).not.toMatch(/nexus|out of order/i)
  })
})
