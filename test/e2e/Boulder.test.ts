/** OpenCode under enforcement: what a person arms holds the conversation to its tasks, and lets it go where it should. */
import { existsSync, rmSync } from "node:fs"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { json, put } from "../support/cli.ts"
import { openCodeStage, type Stage } from "./clients/Stage.ts"
import type { Told } from "./clients/Story.ts"
import { says, type Script } from "./model/Script.ts"
import { busy, forgetful, idle } from "./model/Workers.ts"

let stage: Stage

beforeAll(async () => {
  stage = await openCodeStage()
})
afterAll(() => stage[Symbol.asyncDispose]())
// Each scenario has its own run.
afterEach(async () => {
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
    await decided(run.session, "paused", first)
    json(await stage.nexus("boulder", "resume", "--json"))
    await stage.client.prompt(run.session, "Now then.")
    await decided(run.session, "work is done")
    const made = (await decisions(run.session)).map(([, rule]) => rule)
    expect(made).toEqual(["paused", "paused", "work is left", "work is done"])
  })

  it("who puts .nexus/STOP there ends it at once", async () => {
    const run = await armed("Work beside a stop file.", forgetful(stage.repository), "Write it without a stop file")
    put(stage.path(".nexus/STOP"), "")
    await run.begin()
    await decided(run.session, "switched off")
    expect(await spoken(run.session)).toEqual(["human"])
    rmSync(stage.path(".nexus/STOP"))
  })
})
