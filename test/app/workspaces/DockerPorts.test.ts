/** Ports of this machine that somebody else holds, on a real engine. */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dockerBackend } from "../../../src/adapters/docker/DockerBackend.ts"
import { create } from "../../../src/app/workspaces/Create.ts"
import { start, stop } from "../../../src/app/workspaces/Life.ts"
import { record } from "../../../src/app/workspaces/Operate.ts"
import { addPorts, discover, listPorts } from "../../../src/app/workspaces/ServicePorts.ts"
import { takeAway } from "../../../src/app/workspaces/TakeAway.ts"
import { range } from "../../../src/domain/workspace/Ports.ts"
import type { Spec } from "../../../src/domain/workspace/Spec.ts"
import { spec } from "../../domain/workspace/facts.ts"
import { type Dressed, stage, type Stage } from "./stage.ts"

const docker = (...args: ReadonlyArray<string>): string => execFileSync("docker", args, { encoding: "utf8" }).trim()
const silent = () => undefined

let here: Stage
let dressed: Dressed
const closing: Array<() => unknown> = []
const made: Array<string> = []

beforeAll(() => {
  here = stage()
  const backend = dockerBackend(`log-${process.pid}-${Date.now()}`)
  dressed = () => backend
})
afterAll(async () => {
  for (const close of closing) close()
  for (const name of made) {
    const { workspace } = await here.find(name)
    if (workspace.status === "deleted") continue
    await run(takeAway(workspace.id, { undo: true, branch: true, volumes: true }))
  }
  here[Symbol.dispose]()
}, 120_000)

const run: Stage["run"] = (program) => here.run(program, here.repository, dressed)
const make = async (name: string, more: Partial<Spec> = {}) => {
  made.push(name)
  return run(create({ name, base: "HEAD", spec: { ...spec, backend: "docker", ...more } }, silent))
}
const services = (...names: ReadonlyArray<string>): Spec["services"] =>
  names.map((name, index) => ({ name, port: 3000 + index, protocol: "tcp" }))
const moves = async () => (await here.events()).filter(({ type }) => type === "WorkspacePortMoved").length

// Whatever else runs on this machine may hold a port before we do: then it is held all the same.

/** Holds a port as a program would. */
const listen = async (port: number): Promise<() => void> => {
  const server = createServer().listen(port, "127.0.0.1")
  await once(server, "listening").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EADDRINUSE") throw cause
  })
  const close = () => server.close()
  closing.push(close)
  return close
}

/** Holds a port by a connection that goes out from it, as the kernel gives them to any program. */
const connectFrom = async (port: number): Promise<void> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port: to } = server.address() as AddressInfo
  const script = `use IO::Socket; my $one = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => ${port},
    PeerAddr => "127.0.0.1", PeerPort => ${to}) or die "$@"; $| = 1; print "connected\\n"; sleep 600`
  const child = spawn("perl", ["-e", script], { stdio: ["ignore", "pipe", "inherit"] })
  closing.push(() => child.kill("SIGKILL") && server.close())
  await Promise.race([once(child.stdout, "data"), once(child, "exit")])
}

/** Holds a port by somebody else's container. */
const contain = (port: number): void => {
  const publish = ["--publish", `0.0.0.0:${port}:80`]
  const id = docker("create", "--init", "--rm", ...publish, "--entrypoint", "sleep", "nexus-base:1", "600")
  closing.push(() => docker("rm", "--force", id))
  const { status, stderr } = spawnSync("docker", ["start", id], { encoding: "utf8" })
  if (status !== 0) expect(stderr).toMatch(/port is already allocated|address already in use/)
}

