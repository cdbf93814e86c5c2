import { readFileSync } from "node:fs"
import { join } from "node:path"
import { once } from "node:events"
import { PassThrough } from "node:stream"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { create } from "../../../src/app/workspaces/Create.ts"
import { fork } from "../../../src/app/workspaces/Fork.ts"
import * as Life from "../../../src/app/workspaces/Life.ts"
import type { Say } from "../../../src/app/workspaces/StartWithPorts.ts"
import type { Hook } from "../../../src/domain/workspace/Spec.ts"
import { isSetUp } from "../../../src/domain/workspace/HookRan.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import { spec } from "../../domain/workspace/facts.ts"
import { put, type Stage, stage } from "./stage.ts"

let at: Stage
let said: Array<string>
let shown: PassThrough
let printed: string
let say: Say
beforeEach(() => {
  at = stage()
  said = []
  printed = ""
  shown = new PassThrough().on("data", (chunk: Buffer) => (printed += chunk.toString("utf8")))
  say = Object.assign((words: string) => void said.push(words), { output: shown })
})
afterEach(() => at[Symbol.dispose]())

const hook = (stage: Hook["stage"], command: Hook["command"], more: Partial<Hook> = {}): Hook => ({
  stage,
  name: stage,
  command,
  timeoutMs: 60_000,
  ...more
})

const withHooks = (...hooks: ReadonlyArray<Hook>) =>
  create({ name: "feat", base: "HEAD", spec: { ...spec, hooks } }, say)

/** Notes its being run in a file. */
const note = (stage: Hook["stage"]) =>
  hook(stage, `echo ${stage} $NEXUS_HOOK $NEXUS_WORKSPACE >> ${join(at.root, "notes")}`)

const notes = () => readFileSync(join(at.root, "notes"), "utf8").split("\n").slice(0, -1)

const ran = async () =>
  (await at.events()).flatMap(({ type, payload }) =>
    type === "WorkspaceCommandRan" && payload !== null && payload.via === "hook" ? [payload] : []
  )

const kept = async (index = 0) => {
  const { output } = (await ran())[index] ?? {}
  const content = await at.run(Effect.flatMap(EventLog, ({ blobs }) => blobs.get(output?.sha256 ?? "")))
  return content?.toString("utf8")
}

