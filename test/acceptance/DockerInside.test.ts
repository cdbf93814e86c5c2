/** Agents inside of a container: what they tell comes out, and nothing else does. */
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync, watch } from "node:fs"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, lines, newWorld, put, type Ran, type World } from "../support/cli.ts"

let world: World
let project: string
let folder: string
const workspace = (...args: ReadonlyArray<string>): Promise<Ran> =>
  world.nexus(["workspace", ...args], { cwd: project })
/** As an agent inside runs its hooks. */
const told = (payload: object, ...args: ReadonlyArray<string>): Promise<Ran> => {
  const hook = join(world.home, "bin", "nexus-hook")
  return world.nexus(["workspace", "exec", "feat", "--", "sh", hook, "claude", ...args], {
    cwd: project,
    stdin: JSON.stringify({ session_id: "inside", cwd: folder, ...payload })
  })
}
const inside = (script: string): Promise<Ran> => workspace("exec", "feat", "--", "sh", "-c", script)
const sessions = async (): Promise<ReadonlyArray<{ readonly session: string; readonly project: string | null }>> =>
  json(await world.nexus(["sessions", "--json"], { cwd: project })).items

beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  folder = join(project, ".worktree/feat")
  expect(await world.nexus(["init", "--json"], { cwd: project })).toMatchObject({ exit: 0 })
  expect(await workspace("create", "feat", "--backend", "docker")).toMatchObject({ exit: 0 })
}, 120_000)
afterAll(async () => {
  await workspace("delete", "feat", "--force")
  world[Symbol.dispose]()
})

