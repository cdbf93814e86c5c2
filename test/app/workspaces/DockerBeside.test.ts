/** A project's compose services from a workspace's creation to its end, on a real engine. */
import { execFileSync } from "node:child_process"
import { Writable } from "node:stream"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dockerBackend } from "../../../src/adapters/docker/DockerBackend.ts"
import { create } from "../../../src/app/workspaces/Create.ts"
import { execute } from "../../../src/app/workspaces/Execute.ts"
import { fork } from "../../../src/app/workspaces/Fork.ts"
import { logs } from "../../../src/app/workspaces/Measure.ts"
import { listPorts, removePort } from "../../../src/app/workspaces/ServicePorts.ts"
import { repair } from "../../../src/app/workspaces/Repair.ts"
import { composeFiles } from "../../../src/app/workspaces/spec/ComposeFiles.ts"
import { takeAway } from "../../../src/app/workspaces/TakeAway.ts"
import { takeCheckpoint } from "../../../src/app/workspaces/TakeCheckpoint.ts"
import { spec } from "../../domain/workspace/facts.ts"
import { type Dressed, put, stage, type Stage } from "./stage.ts"

const docker = (...args: ReadonlyArray<string>): string => execFileSync("docker", args, { encoding: "utf8" }).trim()
const silent = () => undefined

const compose = JSON.stringify({
  services: {
    db: {
      image: "nexus-base:1",
      init: true,
      command: ["sh", "-c", "echo up; exec sleep 600"],
      ports: ["5432:5432"],
      volumes: ["data:/data"]
    }
  },
  volumes: { data: {} }
})

let here: Stage
let dressed: Dressed
beforeAll(() => {
  here = stage({ "compose.yaml": compose, "compose.override.yaml": "services: { db: { environment: { A: '1' } } }\n" })
  const backend = dockerBackend(`log-${process.pid}-${Date.now()}`)
  dressed = () => backend
})
afterAll(async () => {
  for (const { workspace } of await here.all())
    if (workspace.status !== "deleted") await run(takeAway(workspace.id, { undo: true, branch: true, volumes: true }))
  here[Symbol.dispose]()
}, 120_000)

const run: Stage["run"] = (program) => here.run(program, here.repository, dressed)
const wanted = (name: string, files: readonly [string, ...ReadonlyArray<string>]) =>
  create({ name, base: "HEAD", spec: { ...spec, backend: "docker", compose: files } }, silent)
const containerOf = (id: string): string =>
  docker("ps", "--all", "--quiet", "--filter", `label=nexus.workspace=${id}`, "--filter", "label=nexus.companion=db")
const nowhere = () => new Writable({ write: (_, __, done) => done() })

