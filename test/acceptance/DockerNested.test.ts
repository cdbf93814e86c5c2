/** A workspace that runs containers of its own, on a real engine within a real engine. */
import { execFileSync } from "node:child_process"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dockerBackend } from "../../src/adapters/docker/DockerBackend.ts"
import { Bench, newWorkspace, ok as done } from "../adapters/backends/bench.ts"
import { json, newWorld, type Ran, type World } from "../support/cli.ts"
import { makeEngineImage } from "../support/engineImage.ts"

const image = "nexus-test-engine:1"
let world: World
let project: string
let made: Ran

beforeAll(async () => {
  makeEngineImage(image)
  world = newWorld()
  project = world.repository()
  made = await workspace("create", "nest", "--backend", "docker", "--image", image, "--dind")
}, 240_000)
afterAll(async () => {
  await workspace("delete", "nest", "--force")
  world[Symbol.dispose]()
  execFileSync("docker", ["rmi", "-f", image], { stdio: "ignore" })
}, 120_000)

const workspace = (...args: ReadonlyArray<string>): Promise<Ran> =>
  world.nexus(["workspace", ...args], { cwd: project })
const ok = async (...args: ReadonlyArray<string>): Promise<any> => json(await workspace(...args, "--json"))
const inside = (script: string): Promise<Ran> => workspace("exec", "nest", "--", "sh", "-c", script)

describe("nexus workspace create --dind", () => {
  it("says at once what it risks, and so does what shows it", async () => {
    expect(made).toMatchObject({ exit: 0 })
    expect(made.stderr).toContain("could leave it and be root on this machine")
    expect(made.stdout).toMatch(/nested +runs containers of its own; programs in it could leave it/)
    expect(await ok("show", "nest")).toMatchObject({ nested: true, status: "running" })
  })

  it("has an engine that runs containers of what was loaded inside", async () => {
    const load = "tar -C /usr/bin -c docker-init | docker import - tiny:1"
    expect(await inside(load)).toMatchObject({ exit: 0 })
    expect(await inside("docker run --rm tiny:1 /docker-init --version")).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^tini version/)
    })
    expect((await inside("docker run --rm --memory 64m --network none tiny:1 /docker-init --version")).exit).toBe(0)
  }, 120_000)

  it("keeps its images over a restart, and apart from this machine's", async () => {
    expect(await workspace("stop", "nest")).toMatchObject({ exit: 0 })
    expect(await workspace("start", "nest")).toMatchObject({ exit: 0 })
    expect((await inside("docker images --format '{{.Repository}}'")).stdout).toBe("tiny\n")
    expect(execFileSync("docker", ["images", "-q", "tiny"], { encoding: "utf8" })).toBe("")
  }, 120_000)

  it("has checkpoints without what its engine keeps, which say so", async () => {
    expect(await workspace("checkpoint", "create", "nest")).toMatchObject({ exit: 0 })
    const { stdout } = await workspace("checkpoint", "show", "nest", "C-1")
    expect(stdout).toMatch(/nested engine.*its images and containers are its own: build or load them again/)
    expect(await workspace("checkpoint", "restore", "nest", "C-1")).toMatchObject({ exit: 0 })
  }, 120_000)

  it("can be used by whoever owns the worktree, who is not root; it stops politely", async () => {
    const bench = new Bench(dockerBackend(`log-${newWorkspace()}`))
    try {
      const order = await bench.running({ nested: true, image: { kind: "named", name: image } })
      const ran = await bench.shell(order, "id -u; docker info --format '{{.ServerVersion}}'")
      expect(ran).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^4321\n\d+\./) })
      const began = performance.now()
      await done(bench.backend.stop(order.workspace, 20_000))
      expect(performance.now() - began).toBeLessThan(15_000)
    } finally {
      await bench.close()
    }
  }, 120_000)

  it("leaves nothing of it behind", async () => {
    const { id } = await ok("show", "nest")
    expect(await workspace("delete", "nest", "--force")).toMatchObject({ exit: 0 })
    expect(execFileSync("docker", ["volume", "ls", "-q", "--filter", `label=nexus.workspace=${id}`]).toString()).toBe(
      ""
    )
  }, 120_000)
})

describe("without what it needs", () => {
  it("an image without an engine is said to have none, and works otherwise", async () => {
    const plain = await workspace("create", "plain", "--backend", "docker", "--dind")
    expect(plain).toMatchObject({ exit: 0 })
    expect(plain.stderr).toContain("The image has no dockerd to start")
    expect(await workspace("delete", "plain")).toMatchObject({ exit: 0 })
  }, 120_000)

  it("an engine that does not start is told with its own words, and nothing of the workspace stays", async () => {
    const broken = "nexus-test-engine:2"
    const options = ["build", "--quiet", "--tag", broken, "-"]
    const input = `FROM ${image}\nRUN mkdir -p /etc/docker && echo '{"no-such-setting": true}' > /etc/docker/daemon.json\n`
    execFileSync("docker", options, { input, stdio: ["pipe", "ignore", "ignore"] })
    try {
      const failed = await workspace("create", "broken", "--backend", "docker", "--image", broken, "--dind")
      expect(failed).toMatchObject({ exit: 1 })
      expect(failed.stderr).toMatch(/dockerd ended with 1:.*no-such-setting/)
      expect(await workspace("show", "broken")).toMatchObject({ exit: 3 })
    } finally {
      execFileSync("docker", ["rmi", "-f", broken], { stdio: "ignore" })
    }
  }, 120_000)

  it("plain processes have no containers", async () => {
    const refused = await workspace("create", "bare", "--backend", "process", "--dind")
    expect(refused).toMatchObject({ exit: 4 })
    expect(refused.stderr).toContain("--backend docker")
  })
})
