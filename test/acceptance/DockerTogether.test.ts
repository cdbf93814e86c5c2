/** Many workspaces of one repository, made and deleted at once on a real engine. */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, newWorld, type World } from "../support/cli.ts"

const names = Array.from({ length: 10 }, (_, index) => `feat-${index}`)

let world: World
let project: string
beforeAll(() => {
  world = newWorld()
  project = world.repository()
})
afterAll(async () => {
  await together((name) => world.nexus(["workspace", "delete", name, "--force"], { cwd: project }))
  world[Symbol.dispose]()
}, 240_000)

const together = <A>(work: (name: string) => Promise<A>): Promise<ReadonlyArray<A>> => Promise.all(names.map(work))

/** What the engine has of one log's workspaces. */
const inEngine = async (log: string): Promise<ReadonlyArray<string>> => {
  const filter = ["--quiet", "--filter", `label=nexus.log=${log}`]
  const kinds = [
    ["ps", "--all"],
    ["network", "ls"],
    ["volume", "ls"]
  ]
  const told = await Promise.all(kinds.map((kind) => world.run("docker", [...kind, ...filter])))
  return told.flatMap(({ stdout }) => stdout.split("\n").filter((line) => line !== ""))
}

describe("ten workspaces that are made at once", () => {
  it("all work, each with ports, a branch and a network of its own, and leave nothing when they are deleted", async () => {
    const made = await together((name) =>
      world.nexus(["workspace", "create", name, "--backend", "docker", "--port", "web=3000", "--json"], {
        cwd: project
      })
    )
    expect(made.map(({ exit, stderr }) => [exit, stderr])).toEqual(names.map(() => [0, ""]))
    const workspaces = made.map((ran) => json(ran))
    const ports = workspaces.flatMap((one) => one.ports.map(({ hostPort }: { hostPort: number }) => hostPort))
    expect(new Set(ports).size).toBe(2 * names.length)
    expect(new Set(workspaces.map(({ branch }) => branch))).toEqual(new Set(names.map((name) => `nexus/${name}`)))
    const inside = await together((name) =>
      world.nexus(["workspace", "ssh", name, "--", "sh", "-c", "git branch --show-current; echo $NEXUS_PORT_WEB"], {
        cwd: project
      })
    )
    expect(inside.map(({ stdout }) => stdout)).toEqual(
      workspaces.map(({ branch, ports: own }) => {
        const web = own.find(({ service }: { service: string }) => service === "web")
        return `${branch}\n${web.hostPort}\n`
      })
    )
    const { device } = json(await world.nexus(["status", "--json"], { cwd: project }))
    expect(await inEngine(device)).toHaveLength(2 * names.length)

    const deleted = await together((name) => world.nexus(["workspace", "delete", name], { cwd: project }))
    expect(deleted.filter(({ exit }) => exit !== 0)).toEqual([])
    expect(await inEngine(device)).toEqual([])
    expect(world.git(project, "branch", "--list", "nexus/*")).toBe("")
    expect(existsSync(join(project, ".worktree")) ? readdirSync(join(project, ".worktree")) : []).toEqual([])
    expect(world.git(project, "worktree", "list", "--porcelain").match(/^worktree /gm)).toHaveLength(1)
  }, 240_000)
})
