/** Hooks inside of a container, and an image of a template's Dockerfile, on a real engine. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, newWorld, put, type Ran, type World } from "../support/cli.ts"

let world: World
let project: string
const workspace = (...args: ReadonlyArray<string>): Promise<Ran> =>
  world.nexus(["workspace", ...args], { cwd: project })

beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  put(
    join(world.root, "t/template.jsonc"),
    JSON.stringify({
      dockerfile: { path: "Dockerfile", arguments: { TOOL: "hammer" } },
      ports: ["web=3000"],
      hooks: {
        setup: "cat /opt/tool; echo $0 $NEXUS_HOOK; hostname > /tmp/host; echo made > made",
        start: { command: "echo up; exec sleep 1000", detach: true },
        health: "test -e made",
        stop: "echo stopping >> notes",
        teardown: `cp notes ${join(project, ".worktree/feat/kept")}; echo gone`
      }
    })
  )
  put(
    join(world.root, "t/Dockerfile"),
    "FROM nexus-base:1\nARG TOOL\nCOPY files/tool /opt/tool\nRUN echo $TOOL >> /opt/tool\n"
  )
  put(join(world.root, "t/files/tool"), "a tool\n")
})
afterAll(async () => {
  await workspace("delete", "feat", "--force")
  await workspace("delete", "bad", "--force")
  world[Symbol.dispose]()
})

describe("a workspace of a template, in a container", () => {
  it("is built from the template's Dockerfile, and its hooks are run inside", async () => {
    const made = await workspace("create", "feat", "--backend", "docker", "--template", "../t")
    expect(made).toMatchObject({ exit: 0 })
    expect((await workspace("logs", "feat", "--hook", "setup")).stdout).toBe("a tool\nhammer\n/bin/sh setup\n")
    // The container's own.
    expect(existsSync("/tmp/host")).toBe(false)
    expect(readFileSync(join(project, ".worktree/feat/made"), "utf8")).toBe("made\n")
    expect(readFileSync(join(project, ".worktree/feat/tool"), "utf8")).toBe("a tool\n")
    expect(json(await workspace("show", "feat", "--health", "--json")).health).toEqual({ status: "healthy" })
    expect((await workspace("logs", "feat")).stdout).toContain("up")
  }, 240_000)

  it("is built again from the copy when it has to be, and started again with its hooks", async () => {
    put(join(world.root, "t/Dockerfile"), "FROM nothing-of-the-kind\n")
    const added = await workspace("port", "add", "feat", "api=4000")
    expect(added).toMatchObject({ exit: 0 })
    expect(added.stderr).toContain("Running start: echo up")
    expect(added.stderr).not.toContain("Running setup")
    expect((await workspace("exec", "feat", "--", "cat", "/opt/tool")).stdout).toBe("a tool\nhammer\n")
  }, 240_000)

  it("runs what is to be run before a stop and before its end", async () => {
    expect(await workspace("stop", "feat")).toMatchObject({ exit: 0 })
    expect(readFileSync(join(project, ".worktree/feat/notes"), "utf8")).toBe("stopping\n")
    const { id } = json(await workspace("show", "feat", "--json"))
    const deleted = await workspace("delete", "feat", "--force")
    expect(deleted).toMatchObject({ exit: 0 })
    expect((await workspace("logs", id, "--hook", "teardown")).stdout).toBe("gone\n")
  }, 240_000)

  it("that takes too long is ended inside as well, and the workspace stays", async () => {
    put(
      join(project, ".nexus/config.jsonc"),
      '{ "workspace": { "hooks": { "setup": { "command": "echo slow; sleep 1000 & sleep 1000", "timeout": "2s" } } } }'
    )
    const made = await workspace("create", "bad", "--backend", "docker")
    expect(made.exit).toBe(8)
    expect(made.stderr).toContain("took too long. It said: slow.")
    const { stdout } = await workspace("exec", "bad", "--", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    expect(stdout).not.toContain("sleep 1000")
  }, 240_000)
})