describe("a port that somebody else holds", () => {
  it("is passed over when a workspace is made: nothing has to be made twice", async () => {
    const first = await make("first")
    const next = (first.ports[0]?.hostPort ?? 0) + 1
    await listen(next)
    contain(next + 1)
    await connectFrom(next + 2)
    const second = await make("second", { services: services("web") })
    for (const { hostPort } of second.ports) expect([next, next + 1, next + 2]).not.toContain(hostPort)
    expect(await moves()).toBe(0)
  }, 120_000)

  it("is given up for another by one that was stopped, whoever holds it, and all of them at once", async () => {
    const before = await make("moving", { services: services("a", "b", "c") })
    await run(stop("moving"))
    const port = (service: string) => before.ports.find((one) => one.service === service)?.hostPort ?? 0
    await listen(port("a"))
    contain(port("b"))
    await connectFrom(port("c"))
    const said: Array<string> = []
    const after = await run(start("moving", (words) => said.push(words)))
    expect(after.status).toBe("running")
    for (const service of ["a", "b", "c"])
      expect(after.ports.find((one) => one.service === service)?.hostPort).not.toBe(port(service))
    expect(after.ports.find((one) => one.service === "ssh")).toEqual(before.ports.find((one) => one.service === "ssh"))
    expect(said.filter((words) => words.includes("is taken"))).toHaveLength(1)
    expect(await moves()).toBe(3)
  }, 120_000)

  it("is refused with what to do when there is no other one, and the workspace is as it was", async () => {
    const { id, ports } = await make("full")
    await run(stop("full"))
    const own = ports[0]?.hostPort ?? 0
    const other = (await here.find("first")).workspace.id
    await here.run(
      record(other, () =>
        Array.from({ length: range.last - range.first + 1 }, (_, index) => index + range.first)
          .filter((hostPort) => hostPort !== own)
          .map((hostPort) => ({
            type: "WorkspacePortReserved" as const,
            payload: {
              workspace: other,
              service: `p${hostPort}`,
              host: "127.0.0.1",
              hostPort,
              port: hostPort,
              protocol: "tcp" as const
            }
          }))
      )
    )
    const close = await listen(own)
    const refused = await here.refused(start("full", silent), here.repository, dressed)
    expect(refused).toMatchObject({ _tag: "WorkspaceRefused", reason: expect.stringContaining("All ports from 32800") })
    close()
    expect((await run(start("full", silent))).ports).toEqual(ports)
    const another = create({ name: "another", base: "HEAD", spec: { ...spec, backend: "docker" } }, silent)
    expect(await here.refused(another, here.repository, dressed)).toMatchObject({ _tag: "WorkspaceRefused" })
    expect((await here.find("full")).workspace.id).toBe(id)
    await here.run(
      record(other, (state) =>
        state.ports
          .filter(({ service }) => service.startsWith("p3"))
          .map(({ service }) => ({ type: "WorkspacePortReleased" as const, payload: { workspace: other, service } }))
      )
    )
  }, 180_000)
})

describe("what listens inside", () => {
  it("is found and given ports, but for what listens on loopback alone", async () => {
    const { id } = await make("heard", { services: services("web") })
    const backend = dressed(undefined as never)
    const script = `use IO::Socket; my @all = map { my ($host, $port) = split /:/;
      IO::Socket::INET->new(LocalAddr => $host, LocalPort => $port, Listen => 5) or die $! } @ARGV; sleep 600`
    const { Writable } = await import("node:stream")
    const nowhere = new Writable({ write: (_, __, done) => done() })
    const places = ["0.0.0.0:3000", "0.0.0.0:4000", "0.0.0.0:4001", "127.0.0.1:4002"] as const
    const command = ["perl", "-e", script, ...places] as const
    await run(backend.execute(id, { command: [...command], stdout: nowhere, stderr: nowhere, detach: true }))
    const heard = () => run(listPorts("heard"))
    await expect.poll(async () => (await heard()).others.length).toBe(3)
    const { ports, others } = await heard()
    expect(ports.map(({ service, heard }) => [service, heard])).toEqual([
      ["ssh", "yes"],
      ["web", "yes"]
    ])
    expect(others).toEqual([
      { port: 4000, protocol: "tcp" },
      { port: 4001, protocol: "tcp" },
      { port: 4002, protocol: "tcp", isLocal: true }
    ])
    const found = await run(discover("heard"))
    expect(found.map(({ name }) => name)).toEqual(["port-4000", "port-4001"])
    const added = await run(addPorts("heard", found, silent))
    expect(added.ports.map(({ port }) => port)).toEqual([4000, 4001])
    expect(added.workspace.status).toBe("running")
  }, 120_000)
})
