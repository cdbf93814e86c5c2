/** Agents inside of a container: what they tell comes out, and nothing else does. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, newWorld, put, type Ran, type World } from "../support/cli.ts"

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
const sessions = async (): Promise<ReadonlyArray<{ readonly session: string }>> =>
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
    expect((await sessions()).map(({ session }) => session)).toEqual(["inside"])
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