describe("compose services beside a workspace", () => {
  it("have ports in the log before they run, which programs inside and people outside are told of", async () => {
    expect(await run(composeFiles(["auto"]))).toEqual(["compose.yaml", "compose.override.yaml"])
    const { id, ports } = await run(wanted("feat", ["compose.yaml", "compose.override.yaml"]))
    const db = ports.find(({ service }) => service === "db")
    expect(db).toMatchObject({ host: "127.0.0.1", port: 5432, protocol: "tcp", companion: "db" })
    const facts = (await here.events()).map((event) => [event.type, event.payload] as const)
    const reserved = facts.findIndex(([, payload]) => (payload as { companion?: string }).companion === "db")
    const starting = facts.findIndex(([, payload]) => (payload as { kind?: string }).kind === "start")
    expect(reserved).toBeGreaterThan(0)
    expect(reserved).toBeLessThan(starting)
    const chunks: Array<string> = []
    const stdout = new Writable({ write: (chunk: Buffer, _, done) => (chunks.push(chunk.toString()), done()) })
    await run(
      execute(
        "feat",
        { command: ["sh", "-c", "echo $NEXUS_PORT_DB"], variables: {}, detach: false, stdout, stderr: nowhere() },
        silent
      )
    )
    expect(chunks.join("").trim()).toBe(String(db?.hostPort))
    const listed = await run(listPorts("feat"))
    expect(listed.companions).toMatchObject([{ name: "db", state: "running" }])
    expect(listed.ports.map(({ service, heard }) => [service, heard])).toEqual([
      ["ssh", "yes"],
      ["db", "no"]
    ])
    const options = { follow: false, tail: undefined, companion: "dbb" }
    const unknown = logs("feat", options, { stdout: nowhere(), stderr: nowhere() })
    expect(await here.refused(unknown, here.repository, dressed)).toMatchObject({
      _tag: "NotFound",
      hint: expect.stringContaining("Did you mean db?")
    })
    expect(id).toMatch(/^ws_/)
  }, 120_000)

  it("are started again by a repair, whether they were stopped or removed", async () => {
    const { id } = (await here.find("feat")).workspace
    docker("kill", containerOf(id))
    expect(await run(repair(id, silent))).toMatchObject([
      { kind: "service-stopped", detail: "db beside feat does not run", healed: "they were started again" }
    ])
    docker("rm", "--force", containerOf(id))
    expect(await run(repair(id, silent))).toMatchObject([{ kind: "service-stopped" }])
    expect(await run(repair(id, silent))).toEqual([])
    docker(
      "rm",
      "--force",
      docker("ps", "--quiet", "--filter", `label=nexus.workspace=${id}`, "--filter", "label=nexus.step")
    )
    expect(await run(repair(id, silent))).toMatchObject([{ kind: "environment-gone", healed: "it was made again" }])
    expect((await here.find("feat")).workspace.status).toBe("running")
  }, 120_000)

  it("are in a fork as they were at the checkpoint, on ports of its own", async () => {
    const { id, ports } = (await here.find("feat")).workspace
    docker("exec", containerOf(id), "sh", "-c", "echo kept > /data/rows")
    const checkpoint = await run(takeCheckpoint(id, { occasion: "asked", ignored: false }))
    const forked = await run(fork("feat", checkpoint, "other", silent))
    expect(docker("exec", containerOf(forked.id), "cat", "/data/rows")).toBe("kept")
    const taken = ports.map(({ hostPort }) => hostPort)
    for (const { hostPort } of forked.ports) expect(taken).not.toContain(hostPort)
    expect(forked.ports.map(({ service }) => service)).toEqual(["ssh", "db"])
  }, 120_000)

  it("lose a port that is released, and go on", async () => {
    const { id } = (await here.find("other")).workspace
    const before = docker("exec", containerOf(id), "cat", "/data/rows")
    await run(removePort("other", "db", silent))
    expect(docker("port", containerOf(id))).toBe("")
    expect(docker("exec", containerOf(id), "cat", "/data/rows")).toBe(before)
  }, 120_000)

  it("that a workspace can't have leave nothing of it behind", async () => {
    put(`${here.repository}/bad.yaml`, "services: { a: { image: x, privileged: true } }\n")
    execFileSync("git", ["-C", here.repository, "add", "bad.yaml"])
    execFileSync("git", ["-C", here.repository, "commit", "--quiet", "--message", "Bad"])
    const bad = await here.refused(wanted("bad", ["bad.yaml"]), here.repository, dressed)
    expect(bad).toMatchObject({
      _tag: "BackendFailed",
      kind: "refused",
      detail: expect.stringContaining("a: privileged")
    })
    const missing = await here.refused(wanted("bad", ["nowhere.yaml"]), here.repository, dressed)
    expect(missing).toMatchObject({ detail: expect.stringContaining("no such file in the worktree") })
    await here.onlyTheLiving()
  }, 120_000)

  it("are refused by a backend that has no containers", async () => {
    const plain = create({ name: "plain", base: "HEAD", spec: { ...spec, compose: ["compose.yaml"] } }, silent)
    expect(await here.refused(plain)).toMatchObject({ kind: "unsupported", advice: "Take --backend docker." })
  })

  it("are gone with it", async () => {
    for (const name of ["feat", "other"]) {
      const { id } = (await here.find(name)).workspace
      await run(takeAway(id, { undo: false, branch: true, volumes: true }))
      const filter = ["--filter", `label=nexus.workspace=${id}`, "--quiet"]
      for (const kind of [
        ["ps", "--all"],
        ["volume", "ls"],
        ["network", "ls"]
      ])
        expect(docker(...kind, ...filter)).toBe("")
    }
    await here.onlyTheLiving()
  }, 120_000)
})
