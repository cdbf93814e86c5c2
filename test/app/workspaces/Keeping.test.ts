/** Rounds of the keeper on real parts; only the moments that they are told of are made up. */
import { existsSync, lstatSync, writeFileSync } from "node:fs"
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net"
import { once } from "node:events"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { activityOf } from "../../../src/adapters/process/Activity.ts"
import { inbox } from "../../../src/app/boulder/Inbox.ts"
import { openCalls } from "../../../src/app/snapshot/OpenCalls.ts"
import { create } from "../../../src/app/workspaces/Create.ts"
import { execute } from "../../../src/app/workspaces/Execute.ts"
import { changeSince } from "../../../src/app/workspaces/keep/FileChanges.ts"
import { type Moment, momentNow } from "../../../src/app/workspaces/keep/Notes.ts"
import { round } from "../../../src/app/workspaces/keep/Round.ts"
import { addSample, samplesOf } from "../../../src/app/workspaces/keep/Samples.ts"
import * as Life from "../../../src/app/workspaces/Life.ts"
import { whileUsed } from "../../../src/app/workspaces/Uses.ts"
import type { SessionId } from "../../../src/domain/Ids.ts"
import type { WorkspaceId } from "../../../src/domain/workspace/Ids.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import { gathering } from "../../adapters/backends/bench.ts"
import { spec } from "../../domain/workspace/facts.ts"
import { type Dressed, type Stage, stage } from "./stage.ts"

const silent = () => undefined
const minute = 60_000

let at: Stage
let began: Moment
beforeEach(async () => {
  at = stage()
  await make("feat", { idleStopMs: 20 * minute })
  began = momentNow()
})
afterEach(() => at[Symbol.dispose]())

const make = (name: string, more: object, dressed?: Dressed) =>
  at.run(create({ name, base: "HEAD", spec: { ...spec, ...more } }, silent), at.repository, dressed)

/** So many minutes after the beginning. */
const after = (minutes: number, asleep = 0): Moment => ({
  ...began,
  wall: began.wall + (minutes + asleep) * minute,
  awake: began.awake + minutes * minute
})

/** A round a minute, from one to another. */
const rounds = (from: number, to: number, asleep = 0) =>
  at.run(
    Effect.gen(function* () {
      let last = yield* round(minute, after(from, asleep))
      for (let minutes = from + 1; minutes <= to; minutes++) last = yield* round(minute, after(minutes, asleep))
      return last
    })
  )

const feat = async () => (await at.find("feat")).workspace
const types = async () => (await at.events()).map(({ type }) => type).filter((type) => /Idle|Stopped/.test(type))
const exec = (detach: boolean, ...command: readonly [string, ...ReadonlyArray<string>]) => {
  const [stdout, stderr] = [gathering(), gathering()]
  return at.run(
    execute("feat", { command, variables: {}, detach, stdout: stdout.stream, stderr: stderr.stream }, silent)
  )
}

describe("a workspace that nobody uses", () => {
  it("is warned of, in the list and the inbox; then it is stopped, and the next command in it starts it again", async () => {
    await rounds(0, 9)
    expect((await feat()).idle).toBeNull()
    await rounds(10, 10)
    expect((await feat()).idle).toEqual({ idleMs: 10 * minute, stopsAt: after(20).wall })
    expect(await at.run(inbox({ all: true }))).toMatchObject([
      { kind: "idle workspace", subject: "feat", todo: expect.stringContaining("nexus workspace start feat") as string }
    ])
    await rounds(11, 19)
    expect((await feat()).status).toBe("running")
    expect(await rounds(20, 20)).toEqual({ running: 1, troubles: [], guarded: [] })
    expect(await feat()).toMatchObject({ status: "stopped", stoppedFor: "idle", idle: null })
    expect(await at.run(inbox({ all: true }))).toEqual([])
    expect(existsSync(join(at.home.workspaces, (await feat()).id, "asleep"))).toBe(true)
    expect(await exec(false, "true")).toMatchObject({ exit: 0 })
    expect(await feat()).toMatchObject({ status: "running", stoppedFor: null })
    expect(existsSync(join(at.home.workspaces, (await feat()).id, "asleep"))).toBe(false)
    await at.onlyTheLiving()
  })

  it("is never stopped where that is not set, and by the settings where it is", async () => {
    await make("always", { idleStopMs: null })
    await make("unset", {})
    await rounds(0, 60)
    const status = async (name: string) => (await at.find(name)).workspace.status
    expect([await status("feat"), await status("always"), await status("unset")]).toEqual([
      "stopped",
      "running",
      "running"
    ])
    writeFileSync(at.home.config, `{ "workspace": { "idleStop": "30m" } }`)
    await rounds(61, 120)
    expect([await status("always"), await status("unset")]).toEqual(["running", "stopped"])
  })

  it("is not stopped when the machine slept, however long", async () => {
    await rounds(0, 15)
    expect((await feat()).idle).not.toBeNull()
    await rounds(16, 24, 600)
    expect(await types()).toEqual(["WorkspaceIdleWarned", "WorkspaceIdleEnded"])
    await rounds(25, 36, 600)
    expect((await feat()).status).toBe("stopped")
  })

  it("is stopped in time by another keeper than the one that warned, but not after nobody watched", async () => {
    await rounds(0, 15)
    await rounds(30, 49)
    expect((await feat()).status).toBe("running")
    await rounds(50, 50)
    expect((await feat()).status).toBe("stopped")
  })
})

