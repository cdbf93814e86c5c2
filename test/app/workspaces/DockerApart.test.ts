/** Workspaces with files of their own, on a real engine: what is inside and what is out here are the same whenever it counts. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dockerBackend } from "../../../src/adapters/docker/DockerBackend.ts"
import { merge, promote } from "../../../src/app/workspaces/Branch.ts"
import { create } from "../../../src/app/workspaces/Create.ts"
import { execute } from "../../../src/app/workspaces/Execute.ts"
import { fork } from "../../../src/app/workspaces/Fork.ts"
import * as Life from "../../../src/app/workspaces/Life.ts"
import { restoreCheckpoint } from "../../../src/app/workspaces/RestoreCheckpoint.ts"
import { FilesApart } from "../../../src/app/workspaces/sync/FilesApart.ts"
import * as Sync from "../../../src/app/workspaces/sync/SyncCommands.ts"
import { takeCheckpoint } from "../../../src/app/workspaces/TakeCheckpoint.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import { gathering } from "../../adapters/backends/bench.ts"
import { spec } from "../../domain/workspace/facts.ts"
import { git } from "../world.ts"
import { type Dressed, put, stage, type Stage } from "./stage.ts"

const silent = () => undefined

let at: Stage
let docker: Dressed
beforeAll(async () => {
  at = stage({ "a.txt": "one\n", "b/c.txt": "two\n", "data/kept.bin": "x".repeat(2_000_000) })
  const device = await at.run(Effect.map(EventLog, (log) => log.device))
  const backend = dockerBackend(device)
  docker = () => backend
  await run(create({ name: "apart", base: "HEAD", spec: apart }, silent))
}, 240_000)
afterAll(async () => {
  for (const { workspace } of await at.all())
    if (workspace.status !== "deleted") await run(Effect.ignore(Life.remove(workspace.id, { force: true })))
  at[Symbol.dispose]()
}, 120_000)

const apart = { ...spec, backend: "docker", sync: { ignore: ["/ignored"] } }
const run: Stage["run"] = (program) => at.run(program, at.repository, docker)
const refused: Stage["refused"] = (program) => at.refused(program, at.repository, docker)
const here = (...path: ReadonlyArray<string>) => at.folder("apart", ...path)
const text = (...path: ReadonlyArray<string>) => readFileSync(here(...path), "utf8")

/** What it prints, in a workspace. */
const inside = async (script: string, name = "apart"): Promise<string> => {
  const [stdout, stderr] = [gathering(), gathering()]
  const asked = { variables: {}, detach: false, stdout: stdout.stream, stderr: stderr.stream }
  const ended = await run(execute(name, { command: ["sh", "-c", script], ...asked }, silent))
  expect({ ...ended, stderr: stderr.read() }).toMatchObject({ exit: 0, stderr: "" })
  return stdout.read()
}
/** Behind our back. */
const behind = async (script: string): Promise<void> => {
  const { workspace } = await at.find("apart")
  const [stdout, stderr] = [gathering(), gathering()]
  const how = { stdout: stdout.stream, stderr: stderr.stream }
  await run(docker(undefined as never).execute(workspace.id, { command: ["sh", "-c", script], ...how }))
}
const noted = async () =>
  (await at.events())
    .filter(({ type }) => type === "WorkspaceSyncChanged")
    .map(({ payload }) => (payload as { readonly what: string }).what)