describe("hooks", () => {
  it("are run at their times: setup once, start at each start, stop before each stop", async () => {
    await at.run(withHooks(note("teardown"), note("stop"), note("start"), note("setup")))
    await at.run(Life.stop("feat"))
    await at.run(Life.start("feat", say))
    await at.run(Life.remove("feat", { force: false }))
    expect(notes()).toEqual([
      "setup setup feat",
      "start start feat",
      "stop stop feat",
      "start start feat",
      "stop stop feat",
      "teardown teardown feat"
    ])
    await at.onlyTheLiving()
  })

  it("are run in the worktree, as a line for the shell or as a program with its arguments", async () => {
    await at.run(withHooks(hook("setup", "pwd; echo $0 $#"), hook("start", ["printf", "%s|", "a b", "$HOME"])))
    expect(printed).toBe(`${at.folder("feat")}\n/bin/sh 0\na b|$HOME|`)
    expect(await kept(0)).toBe(`${at.folder("feat")}\n/bin/sh 0\n`)
    expect((await ran())[1]).toMatchObject({ command: "printf %s| a b $HOME", exit: 0, hook: { stage: "start" } })
  })

  it("also in a fork, and for the teardown of one that is stopped", async () => {
    await at.run(withHooks(note("setup"), note("teardown")))
    await at.checkpoint("feat", "here")
    await at.run(fork("feat", "here", "other", say))
    await at.run(Life.stop("other"))
    await at.run(Life.remove("other", { force: true }))
    expect(notes()).toEqual(["setup setup feat", "setup setup other", "teardown teardown other"])
  })

  it("a setup that fails leaves the workspace running, and is run again at the next start until it ends well", async () => {
    const isReady = join(at.root, "ready")
    const failed = await at.refused(
      withHooks(hook("setup", `echo nothing is ready >&2; test -e ${isReady}`), hook("start", "echo started"))
    )
    expect(failed).toMatchObject({
      _tag: "HookFailed",
      exit: 1,
      lastLines: ["nothing is ready"],
      hint: expect.stringContaining("nexus workspace logs feat --hook setup") as string
    })
    const { workspace } = await at.find("feat")
    expect([workspace.status, isSetUp(workspace)]).toEqual(["running", false])
    // What would be started needs what was to be set up.
    expect(await ran()).toHaveLength(1)
    await at.run(Life.stop("feat"))
    expect(await at.refused(Life.start("feat", say))).toMatchObject({ _tag: "HookFailed", stage: "setup" })
    await at.run(Life.stop("feat"))
    put(isReady, "")
    await at.run(Life.start("feat", say))
    expect(isSetUp((await at.find("feat")).workspace)).toBe(true)
    expect((await ran()).map(({ exit, hook }) => [hook?.stage, exit])).toEqual([
      ["setup", 1],
      ["setup", 1],
      ["setup", 0],
      ["start", 0]
    ])
    await at.onlyTheLiving()
  })

  it("of one stage end with the first that fails", async () => {
    const both = [hook("setup", "exit 3", { name: "setup 1" }), hook("setup", "echo never", { name: "setup 2" })]
    expect(await at.refused(withHooks(...both))).toMatchObject({ hook: "setup 1", exit: 3 })
    expect(await ran()).toMatchObject([{ hook: { name: "setup 1", number: 1, of: 2 }, exit: 3 }])
  })

  it("that fail before a stop or an end are said, and stand in the way of nothing", async () => {
    await at.run(withHooks(hook("stop", "echo no; exit 1"), hook("teardown", "exit 2")))
    expect((await at.run(Life.stop("feat", "asked", say))).status).toBe("stopped")
    expect(said.at(-1)).toContain("the hook stop (echo no; exit 1) failed with exit code 1. It said: no.")
    await at.run(Life.remove("feat", { force: false }, say))
    expect(said.at(-1)).toContain("the hook teardown (exit 2) failed with exit code 2. It printed nothing.")
    expect((await ran()).map(({ hook, exit }) => [hook?.stage, exit])).toEqual([
      ["stop", 1],
      ["stop", 1],
      ["teardown", 2]
    ])
    await at.onlyTheLiving()
  })

  it("are ended when they take too long, with all that they started", async () => {
    const failed = await at.refused(withHooks(hook("setup", "echo slow; sleep 1000 & sleep 1000", { timeoutMs: 300 })))
    expect(failed).toMatchObject({ timedOut: true, lastLines: ["slow"] })
    expect((failed as Error).message).toContain("took too long")
  })

  it("are ended by Ctrl-C, which is on record; the workspace stays", async () => {
    await at.run(
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(withHooks(hook("setup", "echo begun; exec sleep 1000")))
        yield* Effect.promise(() => once(shown, "data"))
        yield* Fiber.interrupt(fiber)
      })
    )
    expect(await ran()).toMatchObject([{ exit: 130, hook: { stage: "setup" } }])
    expect(await kept()).toBe("begun\n")
    expect((await at.find("feat")).workspace).toMatchObject({ status: "running", pending: null })
    await at.onlyTheLiving()
  })

  it("that go on by themselves are waited for by nobody, and end with the workspace", async () => {
    await at.run(withHooks(hook("start", "exec sleep 1000", { detach: true })))
    expect(await ran()).toMatchObject([{ exit: null, hook: { stage: "start" } }])
    expect((await at.run(Life.stop("feat"))).status).toBe("stopped")
  })

  it("keep the end of what they print, without the values of variables that are looked up", async () => {
    process.env["HOOK_TEST_VALUE"] = "plainwords"
    const variables = { GIVEN: { fromEnvironment: "HOOK_TEST_VALUE" } }
    const hooks = [hook("setup", `seq 1 100000; echo "it is $GIVEN"; echo key AKIA\${NOTHING}IOSFODNN7EXAMPLQ`)]
    await at.run(create({ name: "feat", base: "HEAD", spec: { ...spec, variables, hooks } }, say))
    const text = (await kept()) ?? ""
    expect(text.split("\n").slice(-4, -2)).toEqual(["100000", "it is [redacted:GIVEN]"])
    expect(text).not.toContain("AKIAIOSFODNN7EXAMPLQ")
    expect(text.length).toBeLessThanOrEqual(256 * 1024 + 100)
    expect((await ran())[0]?.output?.bytes).toBe(printed.length)
  })
})
