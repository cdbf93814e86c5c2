import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { execute } from "../../../src/app/workspaces/Execute.ts"
import { fork } from "../../../src/app/workspaces/Fork.ts"
import * as Life from "../../../src/app/workspaces/Life.ts"
import { record } from "../../../src/app/workspaces/Operate.ts"
import { takeCheckpoint } from "../../../src/app/workspaces/TakeCheckpoint.ts"
import { bootId } from "../../../src/events/bootId.ts"
import type { Operation } from "../../../src/domain/workspace/WorkspaceEvents.ts"
import { stepId } from "../../domain/workspace/facts.ts"
import { gathering } from "../../adapters/backends/bench.ts"
import { photograph } from "../../adapters/git/worktrees/site.ts"
import { git } from "../world.ts"
import { put, type Stage, stage } from "./stage.ts"

const silent = () => undefined

let at: Stage
beforeEach(async () => {
  at = stage()
  await at.make("feat")
})
afterEach(() => at[Symbol.dispose]())

const exec = async (...command: readonly [string, ...ReadonlyArray<string>]) => {
  const [stdout, stderr] = [gathering(), gathering()]
  const asked = { command, variables: {}, detach: false, stdout: stdout.stream, stderr: stderr.stream }
  const ended = await at.run(execute("feat", asked, silent))
  return { ...ended, stdout: stdout.read(), stderr: stderr.read() }
}

describe("a workspace", () => {
  it("stops, starts, pauses and goes on; asked twice it stays as it is", async () => {
    for (const [act, status] of [
      [Life.stop("feat"), "stopped"],
      [Life.start("feat", silent), "running"],
      [Life.pause("feat"), "paused"],
      [Life.resume("feat"), "running"]
    ] as const) {
      expect((await at.run(act)).status).toBe(status)
      const events = (await at.events()).length
      expect((await at.run(act)).status).toBe(status)
      expect(await at.events()).toHaveLength(events)
    }
    await at.onlyTheLiving()
  })

  it("refuses what its state does not allow, and names what it does", async () => {
    await at.run(Life.stop("feat"))
    expect(await at.refused(Life.pause("feat"))).toMatchObject({
      reason: "feat is stopped: it can't be paused.",
      hint: expect.stringContaining("nexus workspace start feat") as string
    })
  })

  it("runs commands, and remembers what they were and how they ended", async () => {
    expect(await exec("sh", "-c", "echo out; echo err >&2; exit 3")).toMatchObject({
      exit: 3,
      stdout: "out\n",
      stderr: "err\n"
    })
    expect((await exec("sh", "-c", "printf '%s %s' $NEXUS_WORKSPACE $NEXUS_BRANCH")).stdout).toBe("feat nexus/feat")
    const ran = (await at.events()).find(({ type }) => type === "WorkspaceCommandRan")
    expect(ran?.payload).toMatchObject({ exit: 3, via: "exec", stdout: { bytes: 4 }, stderr: { bytes: 4 } })
  })

  it("at which another process works is left to it", async () => {
    // Of a process that lives as long as this test: the one that runs it.
    await pending("checkpoint", process.ppid)
    for (const act of [Life.stop("feat"), Life.remove("feat", { force: true })])
      expect(await at.refused<unknown, unknown>(act)).toMatchObject({
        reason: expect.stringContaining(`Another process (${process.ppid})`) as string
      })
    expect(await at.repair()).toEqual([])
    expect((await at.find("feat")).workspace.pending).not.toBeNull()
  })
})

/** As a process leaves it that ends in the middle, or is still at it. */
const pending = async (operation: Operation, pid = 2 ** 22 + 1) => {
  const { workspace } = await at.find("feat")
  await at.run(
    record(workspace.id, () => [
      {
        type: "WorkspaceStepRequested",
        payload: {
          workspace: workspace.id,
          step: stepId(1),
          kind: "stop",
          operation,
          holder: { pid, boot: bootId() }
        }
      }
    ])
  )
}