describe("an agent inside of a container", () => {
  it("is recorded, and not answered", async () => {
    const start = { hook_event_name: "SessionStart", source: "startup" }
    expect(await told(start)).toMatchObject({ exit: 0, stdout: "", stderr: "" })
    const call = { tool_name: "Bash", tool_use_id: "toolu_1", tool_input: { command: "true" } }
    expect(await told({ hook_event_name: "PreToolUse", ...call }, "ack")).toMatchObject({ exit: 0, stderr: "" })
    expect(await sessions()).toMatchObject([{ session: "inside" }])
    const { stdout } = await inside(`ls -A ${join(world.home, "spool", "new")}`)
    expect(stdout).toBe(".inside\n")
  })

  it("can tell nothing of a project of this machine whose folder it names", async () => {
    const other = world.repository("other")
    const write = {
      hook_event_name: "PostToolUse",
      tool_name: "Write",
      tool_input: { file_path: join(other, "file.txt"), content: "mine\n" },
      tool_response: {
        type: "update",
        filePath: join(other, "file.txt"),
        content: "mine\n",
        originalFile: "",
        structuredPatch: []
      }
    }
    for (const [tool_use_id, cwd] of [
      ["toolu_1", other],
      ["toolu_2", `${folder}/../../../other`]
    ] as const)
      expect(await told({ ...write, tool_use_id, session_id: "elsewhere", cwd })).toMatchObject({ exit: 0 })
    const { project: its } = (await sessions()).find(({ session }) => session === "elsewhere") ?? {}
    expect(its).toBeNull()
    const { stdout } = await world.nexus(["events", "--json", "--limit", "1000"], { cwd: project })
    const projects = lines(stdout).filter((line) => /"type":"(?:Project|Checkout)/.test(line))
    expect(projects.length).toBeGreaterThan(0)
    expect(projects.filter((line) => line.includes(other))).toEqual([])
  })

  describe("before a command that can lose work", () => {
    const call = (command: string) => ({
      hook_event_name: "PreToolUse",
      tool_name: "Bash",
      tool_use_id: `toolu_${command.length}`,
      tool_input: { command }
    })
    const taken = async () =>
      json(await workspace("checkpoint", "list", "feat", "--json")).items.map(
        ({ occasion, message }: { readonly occasion: string; readonly message: string }) => [occasion, message]
      )
    const reset = ["risky-step", "before: git reset --hard"]
    let keeper: ChildProcess
    let mark: string
    /** Waits until the keeper says, or does not say any more, that it is there. */
    const guarded = async (is: boolean): Promise<void> => {
      const watcher = watch(dirname(mark))
      try {
        while (existsSync(mark) !== is) await once(watcher, "change")
      } finally {
        watcher.close()
      }
    }

    beforeAll(async () => {
      const { id } = json(await workspace("show", "feat", "--json"))
      mark = join(world.home, "workspaces", id, "spool", "new", ".guard")
      keeper = world.start(["workspace", "keep"], {
        cwd: project,
        env: { NEXUS_WORKSPACE_KEEPER: undefined, NEXUS_WORKSPACE_CHECKPOINT_PATIENCE: "7s" }
      })
      await guarded(true)
    })

    it("waits until a checkpoint of what there is was taken outside", async () => {
      await inside("echo precious > a.txt")
      expect(await told(call("cd .\ngit reset --hard"), "ack")).toMatchObject({ exit: 0, stdout: "", stderr: "" })
      expect(await taken()).toEqual([reset])
      await inside("git reset --hard; rm -f a.txt")
      const [last] = json(await workspace("checkpoint", "list", "feat", "--json")).items
      expect(await workspace("checkpoint", "restore", "feat", last.checkpoint ?? last.id)).toMatchObject({ exit: 0 })
      expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("precious\n")
    }, 60_000)

    it("does not wait for one that can lose nothing, nor leaves anything of the question", async () => {
      const before = await taken()
      expect(await told(call("git status; true rm"), "ack")).toMatchObject({ exit: 0, stderr: "" })
      expect(await taken()).toEqual(before)
      expect((await inside(`ls -A ${join(world.home, "spool", "new")}`)).stdout).toBe(".guard\n.inside\n")
    }, 60_000)

    it("goes on, and says so, when nobody takes one; and asks nobody who is not there", async () => {
      keeper.kill("SIGSTOP")
      try {
        const ran = await told(call("git reset --hard"), "ack")
        expect(ran).toMatchObject({ exit: 0, stderr: "nexus: no checkpoint came about in time\n" })
      } finally {
        keeper.kill("SIGCONT")
      }
      keeper.kill("SIGTERM")
      await guarded(false)
      expect(await told(call("git reset --hard"), "ack")).toMatchObject({ exit: 0, stderr: "" })
    }, 60_000)
  })

  it("can't have files of this machine read or taken away by leaving links where its events are", async () => {
    const secret = join(world.root, "secret.json")
    put(
      secret,
      JSON.stringify({ session_id: "stolen", hook_event_name: "SessionStart", cwd: folder, source: "startup" })
    )
    const before = readFileSync(secret, "utf8")
    const spool = join(world.home, "spool")
    // The folder itself can't be replaced, and there is none beside it.
    expect((await inside(`mv ${spool}/new ${spool}/gone`)).exit).not.toBe(0)
    expect((await inside(`rm -rf ${spool}/new; ln -sfn ${world.root} ${spool}/new; test -L ${spool}/new`)).exit).toBe(1)
    expect(
      await inside(`cd ${spool}/new && rm -f * && ln -s ${secret} claude.0.1.1 && ln -s ${world.root} rejected`)
    ).toMatchObject({
      exit: 0
    })
    expect((await sessions()).map(({ session }) => session)).not.toContain("stolen")
    expect(readFileSync(secret, "utf8")).toBe(before)
    const { id } = json(await workspace("show", "feat", "--json"))
    expect(existsSync(join(world.home, "workspaces", id, "spool", "rejected"))).toBe(false)
    await inside(`rm -f ${spool}/new/*`)
  })

  it("can't have a file of this machine written over when its container is made again", async () => {
    const kept = join(world.root, "kept.txt")
    put(kept, "kept\n")
    const mark = join(world.home, "spool", "new", ".inside")
    expect(await inside(`rm -f ${mark}; ln -s ${kept} ${mark}`)).toMatchObject({ exit: 0 })
    expect(await workspace("port", "add", "feat", "api=4000")).toMatchObject({ exit: 0 })
    expect(readFileSync(kept, "utf8")).toBe("kept\n")
  }, 120_000)
})
