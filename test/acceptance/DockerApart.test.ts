/** An engine on another machine, as far as this one can tell: it is reached by an address that is not loopback, and so its workspaces have files of their own. */
import { once } from "node:events"
import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from "node:fs"
import { type AddressInfo, connect, createServer, type Server } from "node:net"
import { networkInterfaces } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { finished, json, newWorld, put, type Ran, type World } from "../support/cli.ts"

let world: World
let project: string
let folder: string
let far: Server
let env: { readonly DOCKER_HOST: string }
beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  world.git(project, "config", "user.name", "test")
  world.git(project, "config", "user.email", "test@localhost")
  put(join(project, "file.txt"), "first\n")
  world.git(project, "add", "--all")
  world.git(project, "commit", "--quiet", "--message", "First")
  folder = join(project, ".worktree", "far")
  far = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: "/var/run/docker.sock", allowHalfOpen: true })
    for (const [from, to] of [[client, engine] as const, [engine, client] as const])
      from.on("error", () => to.destroy()).pipe(to)
  }).listen(0, bridge())
  await once(far, "listening")
  env = { DOCKER_HOST: `tcp://${bridge()}:${(far.address() as AddressInfo).port}` }
  expect(await workspace("create", "far", "--port", "web=3000")).toMatchObject({ exit: 0 })
}, 240_000)
afterAll(async () => {
  await workspace("delete", "far", "--force")
  far.close()
  world[Symbol.dispose]()
}, 120_000)

/** The address that this machine has on the engine's own bridge. */
const bridge = (): string =>
  networkInterfaces()["docker0"]?.find(({ family }) => family === "IPv4")?.address ?? "172.17.0.1"

const workspace = (...args: ReadonlyArray<string>): Promise<Ran> =>
  world.nexus(["workspace", ...args], { cwd: project, env })
const ok = async (...args: ReadonlyArray<string>): Promise<any> => json(await workspace(...args, "--json"))

/** Waits until a file has a content. */
const arrived = async (path: string, content: string): Promise<void> => {
  const is = () => existsSync(path) && readFileSync(path, "utf8") === content
  const watcher = watch(folder)
  try {
    while (!is()) await once(watcher, "change")
  } finally {
    watcher.close()
  }
}

describe("a workspace on another machine", { timeout: 180_000 }, () => {
  it("has files of its own without being asked, and the same as here", async () => {
    expect(await ok("show", "far")).toMatchObject({ backend: `docker@${env.DOCKER_HOST}`, sync: { ignore: [] } })
    writeFileSync(join(folder, "file.txt"), "second\n")
    const ran = await workspace(
      "exec",
      "far",
      "--",
      "sh",
      "-c",
      "cat file.txt; git add -A; git commit -qm there; echo new > new.txt"
    )
    expect(ran).toMatchObject({ exit: 0, stdout: "second\n", stderr: "" })
    expect(readFileSync(join(folder, "new.txt"), "utf8")).toBe("new\n")
    expect((await ok("diff", "far")).diff).toContain("+second")
    expect(await ok("merge", "far")).toMatchObject({ outcome: "fast-forward" })
    expect(world.git(project, "log", "-1", "--format=%s")).toContain("there")
  })

  it("is reached by SSH through the engine, by no port of this machine", async () => {
    expect(await workspace("ssh", "far", "--", "sh", "-c", "cat file.txt")).toMatchObject({
      exit: 0,
      stdout: "second\n"
    })
    expect((await workspace("ssh-config", "far")).stdout).toContain("ProxyCommand")
  })

  it("is kept the same by a process that watches, one at a time, as long as it runs", async () => {
    const options = { cwd: project, env }
    const watching = world.start(["workspace", "sync", "watch", "far", "--every", "1s"], options)
    const ending = finished(watching)
    expect(await workspace("exec", "far", "--detach", "--", "sh", "-c", "sleep 1; echo late > late.txt")).toMatchObject(
      { exit: 0 }
    )
    await arrived(join(folder, "late.txt"), "late\n")
    expect(await ok("sync", "status", "far")).toMatchObject({ watched: true })
    const second = await workspace("sync", "watch", "far")
    expect(second).toMatchObject({ exit: 4, stderr: expect.stringContaining("already") as string })
    watching.kill("SIGTERM")
    await ending
    expect(await ok("sync", "status", "far")).toMatchObject({
      watched: false,
      syncs: [{ of: "git" }, { of: "files" }, { of: "spool" }]
    })
  })

  it("brings out what agents inside tell", async () => {
    const told = JSON.stringify({ hook_event_name: "SessionStart", session_id: "abc", cwd: folder, source: "startup" })
    const hook = join(world.home, "bin", "nexus-hook")
    mkdirSync(join(world.home, "bin"), { recursive: true })
    expect(await world.nexus(["init", "--json"], { cwd: project })).toMatchObject({ exit: 0 })
    await workspace("stop", "far")
    await workspace("start", "far")
    const ran = await workspace("exec", "far", "--", "sh", "-c", `printf '%s' '${told}' | sh '${hook}' claude`)
    expect(ran).toMatchObject({ exit: 0 })
    const { items } = json(await world.nexus(["sessions", "--json"], { cwd: project }))
    expect(items).toMatchObject([{ session: "abc", agent: "claude" }])
  })

  it("stays where it was made, whatever DOCKER_HOST is later", async () => {
    const ran = await world.nexus(["workspace", "exec", "far", "--", "cat", "file.txt"], { cwd: project })
    expect(ran).toMatchObject({ exit: 0, stdout: "second\n" })
    const repaired = await world.nexus(["workspace", "repair", "far", "--dry-run", "--json"], { cwd: project })
    expect(json(repaired).items).toEqual([])
  })

  it("says what is wrong: a sync that stands still, options that need each other", async () => {
    expect(await workspace("sync", "pause", "far")).toMatchObject({ exit: 0 })
    const flushed = await workspace("sync", "flush", "far")
    expect(flushed).toMatchObject({
      exit: 4,
      stderr: expect.stringContaining("nexus workspace sync resume far") as string
    })
    expect(await workspace("sync", "resume", "far")).toMatchObject({ exit: 0 })
    expect(await workspace("sync", "flush", "far", "--json")).toMatchObject({ exit: 0 })
    expect(await ok("sync", "conflicts", "far")).toEqual({ workspace: "far", conflicts: [] })
    const here = { cwd: project }
    expect(
      await world.nexus(["workspace", "create", "no", "--sync-ignore", "x", "--backend", "process"], here)
    ).toMatchObject({ exit: 2 })
    expect(await world.nexus(["workspace", "create", "no", "--sync", "--backend", "process"], here)).toMatchObject({
      exit: 4
    })
  })
})