describe("a workspace with files of its own", { timeout: 180_000 }, () => {
  it("has the worktree's files, its owner's, and mounts nothing of this machine", async () => {
    expect(await inside("cat a.txt b/c.txt; wc -c < data/kept.bin")).toBe("one\ntwo\n2000000\n")
    expect(await inside("grep -c '/dev/[a-z]*d[a-z][0-9]* .*\\.worktree' /proc/mounts || true; stat -c %u .")).toMatch(
      new RegExp(`\\n${process.getuid?.()}\\n$`)
    )
    const { workspace } = await at.find("apart")
    put(join(at.repository, ".worktree/apart-marker"), "out here\n")
    expect(await inside("ls ..")).toBe("apart\n")
    expect(workspace.spec.sync).toEqual({ ignore: ["/ignored"] })
  })

  it("shows a command what is out here, and here what the command did", async () => {
    put(here("new/from-here.txt"), "here\n")
    writeFileSync(here("a.txt"), "changed here\n")
    expect(await inside("cat new/from-here.txt a.txt; echo there > from-there.txt; rm b/c.txt; chmod +x a.txt")).toBe(
      "here\nchanged here\n"
    )
    expect(text("from-there.txt")).toBe("there\n")
    expect(existsSync(here("b/c.txt"))).toBe(false)
    put(here("ignored/x"), "x")
    expect(await inside("ls")).not.toContain("ignored")
  })

  it("has a git of its own, whose commits come to the branch out here and into the main checkout", async () => {
    expect(await inside("git log --oneline | wc -l; git fsck --strict 2>&1; cat .git")).toBe("1\ngitdir: /nexus/git\n")
    await inside("git add -A && git commit -qm inside")
    const merged = await run(merge("apart", { dryRun: false, message: undefined }, silent))
    expect(merged).toMatchObject({ kind: "fast-forward" })
    expect(git(at.repository, "log", "-1", "--format=%s")).toBe("inside")
    // And the other way: what is committed on the branch out here is there inside, with its objects.
    writeFileSync(here("outside.txt"), "committed here\n")
    git(here(), "add", "outside.txt")
    git(here(), "commit", "--quiet", "--message", "outside")
    await run(Effect.either(merge("apart", { dryRun: false, message: undefined }, silent)))
    expect(await inside("git log -1 --format=%s; git fsck --strict 2>&1; git show HEAD:outside.txt")).toBe(
      "outside\ncommitted here\n"
    )
  })

  it("keeps both versions of what was changed on both sides, and the log says so", async () => {
    await run(Sync.pause("apart"))
    writeFileSync(here("a.txt"), "mine\n")
    await behind(`echo theirs > '${here("a.txt")}'`)
    expect(await refused(Sync.flush("apart", { force: false }, silent))).toMatchObject({
      _tag: "FilesApart",
      hint: "Let it go on: nexus workspace sync resume apart"
    })
    await run(Sync.resume("apart", { adopt: false }, silent))
    await run(Sync.flush("apart", { force: false }, silent))
    const [conflict, ...others] = (await run(Sync.conflicts("apart"))).conflicts
    expect(others).toEqual([])
    expect([text("a.txt"), text(conflict?.copy ?? "")]).toEqual(["mine\n", "theirs\n"])
    expect(await inside(`cat a.txt '${conflict?.copy}'`)).toBe("mine\ntheirs\n")
    rmSync(here(conflict?.copy ?? ""))
    await run(Sync.flush("apart", { force: false }, silent))
    expect((await run(Sync.conflicts("apart"))).conflicts).toEqual([])
    expect(await noted()).toEqual(["paused", "resumed", "conflicted"])
  })

  it("stands still when a side was emptied, and goes on when it is told what is meant", async () => {
    for (let number = 0; number < 60; number++) writeFileSync(here(`many-${number}`), "")
    await run(Sync.flush("apart", { force: false }, silent))
    for (let number = 0; number < 60; number++) rmSync(here(`many-${number}`))
    expect(await refused(Sync.flush("apart", { force: false }, silent))).toBeInstanceOf(FilesApart)
    const { states } = await run(Sync.status("apart"))
    expect(states.find(({ pair }) => pair === "files")?.state).toMatchObject({
      word: "halted",
      halt: { reason: "vanished" }
    })
    // Nothing may be lost with what is not the same: not even by force.
    expect(await refused(Life.remove("apart", { force: true }))).toBeInstanceOf(FilesApart)
    await run(Sync.flush("apart", { force: true }, silent))
    expect(await inside("ls | grep -c many || true")).toBe("0\n")
    await behind(`rm '${here(".nexus-sync/token")}'`)
    expect(await refused(Sync.flush("apart", { force: false }, silent))).toMatchObject({
      hint: "See: nexus workspace sync status apart"
    })
    await run(Sync.resume("apart", { adopt: true }, silent))
    await run(Sync.flush("apart", { force: false }, silent))
    expect(await inside("cat a.txt")).toBe("mine\n")
  })

  it("has what it had after a stop, with what was changed meanwhile", async () => {
    await behind(`echo late > '${here("late.txt")}'`)
    await run(Life.stop("apart"))
    expect(text("late.txt")).toBe("late\n")
    writeFileSync(here("meanwhile.txt"), "meanwhile\n")
    await run(Life.start("apart", silent))
    expect(await inside("cat late.txt meanwhile.txt")).toBe("late\nmeanwhile\n")
  })

  it("is checkpointed with what is inside at that moment, restored on both sides, and forked", async () => {
    await behind(`echo kept > '${here("kept.txt")}'`)
    const { workspace } = await at.find("apart")
    const id = await run(takeCheckpoint(workspace.id, { occasion: "asked", ignored: false, name: "good" }))
    await inside("rm -rf data kept.txt; echo broken > a.txt; git commit -qam broken")
    expect(await run(restoreCheckpoint("apart", "good", silent))).toMatchObject({ checkpoint: id, differences: [] })
    expect(await inside("cat kept.txt a.txt; git log -1 --format=%s; wc -c < data/kept.bin")).toBe(
      "kept\nmine\noutside\n2000000\n"
    )
    await run(fork("apart", "good", "fork", silent))
    expect(await inside("cat kept.txt a.txt; git log -1 --format=%s; git fsck --strict 2>&1", "fork")).toBe(
      "kept\nmine\noutside\n"
    )
    await run(Life.remove("fork", { force: true }))
  })

  it("is promoted and deleted like any other; its volumes go with it", async () => {
    await run(promote("apart", "feat/apart"))
    expect(await inside("git branch --show-current")).toBe("feat/apart\n")
    await inside("git add -A && git commit -qm last")
    await run(Life.remove("apart", { force: true }))
    expect(git(at.repository, "log", "-1", "--format=%s", "feat/apart")).toBe("last")
    const { workspace } = (await at.all()).find((one) => one.workspace.name === "apart") ?? {}
    expect(workspace?.status).toBe("deleted")
    const volumes = await run(
      Effect.promise(async () => {
        const { default: Docker } = await import("dockerode")
        return new Docker().listVolumes({ filters: { label: [`nexus.workspace=${workspace?.id}`] } })
      })
    )
    expect(volumes.Volumes ?? []).toEqual([])
  })
})

describe("what can't be had with it", () => {
  it("is refused, each in words", async () => {
    const making = (more: object) => create({ name: "never", base: "HEAD", spec: { ...apart, ...more } }, silent)
    expect(await refused(making({ compose: ["compose.yaml"] }))).toMatchObject({
      _tag: "WorkspaceRefused",
      hint: "Leave out --sync or --compose; on another machine, only --compose."
    })
    expect(
      await at.refused(create({ name: "never", base: "HEAD", spec: { ...spec, sync: { ignore: [] } } }, silent))
    ).toMatchObject({
      reason: "With the backend process, programs run in the worktree itself: there is nothing to sync."
    })
    await at.make("plain")
    expect(await at.refused(Sync.status("plain"))).toMatchObject({
      hint: "One with files of its own: nexus workspace create NAME --sync"
    })
    await at.run(Life.remove("plain", { force: true }))
  })
})
