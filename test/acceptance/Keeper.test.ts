/** What is done for workspaces by themselves, as it is met: the keeper's process, what it notes, and checkpoints before risky steps. */
import { once } from "node:events"
import { existsSync, readFileSync, watch } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { diagnosis, finished, fixture, json, newWorld, put, type Ran, type World } from "../support/cli.ts"

let world: World
let project: string
let folder: string
beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  folder = join(project, ".worktree", "feat")
  expect(await workspace("create", "feat", "--backend", "process", "--idle-stop", "2h")).toMatchObject({ exit: 0 })
})
afterAll(() => world[Symbol.dispose]())

const on = { NEXUS_WORKSPACE_KEEPER: undefined }
const workspace = (...args: ReadonlyArray<string>): Promise<Ran> =>
  world.nexus(["workspace", ...args], { cwd: project })
const ok = async (...args: ReadonlyArray<string>): Promise<any> => json(await workspace(...args, "--json"))
const keep = (...args: ReadonlyArray<string>) => world.start(["workspace", "keep", ...args], { cwd: project, env: on })
const note = (): any => {
  const file = join(world.home, "keeper.json")
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined
}

/** Waits until the keeper has told of itself in a way. */
const told = async (is: (note: any) => boolean): Promise<any> => {
  const watcher = watch(world.home)
  try {
    while (note() === undefined || !is(note())) await once(watcher, "change")
    return note()
  } finally {
    watcher.close()
  }
}

describe("the keeper", () => {
  it("is one at a time; when it is killed another one takes over, and it ends when nothing runs", async () => {
    const first = keep("--every", "1s")
    await told(({ pid }) => pid === first.pid)
    const second = await finished(keep())
    expect(second).toMatchObject({ exit: 4, stderr: expect.stringContaining("looks after") as string })
    expect(await diagnosis(world, "keeper")).toMatchObject({ state: "ok" })
    first.kill("SIGKILL")
    await once(first, "exit")
    expect(await diagnosis(world, "keeper", { env: on })).toMatchObject({ state: "warning" })
    const third = keep("--every", "1s")
    const ending = finished(third)
    await told(({ pid, running }) => pid === third.pid && running === 1)
    expect(await workspace("stop", "feat")).toMatchObject({ exit: 0 })
    expect(await ending).toMatchObject({ exit: 0, stdout: "There is nothing more to look after.\n" })
    expect(await workspace("start", "feat")).toMatchObject({ exit: 0 })
  })

  it("is begun by a command in a workspace that runs, which does not wait for it", async () => {
    expect(await world.nexus(["workspace", "exec", "feat", "--", "true"], { cwd: project, env: on })).toMatchObject({
      exit: 0
    })
    const { pid, running } = await told((one) => one.running === 1 && isAlive(one.pid))
    expect([running, isAlive(pid)]).toEqual([1, true])
    process.kill(pid, "SIGKILL")
  })

  it("notes what a workspace uses, and that can be looked at", async () => {
    expect(await finished(keep("--once"))).toMatchObject({ exit: 0 })
    const { name, items } = await ok("stats", "feat", "--history", "--since", "1h")
    expect(name).toBe("feat")
    expect(items.at(-1)).toMatchObject({ processes: 0 })
    expect((await workspace("stats", "feat", "--history")).stdout).toContain("processes")
    const watching = world.start(["workspace", "stats", "--watch", "--json"], { cwd: project })
    const [line] = (await once(watching.stdout!, "data")) as [Buffer]
    expect(JSON.parse(line.toString("utf8").split("\n")[0] ?? "")).toMatchObject({ name: "feat", status: "running" })
    watching.kill("SIGINT")
    expect(await once(watching, "exit")).toEqual([130, null])
  })

  it.each([
    ["keep", "--every", "soon"],
    ["keep", "--every", "2h"],
    ["keep", "feat"],
    ["keep", "--frob"],
    ["stats", "--history"],
    ["stats", "feat", "--history", "--watch"],
    ["stats", "feat", "--since", "1h"],
    ["stats", "feat", "--history", "--since", "then"],
    ["create", "other", "--idle-stop", "soon"],
    ["create", "other", "--idle-stop", "5s"]
  ])("refuses %s %s %s %s", async (...args) => {
    expect(await workspace(...args.filter((word) => word !== undefined))).toMatchObject({ exit: 2, stdout: "" })
  })

  it("is told how a workspace is to be kept when that is made", async () => {
    expect((await ok("list")).items).toMatchObject([{ name: "feat", idle: null }])
    expect((await workspace("show", "feat")).stdout).toContain("idle stop  after 2 h")
  })
})

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe("before a command of an agent that can lose work", () => {
  const hook = (command: string, cwd: string, call: string, env = {}) =>
    world.nexus(["hook", "claude"], {
      cwd,
      // However busy the machine of the test is.
      env: { NEXUS_WORKSPACE_CHECKPOINT_PATIENCE: "7s", ...env },
      stdin: JSON.stringify(
        fixture("claude/PreToolUse.Bash", { cwd, tool_use_id: call, tool_input: { command, description: "Work" } })
      )
    })
  const taken = async (): Promise<ReadonlyArray<any>> => (await ok("checkpoint", "list", "feat", "--all")).items

  it("a checkpoint of the workspace holds it, before the hook answers; before another one there is none", async () => {
    put(join(folder, "README.md"), "not committed\n")
    expect(await hook("ls -la && npm test", folder, "call-1")).toMatchObject({ exit: 0, stdout: "", stderr: "" })
    expect(await taken()).toEqual([])
    expect(await hook("cd . && git checkout -- .", folder, "call-2")).toMatchObject({ exit: 0, stdout: "", stderr: "" })
    expect(await taken()).toMatchObject([
      { id: "C-1", occasion: "risky-step", status: "completed", message: "before: git checkout -- ." }
    ])
    world.git(folder, "checkout", "--", ".")
    expect(readFileSync(join(folder, "README.md"), "utf8")).toBe("# A project\n")
    expect(await workspace("checkpoint", "restore", "feat", "C-1")).toMatchObject({ exit: 0 })
    expect(readFileSync(join(folder, "README.md"), "utf8")).toBe("not committed\n")
  })

  it("one is taken also when the command is given from elsewhere, and of no workspace that it does not reach", async () => {
    const before = (await taken()).length
    await hook("rm -rf build", project, "call-3")
    expect(await taken()).toHaveLength(before)
    await hook("git -C .worktree/feat reset --hard", project, "call-4")
    expect((await taken()).at(-1)).toMatchObject({ occasion: "risky-step", status: "completed" })
    expect(await taken()).toHaveLength(before + 1)
  })

  it("there is none where that is switched off", async () => {
    const before = (await taken()).length
    await hook("rm -rf build", folder, "call-5", { NEXUS_WORKSPACE_CHECKPOINT_BEFORE_RISK: "false" })
    expect(await taken()).toHaveLength(before)
  })
})
