/** The keeper with a real container: SSH keeps it running, then it is stopped, and a command or plain `ssh` starts it again. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dockerBackend } from "../../src/adapters/docker/DockerBackend.ts"
import { Nexus } from "../../src/app/Nexus.ts"
import { create } from "../../src/app/workspaces/Create.ts"
import { execute } from "../../src/app/workspaces/Execute.ts"
import { type Moment, momentNow } from "../../src/app/workspaces/keep/Notes.ts"
import { round } from "../../src/app/workspaces/keep/Round.ts"
import * as Life from "../../src/app/workspaces/Life.ts"
import { blockOf } from "../../src/app/workspaces/SshConfig.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { gathering } from "../adapters/backends/bench.ts"
import { type Dressed, type Stage, stage } from "../app/workspaces/stage.ts"
import { spec } from "../domain/workspace/facts.ts"
import { program } from "../support/cli.ts"

const silent = () => undefined
const minute = 60_000

let at: Stage
let docker: Dressed
let began: Moment
beforeAll(async () => {
  at = stage()
  const device = await at.run(Effect.map(EventLog, (log) => log.device))
  docker = () => dockerBackend(device)
  await run(
    create({ name: "feat", base: "HEAD", spec: { ...spec, backend: "docker", idleStopMs: 20 * minute } }, silent)
  )
  began = momentNow()
}, 240_000)
afterAll(async () => {
  await run(Life.remove("feat", { force: true }))
  at[Symbol.dispose]()
}, 120_000)

const run: Stage["run"] = (effect) => at.run(effect, at.repository, docker)
const feat = async () => (await at.find("feat")).workspace
const activity = async () => run(docker(undefined as never).activity((await feat()).id))
const exec = (detach: boolean, ...command: readonly [string, ...ReadonlyArray<string>]) => {
  const [stdout, stderr] = [gathering(), gathering()]
  return run(execute("feat", { command, variables: {}, detach, stdout: stdout.stream, stderr: stderr.stream }, silent))
}

/** A round each minute that is made up, on real parts. */
const rounds = (from: number, to: number) =>
  run(
    Effect.gen(function* () {
      const troubles = []
      for (let minutes = from; minutes <= to; minutes++) {
        const now = { ...began, wall: began.wall + minutes * minute, awake: began.awake + minutes * minute }
        troubles.push(...(yield* round(minute, now)).troubles)
      }
      return troubles
    })
  )

/** OpenSSH's client, told what is to be told to it by the built program. */
const ssh = async (...command: ReadonlyArray<string>) => {
  const { text } = await run(
    Effect.flatMap(Effect.promise(feat), blockOf).pipe(
      Effect.updateService(Nexus, (nexus) => ({ ...nexus, program: { node: process.execPath, nexus: program } }))
    )
  )
  const file = join(at.root, "ssh_config")
  writeFileSync(file, text, { mode: 0o600 })
  return spawn("ssh", ["-F", file, "nexus-feat", ...command], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NEXUS_WORKSPACE_KEEPER: "false" }
  })
}

describe("a container that nobody uses", () => {
  it("goes on while SSH is connected, is stopped after a warning, and started by the next command", async () => {
    const client = await ssh("cat")
    client.stdin.write("connected\n")
    await once(client.stdout, "data")
    expect(await activity()).toMatchObject({ ssh: 1 })
    expect(await rounds(0, 25)).toEqual([])
    expect(await feat()).toMatchObject({ status: "running", idle: null })
    client.stdin.end()
    await once(client, "close")
    while ((await activity()).ssh > 0);
    await rounds(26, 36)
    expect((await feat()).idle).toMatchObject({ idleMs: 10 * minute })
    await rounds(37, 46)
    expect(await feat()).toMatchObject({ status: "stopped", stoppedFor: "idle" })
    expect(await exec(false, "true")).toMatchObject({ exit: 0 })
    expect((await feat()).status).toBe("running")
  }, 300_000)

  it("counts commands that go on inside, and neither its own programs nor what these have to do with each other", async () => {
    expect(await activity()).toEqual({ ssh: 0, connections: 0, commands: 0, terminals: 0 })
    await exec(true, "sleep", "600")
    expect(await activity()).toMatchObject({ commands: 1 })
    await exec(false, "pkill", "sleep")
    while ((await activity()).commands > 0);
    // A program that was left behind, and is nobody's command any more.
    await exec(false, "sh", "-c", "setsid sleep 600 >/dev/null 2>&1 &")
    expect(await activity()).toMatchObject({ commands: 0 })
  }, 120_000)

  it("is started by plain ssh before that connects", async () => {
    await run(Life.stop("feat", "idle"))
    const client = await ssh("pwd")
    const told: Array<string> = []
    client.stdout.on("data", (chunk: Buffer) => told.push(chunk.toString("utf8")))
    client.stderr.on("data", (chunk: Buffer) => told.push(chunk.toString("utf8")))
    client.stdin.end()
    expect([await once(client, "close"), told.join("")]).toEqual([[0, null], `Starting …\n${at.folder("feat")}\n`])
    expect((await feat()).status).toBe("running")
  }, 120_000)
})
