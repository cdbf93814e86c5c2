/**
 * `nexus workspace exec` in a container, in the quick way and in the other: what is ordinary never loads the log, and nothing of it can
 * be told but by that.
 */
import type { ChildProcess } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { userInfo } from "node:os"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { finished, json, newWorld, type RunOptions, type World } from "../support/cli.ts"

let world: World
let project: string
let id: string
beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  await make()
}, 240_000)
// Docker 20.10 was once seen to run no command in a container any more, for minutes, until that was removed: another one has its turn then.
afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return
  await remove()
  await make()
}, 120_000)
afterAll(async () => {
  await remove()
  world[Symbol.dispose]()
}, 120_000)

const make = async (): Promise<void> => {
  const made = await world.nexus(["workspace", "create", "feat", "--backend", "docker", "--json"], { cwd: project })
  expect(made).toMatchObject({ exit: 0 })
  id = json(made).id
}
const remove = () => world.nexus(["workspace", "delete", "feat", "--force"], { cwd: project })

const quick = (command: ReadonlyArray<string>, options: RunOptions = {}) =>
  world.nexus(["workspace", "exec", "feat", "--", ...command], { cwd: project, ...options })
/** With an option that the quick way does not know. */
const proper = (command: ReadonlyArray<string>, options: RunOptions = {}) =>
  world.nexus(["workspace", "exec", "feat", "--timeout", "1h", "--", ...command], { cwd: project, ...options })
const both = async (command: ReadonlyArray<string>, options?: RunOptions) => [
  await quick(command, options),
  await proper(command, options)
]

/** What the quick way delivered, and nobody recorded yet. */
const waiting = (): ReadonlyArray<string> => {
  try {
    return readdirSync(join(world.home, "spool", "new")).filter((name) => name.startsWith("nexus."))
  } catch {
    return []
  }
}
const delivered = () => waiting().map((name) => readFileSync(join(world.home, "spool", "new", name), "utf8"))

/** The commands on record, the last first. */
const recorded = async () => {
  const { stdout } = await world.nexus(["events", "--type", "WorkspaceCommandRan", "--json"], { cwd: project })
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .toReversed()
}

const inside = (...command: ReadonlyArray<string>) => proper(command)
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")
const said = async (child: ChildProcess) => void (await once(child.stdout ?? child, "data"))

describe("an ordinary command in a container", { retry: 1 }, () => {
  it("has the same output, errors and exit code in the quick way, which does not open the log", async () => {
    const [one, other] = await both(["sh", "-c", "echo out; echo err >&2; exit 7"])
    expect(one).toEqual({ exit: 7, stdout: "out\n", stderr: "err\n" })
    expect(waiting()).toHaveLength(0)
    expect(other).toEqual(one)
    await quick(["true"])
    expect(waiting()).toHaveLength(1)
  }, 60_000)

  it("runs where, as whom and with what it would in the other", async () => {
    const about = "pwd; id; env | grep -v -e ^NEXUS_EXEC= -e ^HOSTNAME= | sort; umask"
    const [one, other] = await both(["sh", "-c", about])
    expect(one?.stdout).toContain("NEXUS_WORKSPACE=feat\n")
    expect(one).toEqual(other)
  }, 60_000)

  it("is told of as the other tells of it when there is no such program, or a signal ends it", async () => {
    for (const [command, exit] of [
      [["no-such-program"], 127],
      [["sh", "-c", "kill -9 $$"], 137]
    ] as const) {
      const [one, other] = await both(command)
      expect(one).toMatchObject({ exit })
      expect(one).toEqual(other)
    }
  }, 60_000)

  it("is given all of its input, and an end of it", async () => {
    const stdin = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 7) % 256))
    const [one, other] = await both(["sha256sum"], { stdin })
    expect(one?.stdout).toBe(`${createHash("sha256").update(stdin).digest("hex")}  -\n`)
    expect(one).toEqual(other)
    expect(await quick(["head", "-c", "3"], { stdin: "abcdef" })).toEqual({ exit: 0, stdout: "abc", stderr: "" })
  }, 60_000)

  it("gives all of a large output, each stream whole, to a reader that is slow", async () => {
    const text = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join("")
    const child = world.start(["workspace", "exec", "feat", "--", "sh", "-c", "seq 1 200000; seq 1 200000 >&2"], {
      cwd: project
    })
    // Nothing is read until the pipe has been full for as long as another command takes.
    child.stdout?.pause()
    await proper(["true"])
    const ended = finished(child)
    child.stdout?.resume()
    expect(await ended).toEqual({ exit: 0, stdout: text, stderr: text })
    const [ran] = await recorded()
    expect(ran.payload).toMatchObject({
      stdout: { bytes: text.length, sha256: sha256(text) },
      stderr: { bytes: text.length, sha256: sha256(text) }
    })
  }, 60_000)

  it("is ended when nobody reads its output any more", async () => {
    for (const option of [[], ["--timeout", "1h"]]) {
      const child = world.start(["workspace", "exec", "feat", ...option, "--", "sh", "-c", "exec yes gone"], {
        cwd: project
      })
      const ended = once(child, "exit")
      await said(child)
      child.stdout?.destroy()
      expect(await ended).toEqual([141, null])
      expect(await inside("pgrep", "-f", "yes gone")).toMatchObject({ exit: 1 })
      const ran = (await recorded()).find(({ payload }) => payload.command === "sh -c exec yes gone")
      expect(ran.payload).toMatchObject({ exit: 141 })
    }
  }, 60_000)

  for (const signal of ["SIGINT", "SIGTERM"] as const)
    it(`is ended with all that it started by ${signal}`, async () => {
      for (const option of [[], ["--timeout", "1h"]]) {
        const child = world.start(
          ["workspace", "exec", "feat", ...option, "--", "sh", "-c", "setsid sleep 4321 & echo began; wait"],
          { cwd: project }
        )
        const ended = once(child, "exit")
        await said(child)
        child.kill(signal)
        expect(await ended).toEqual([130, null])
        expect(await inside("pgrep", "-f", "sleep 4321")).toMatchObject({ exit: 1 })
      }
    }, 60_000)
})