describe("what keeps a workspace running", () => {
  /** Nothing else does: it is stopped soon after `let go` is called. */
  const holds = async (why: string) => {
    await rounds(0, 40)
    expect(await feat()).toMatchObject({ status: "running", idle: null })
    return why
  }
  const letsGo = async () => {
    await rounds(41, 62)
    expect((await feat()).status).toBe("stopped")
  }

  it("is a command that goes on by itself", async () => {
    await exec(true, "sleep", "600")
    await holds("a command")
    await rounds(41, 60)
    expect((await feat()).status).toBe("running")
    await at.run(Life.stop("feat"))
  })

  it("is a command or a shell that somebody waits for, until it ends", async () => {
    await at.run(
      whileUsed(
        await feat(),
        Effect.promise(() => holds("a shell"))
      )
    )
    await letsGo()
  })

  it("is none of a process that was killed", async () => {
    const { id } = await feat()
    await at.run(
      whileUsed(
        { id },
        Effect.sync(() => writeFileSync(join(at.home.workspaces, id, "uses", "4194305.1"), "gone"))
      )
    )
    await rounds(0, 20)
    expect((await feat()).status).toBe("stopped")
  })

  it("is a connection to one of its ports, as long as it is open", async () => {
    const server = createServer((socket: Socket) => void socket.on("error", silent)).listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    const connections = () => activityOf([], new Set([port])).connections
    expect(connections()).toBe(0)
    const client = createConnection({ port, host: "127.0.0.1" })
    await once(client, "connect")
    expect(connections()).toBe(1)
    client.destroy()
    server.close()
    await once(server, "close")
    expect(connections()).toBe(0)
  })

  it("is an agent's tool that is at work in its worktree", async () => {
    const calls = openCalls(at.home.calls)
    const call = {
      session: "claude:s" as SessionId,
      call: "c",
      tool: "Bash",
      checkout: at.folder("feat"),
      cwd: at.folder("feat"),
      reach: "checkout" as const,
      since: Date.now(),
      position: 1,
      background: false,
      idle: false
    }
    calls.put(call)
    await holds("an agent")
    calls.remove(call)
    await letsGo()
  })

  it("is a file in it that somebody changes", async () => {
    await rounds(0, 9)
    // Written now, which is later than the rounds that are made up from here on.
    began = { ...began, wall: began.wall - 24 * 60 * minute }
    await rounds(9, 9)
    await rounds(10, 40)
    expect(await types()).toEqual([])
    expect((await feat()).status).toBe("running")
  })

  it("is a word of its user's, also after the warning", async () => {
    await rounds(0, 15)
    await at.run(Life.start("feat", silent))
    expect((await feat()).idle).toBeNull()
    await rounds(16, 30)
    expect(await types()).toEqual(["WorkspaceIdleWarned", "WorkspaceIdleEnded", "WorkspaceIdleWarned"])
    expect((await feat()).status).toBe("running")
  })

  it("is that it can't be told whether it is used; what failed is told", async () => {
    const mute: Dressed = (backend) => ({ ...backend, activity: () => Effect.die(new Error("no answer")) })
    let troubles: ReadonlyArray<unknown> = []
    for (let minutes = 0; minutes <= 40; minutes++)
      ({ troubles } = await at.run(round(minute, after(minutes)), at.repository, mute))
    expect(troubles).toEqual([{ workspace: "feat", job: "idle stop", reason: "no answer" }])
    expect((await feat()).status).toBe("running")
  })
})

describe("the files of a worktree", () => {
  it("show a change after a moment, but not git's own, and not those of a folder that is too large", async () => {
    const folder = at.folder("feat")
    const since = Math.max(...[".", "a.txt", "b", "b/c.txt"].map((path) => lstatSync(join(folder, path)).ctimeMs))
    expect(changeSince(folder, since)).toBeUndefined()
    // The clock of files goes by a few milliseconds at a time.
    do writeFileSync(join(folder, "b/new.txt"), "new")
    while (lstatSync(join(folder, "b/new.txt")).ctimeMs <= since)
    expect(changeSince(folder, since)).toBeGreaterThan(since)
    expect(changeSince(folder, Date.now() + minute, 2)).toBe("unknown")
  })
})

describe("samples", () => {
  it("are noted in each round", async () => {
    await rounds(0, 3)
    const { id } = await feat()
    const samples = await at.run(Effect.map(EventLog, ({ database }) => samplesOf(database, id, 0)))
    expect(samples.map(({ time }) => time)).toEqual([0, 1, 2, 3].map((minutes) => after(minutes).wall))
    expect(samples[1]).toMatchObject({ processes: 0, memoryBytes: 0, cpus: 0 })
  })

  it("are dropped when they are too old or too many, the oldest first", async () => {
    const few = { ageMs: 1000, perWorkspace: 5, all: 8 }
    const [one, other] = ["ws_0000000000000001", "ws_0000000000000002"] as ReadonlyArray<string> as [
      WorkspaceId,
      WorkspaceId
    ]
    const times = (id: WorkspaceId) =>
      at.run(Effect.map(EventLog, ({ database }) => samplesOf(database, id, 0).map(({ time }) => time)))
    await at.run(
      Effect.map(EventLog, ({ database }) => {
        for (let time = 1; time <= 9; time++) addSample(database, one, { time }, few)
        for (let time = 11; time <= 19; time++) addSample(database, other, { time, cpus: 1.5 }, few)
      })
    )
    expect([await times(one), await times(other)]).toEqual([
      [7, 8, 9],
      [15, 16, 17, 18, 19]
    ])
    await at.run(Effect.map(EventLog, ({ database }) => addSample(database, one, { time: 1017 }, few)))
    expect([await times(one), await times(other)]).toEqual([[1017], [17, 18, 19]])
  })
})