describe("deleting", () => {
  it("refuses to lose files that are not committed, or commits that are nowhere else", async () => {
    put(at.folder("feat", "new"), "work\n")
    expect(await at.refused(Life.remove("feat", { force: false }))).toMatchObject({
      reason: "feat has 1 files that are not committed.",
      hint: expect.stringContaining("--force") as string
    })
    git(at.folder("feat"), "add", "--all")
    git(at.folder("feat"), "commit", "--quiet", "--message", "work")
    expect(await at.refused(Life.remove("feat", { force: false }))).toMatchObject({
      reason: expect.stringContaining("1 commits") as string
    })
    git(at.repository, "merge", "--quiet", "nexus/feat")
    expect(await at.run(Life.remove("feat", { force: false }))).toMatchObject({ checkpoint: undefined })
    await at.onlyTheLiving()
  })

  it("by force checkpoints first; what that holds comes back byte for byte, index and commits too", async () => {
    const folder = at.folder("feat")
    put(at.folder("feat", "committed"), "in a commit\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "work")
    put(at.folder("feat", "a.txt"), "staged\n")
    git(folder, "add", "a.txt")
    put(at.folder("feat", "a.txt"), "and changed since\n")
    put(at.folder("feat", "bytes"), Buffer.from([0, 255, 10, 13, 128]))
    rmSync(at.folder("feat", "b/c.txt"))
    const files = photograph(folder, ["./.git"], "without times")
    const status = git(folder, "status", "--porcelain")
    const commit = git(folder, "rev-parse", "HEAD")
    const { checkpoint } = await at.run(Life.remove("feat", { force: true }))
    expect(checkpoint).toBe("C-1")
    expect(existsSync(folder)).toBe(false)
    await at.onlyTheLiving()
    git(at.repository, "gc", "--quiet", "--prune=now")
    await at.run(fork("feat", "C-1", "again", silent))
    expect(photograph(at.folder("again"), ["./.git"], "without times")).toEqual(files)
    expect(git(at.folder("again"), "status", "--porcelain")).toBe(status)
    expect(git(at.folder("again"), "rev-parse", "HEAD")).toBe(commit)
    await at.onlyTheLiving()
  })

  it("one that was left in the middle of a restore is sent to repair first when it has work", async () => {
    await pending("restore")
    put(at.folder("feat", "new"), "work\n")
    expect(await at.refused(Life.remove("feat", { force: true }))).toMatchObject({
      hint: expect.stringContaining("nexus workspace repair feat") as string
    })
    // There is no checkpoint to go back to: it is ended all the same.
    expect(await at.repair()).toMatchObject([{ kind: "step-interrupted", healed: undefined }])
    expect(await at.run(Life.remove("feat", { force: true }))).toMatchObject({ checkpoint: "C-1" })
    await at.onlyTheLiving()
  })
})

describe("repair", () => {
  const kinds = async () => (await at.repair()).map(({ kind, healed }) => [kind, healed !== undefined])

  it("finds nothing where all is well", async () => {
    expect(await at.repair()).toEqual([])
    await at.run(Life.stop("feat"))
    expect(await at.repair()).toEqual([])
  })

  it("brings back a folder that was deleted by hand", async () => {
    rmSync(at.folder("feat"), { recursive: true })
    expect(await kinds()).toEqual([["worktree-gone", true]])
    expect(readFileSync(at.folder("feat", "a.txt"), "utf8")).toBe("one\n")
    expect(await at.repair()).toEqual([])
    await at.onlyTheLiving()
  })

  it("brings back a folder that git forgot, with what is in it", async () => {
    put(at.folder("feat", "new"), "work\n")
    rmSync(join(at.repository, ".git/worktrees"), { recursive: true })
    expect(await kinds()).toEqual([["worktree-forgotten", true]])
    expect(git(at.folder("feat"), "status", "--porcelain")).toBe("?? new")
    await at.onlyTheLiving()
  })

  it("brings back a folder that was moved, with what is in it", async () => {
    put(at.folder("feat", "new"), "work\n")
    git(at.repository, "worktree", "move", "--force", "--force", at.folder("feat"), join(at.root, "elsewhere"))
    expect(await kinds()).toEqual([["worktree-moved", true]])
    expect(readFileSync(at.folder("feat", "new"), "utf8")).toBe("work\n")
    await at.onlyTheLiving()
  })

  it("brings back a branch that was deleted", async () => {
    const commit = git(at.folder("feat"), "rev-parse", "HEAD")
    git(at.repository, "update-ref", "-d", "refs/heads/nexus/feat")
    expect(await kinds()).toEqual([["branch-gone", true]])
    expect(git(at.folder("feat"), "rev-parse", "HEAD")).toBe(commit)
    await at.onlyTheLiving()
  })

  it("keeps every file that somebody put into a folder's place", async () => {
    renameSync(at.folder("feat"), join(at.root, "gone"))
    put(at.folder("feat", "precious"), "mine\n")
    expect(await at.repair()).toHaveLength(1)
    expect(readFileSync(at.folder("feat", "precious"), "utf8")).toBe("mine\n")
  })

  it("makes an environment again that is gone", async () => {
    const { workspace } = await at.find("feat")
    rmSync(join(at.home.workspaces, workspace.id), { recursive: true })
    expect(await kinds()).toEqual([["environment-gone", true]])
    expect((await exec("cat", "a.txt")).stdout).toBe("one\n")
    expect(await at.repair()).toEqual([])
  })

  it("takes one that was stopped, started or paused by others as it is", async () => {
    const { workspace } = await at.find("feat")
    const file = join(at.home.workspaces, workspace.id, "process.json")
    for (const [state, kind] of [
      ["stopped", "stopped-outside"],
      ["running", "started-outside"],
      ["paused", "paused-outside"]
    ] as const) {
      writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, "utf8")) as object), state }))
      expect(await kinds()).toEqual([[kind, true]])
      expect((await at.find("feat")).workspace.status).toBe(state)
    }
  })

  it.each<Operation>(["start", "stop", "pause", "resume", "repair", "checkpoint"])(
    "ends a %s that nobody is at any more",
    async (operation) => {
      await pending(operation)
      // The same would go on where it was left.
      const another = operation === "pause" ? Life.stop("feat") : Life.pause("feat")
      expect(await at.refused(another.pipe(Effect.zipRight(Effect.fail("it was not"))))).toBeDefined()
      const [first] = await at.repair()
      expect(first).toMatchObject({ kind: "step-interrupted" })
      expect(first?.healed).toBeDefined()
      await at.onlyTheLiving()
      await at.run(
        Effect.gen(function* () {
          const { id } = (yield* Effect.promise(() => at.find("feat"))).workspace
          yield* takeCheckpoint(id, { occasion: "asked", ignored: false })
        })
      )
    }
  )
})