describe("what ran in the quick way", { retry: 1 }, () => {
  it("is on record with the next command, once, at its time, with who ran it", async () => {
    const before = Date.now()
    await quick(["sh", "-c", "echo kept; exit 3"])
    expect(waiting()).toHaveLength(1)
    const told = await world.nexus(["replay", "--workspace", "feat"], { cwd: project })
    expect(told.stdout).toContain("exec in the workspace: sh -c echo kept; exit 3 — exit 3")
    expect(waiting()).toHaveLength(0)
    const [ran, ...earlier] = await recorded()
    expect(ran).toMatchObject({
      actor: { kind: "human", name: userInfo().username },
      stream: `workspace/${id}`,
      payload: {
        workspace: id,
        via: "exec",
        command: "sh -c echo kept; exit 3",
        exit: 3,
        timedOut: false,
        stdout: { bytes: 5, sha256: sha256("kept\n") },
        stderr: { bytes: 0, sha256: sha256("") }
      }
    })
    expect(Date.parse(ran.time)).toBeGreaterThanOrEqual(before - 10)
    expect(earlier.filter(({ payload }) => payload.command === ran.payload.command)).toEqual([])
    expect(await world.nexus(["verify"], { cwd: project })).toMatchObject({ exit: 0 })
  }, 60_000)

  it("is an agent's when an agent's shell runs it, as part of the conversation", async () => {
    const env = { CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: "601ddb06-1111-4222-8333-444455556666" }
    await quick(["true"], { env })
    expect(waiting()).toHaveLength(1)
    const [ran] = await recorded()
    expect(ran).toMatchObject({
      actor: { kind: "agent", name: "claude" },
      correlation: `claude:${env.CLAUDE_CODE_SESSION_ID}`
    })
  }, 60_000)

  it("has no secret in it, not even while it waits", async () => {
    const secret = `ghp_${"aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hLxRqU".slice(0, 36)}`
    await quick(["sh", "-c", `: token=${secret}`])
    const [text = ""] = delivered()
    expect(text).toContain("[redacted:")
    expect(text).not.toContain(secret)
    const [ran] = await recorded()
    expect(ran.payload.command).toContain("[redacted:")
  }, 60_000)

  it("is not believed to have run when an agent inside says so", async () => {
    const forged = JSON.stringify({
      type: "WorkspaceCommandRan",
      payload: { workspace: id, via: "exec", command: "forged", exit: 0, timedOut: false, durationMs: 1 },
      actor: { kind: "human", name: "ada" }
    })
    const name = "nexus.0.1.1.forged"
    const file = join(world.home, "spool", "new", name)
    expect(await quick(["sh", "-c", `cat > ${file}`], { stdin: forged })).toMatchObject({ exit: 0 })
    expect((await recorded()).map(({ payload }) => payload.command)).not.toContain("forged")
    const rejected = join(world.home, "workspaces", id, "spool", "rejected")
    expect(readFileSync(join(rejected, `${name}.reason`), "utf8")).toContain("there is no agent named")
  }, 60_000)

  it("is set aside when it is nothing that Nexus delivers, or of a workspace that was never there", async () => {
    const ran = { workspace: "ws_0000000000000000", via: "exec", command: "x", exit: 0, timedOut: false, durationMs: 1 }
    const strange = { type: "WorkspaceCommandRan", payload: ran, actor: { kind: "human", name: "ada" } }
    await quick(["true"])
    for (const [name, text] of [
      ["nexus.0.1.1.broken", "{"],
      ["nexus.0.1.1.other", JSON.stringify({ ...strange, type: "WorkspaceDeleted" })],
      ["nexus.0.1.1.strange", JSON.stringify(strange)]
    ] as const)
      writeFileSync(join(world.home, "spool", "new", name), text)
    await recorded()
    const reason = (name: string) => readFileSync(join(world.home, "spool", "rejected", `${name}.reason`), "utf8")
    expect(reason("nexus.0.1.1.broken")).toContain("not what Nexus delivers to itself")
    expect(reason("nexus.0.1.1.other")).toContain("not what Nexus delivers to itself")
    expect(reason("nexus.0.1.1.strange")).toContain("there is no workspace ws_0000000000000000")
    expect(waiting()).toHaveLength(0)
  }, 60_000)

  it("can't be delivered by a hook, whatever calls itself nexus", async () => {
    const ran = await world.nexus(["hook", "nexus"], { cwd: project, stdin: "{}" })
    expect(ran).toMatchObject({ exit: 0, stderr: expect.stringContaining("cannot be the name of an agent") })
    expect(waiting()).toHaveLength(0)
  }, 60_000)
})

describe("what is out of the ordinary", { retry: 1 }, () => {
  it("is run in the other way, once", async () => {
    const folder = join(project, ".worktree", "feat")
    writeFileSync(join(folder, "mark.sh"), "echo x >> marks; wc -l < marks\n")
    const mark = ["sh", join(folder, "mark.sh")]
    const fallBehind = () => {
      const sqlite = new Sqlite(join(world.home, "nexus.db"))
      sqlite.prepare("UPDATE projections SET position = 1 WHERE name = 'workspaces'").run()
      sqlite.close()
    }
    const marks: Array<string> = []
    const exec = async (words: ReadonlyArray<string>, env: RunOptions["env"] = {}) => {
      const ran = await world.nexus(["workspace", "exec", ...words], { cwd: project, env })
      expect(ran).toMatchObject({ exit: 0 })
      expect(waiting()).toHaveLength(0)
      marks.push(ran.stdout.trim())
    }
    await exec(["feat", ...mark])
    await exec(["feat", "--env", "A=b", "--", ...mark])
    await exec(["feat", "--cwd", folder, "--", ...mark])
    fallBehind()
    await exec(["feat", "--", ...mark])
    // An empty one is none, and another one says that calls are to have a limit of their own.
    await exec(["feat", "--", ...mark], { DOCKER_CLIENT_TIMEOUT: "60000" })
    // Whether somebody has to look after it is in the settings.
    writeFileSync(join(world.home, "config.jsonc"), `{ "workspace": { "keeper": false } }`)
    await exec(["feat", "--", ...mark], { NEXUS_WORKSPACE_KEEPER: undefined })
    expect(marks).toEqual(["1", "2", "3", "4", "5", "6"])
  }, 120_000)

  it("is never run a second time when the engine goes away while it runs", async () => {
    const socket = join(world.root, "cut.sock")
    await cutOff(socket)
    const file = join(project, ".worktree", "feat", "once")
    const ran = await quick(["sh", "-c", `echo x >> ${file}; echo began; sleep 1`], {
      env: { DOCKER_HOST: `unix://${socket}` }
    })
    expect(ran).toMatchObject({
      exit: 6,
      stdout: "",
      stderr: expect.stringContaining("no engine is there")
    })
    expect(readFileSync(file, "utf8")).toBe("x\n")
    expect(waiting()).toHaveLength(0)
  }, 60_000)

  it("is refused as ever: what is stopped or paused, what is not there, an engine that is not", async () => {
    const missing = await world.nexus(["workspace", "exec", "fea", "--", "true"], { cwd: project })
    expect(missing).toMatchObject({ exit: 3, stderr: expect.stringContaining("Did you mean feat?") })
    const off = await quick(["true"], { env: { DOCKER_HOST: "unix:///nowhere.sock" } })
    expect(off).toMatchObject({ stdout: "", stderr: expect.stringContaining("no engine is there") })
    expect(off.exit).not.toBe(0)
    await world.nexus(["workspace", "pause", "feat"], { cwd: project })
    expect(await quick(["true"])).toMatchObject({ stderr: expect.stringContaining("workspace resume feat") })
    await world.nexus(["workspace", "resume", "feat"], { cwd: project })
    // Behind Nexus' back: the log has it as running.
    const { stdout } = await world.run("docker", ["ps", "--quiet", "--filter", `label=nexus.workspace=${id}`])
    await world.run("docker", ["pause", stdout.trim()])
    expect(await quick(["true"])).toMatchObject({ stderr: expect.stringContaining("paused") })
    await world.run("docker", ["unpause", stdout.trim()])
    expect(await quick(["true"])).toMatchObject({ exit: 0, stderr: "" })
  }, 120_000)
})

/** The engine through a socket that is gone when a command says that it began. */
const cutOff = async (socket: string) => {
  const server = createServer((client) => {
    const engine = connect("/var/run/docker.sock")
    for (const one of [client, engine]) one.on("error", () => undefined)
    client.on("data", (chunk: Buffer) => engine.write(chunk))
    engine.on("data", (chunk: Buffer) => {
      if (!chunk.includes("began\n")) return client.write(chunk)
      server.close()
      return client.destroy()
    })
    engine.on("end", () => client.end())
  })
  await once(server.listen(socket), "listening")
}
