/** Each exit code for the reason that it stands for, told in one line and without a stack trace. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { describe, expect, it } from "vitest"
import { fixture, json, newWorld, program, put, type Ran, type World } from "../support/cli.ts"
import { tamper } from "../support/contents.ts"

const recorded = async (world: World): Promise<string> => {
  const project = world.repository()
  json(await world.nexus(["init", "--json"], { cwd: project }))
  for (const kind of ["SessionStart.startup", "UserPromptSubmit", "PostToolUse.Write", "Stop"]) {
    await world.nexus(["hook", "claude"], { stdin: JSON.stringify(fixture(`claude/${kind}`, { cwd: project })) })
  }
  return project
}

const oneLine = (ran: Ran) => expect(ran.stderr).toMatch(/^nexus: [^\n]+\n$/)

const majorOf = (node: string): number =>
  Number(execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).split(".")[0])

/** Every Node on this machine that is too old for Nexus. */
const oldNodes = [
  ...new Set(
    (process.env["PATH"] ?? "")
      .split(delimiter)
      .map((folder) => join(folder, "node"))
      .filter((node) => existsSync(node))
      .map((node) => realpathSync(node))
  )
].filter((node) => majorOf(node) < 24)

describe("the exit code", () => {
  it("is 0 when what was asked is done", async () => {
    using world = newWorld()
    expect(await world.nexus(["verify"])).toMatchObject({ exit: 0, stderr: "" })
  })

  it("is 1 when it could not be done", async () => {
    using world = newWorld()
    const project = world.repository()
    put(join(project, ".claude/settings.local.json"), "{ broken")
    const ran = await world.nexus(["init"], { cwd: project })
    expect(ran).toMatchObject({ exit: 1, stdout: "" })
    oneLine(ran)
    expect(ran.stderr).toContain("line 1, column 3")
    expect(readFileSync(join(project, ".claude/settings.local.json"), "utf8")).toBe("{ broken")
  })

  it("is 1 when the home cannot be one, and the message names it", async () => {
    using world = newWorld()
    put(join(world.root, "file"), "")
    const ran = await world.nexus(["status", "--home", join(world.root, "file")])
    expect(ran).toMatchObject({ exit: 1, stdout: "" })
    oneLine(ran)
    expect(ran.stderr).toContain(join(world.root, "file"))
  })

  it("is 3 when the folder for a backup is not there, and the message names it", async () => {
    using world = newWorld()
    const ran = await world.nexus(["backup", join(world.root, "no/such/folder/copy.db")])
    expect(ran).toMatchObject({ exit: 3, stdout: "" })
    oneLine(ran)
    expect(ran.stderr).toContain(`${join(world.root, "no/such/folder")} does not exist`)
  })

  it("is 2 for a command line that cannot be, and 3 for what is not there", async () => {
    using world = newWorld()
    expect(await world.nexus(["events", "--limit", "-1"])).toMatchObject({ exit: 2, stdout: "" })
    expect(await world.nexus(["session", "show", "nobody"])).toMatchObject({ exit: 3, stdout: "" })
    expect(await world.nexus(["init"])).toMatchObject({ exit: 3, stdout: "" })
  })

  it("is 4 for a backup onto a file that is there, which stays as it is", async () => {
    using world = newWorld()
    put(join(world.root, "there.db"), "precious")
    const ran = await world.nexus(["backup", "there.db"])
    expect(ran).toMatchObject({ exit: 4, stdout: "" })
    oneLine(ran)
    expect(readFileSync(join(world.root, "there.db"), "utf8")).toBe("precious")
  })

  it("is 5 for a log that somebody changed, and verify and replay name the event", async () => {
    using world = newWorld()
    const project = await recorded(world)
    await tamper(
      world,
      `DROP TRIGGER events_keep;
       UPDATE events SET payload = replace(payload, 'startup', 'sometime') WHERE position = 3`
    )
    const verified = await world.nexus(["verify"], { cwd: project })
    expect(verified.exit).toBe(5)
    oneLine(verified)
    expect(verified.stdout).toMatch(/event 3: /)
    const told = await world.nexus(["verify", "--json"], { cwd: project })
    expect(told.exit).toBe(5)
    expect(JSON.parse(told.stdout)).toMatchObject({ ok: false, finding: { position: 3 } })
    expect(JSON.parse(told.stderr).error.code).toBe("integrity_broken")
    const replayed = await world.nexus(["replay", "--verify", "--json"], { cwd: project })
    expect(replayed.exit).toBe(5)
    expect(JSON.parse(replayed.stdout).verification).toMatchObject({ ok: false, chain: { finding: { position: 3 } } })
    const shown = await world.nexus(["replay", "--verify"], { cwd: project })
    expect(shown.exit).toBe(5)
    oneLine(shown)
    expect((await world.nexus(["replay"], { cwd: project })).exit).toBe(0)
  })

  it("is 5 for a read model that somebody changed, until it is rebuilt", async () => {
    using world = newWorld()
    const project = await recorded(world)
    await tamper(world, "UPDATE sessions SET edits = edits + 1")
    const checked = await world.nexus(["projections", "check"], { cwd: project })
    expect(checked.exit).toBe(5)
    oneLine(checked)
    expect(checked.stdout).toContain("✗ sessions differs from what the log gives")
    expect(checked.stdout).toContain("✓ timeline is what the log gives")
    expect((await world.nexus(["replay", "--verify"], { cwd: project })).exit).toBe(5)
    json(await world.nexus(["projections", "rebuild", "sessions", "--json"], { cwd: project }))
    expect((await world.nexus(["projections", "check"], { cwd: project })).exit).toBe(0)
  })

  it("is 5 for a file that is no log, whatever the command", async () => {
    using world = newWorld()
    await recorded(world)
    writeFileSync(join(world.home, "nexus.db"), Buffer.alloc(20_000, "not a database "))
    for (const args of [["status"], ["events"], ["verify"], ["doctor"]]) {
      const ran = await world.nexus(args)
      expect([args[0], ran.exit, ran.stdout]).toEqual([args[0], 5, ""])
      oneLine(ran)
      expect(ran.stderr).toContain("nexus restore")
    }
  })

  it("is 5 for a backup that does not hold together, and the log stays", async () => {
    using world = newWorld()
    const project = await recorded(world)
    json(await world.nexus(["backup", "copy.db", "--json"]))
    const bytes = readFileSync(join(world.root, "copy.db"))
    const at = bytes.indexOf("SessionStarted")
    bytes.write("SessionStopped", at)
    writeFileSync(join(world.root, "copy.db"), bytes)
    const before = (await world.nexus(["events", "--json"], { cwd: project })).stdout
    const ran = await world.nexus(["restore", "copy.db"])
    expect(ran).toMatchObject({ exit: 5, stdout: "" })
    oneLine(ran)
    expect((await world.nexus(["events", "--json"], { cwd: project })).stdout).toBe(before)
  })

  it("is 6 when git is missing", async () => {
    using world = newWorld()
    const project = world.repository()
    const ran = await world.nexus(["init"], { cwd: project, env: { PATH: join(world.root, "nothing") } })
    expect(ran.exit).toBe(6)
    oneLine({ ...ran, stderr: ran.stderr.slice(ran.stderr.indexOf("nexus: ")) })
    expect(ran.stderr).toContain("git")
    expect(existsSync(join(project, ".claude"))).toBe(false)
  })

  for (const node of oldNodes) {
    it(`is 6 under a Node that is too old, but 0 for a hook: ${node}`, async () => {
      using world = newWorld()
      const ran = await world.run(node, [program, "status"])
      expect(ran).toMatchObject({ exit: 6, stdout: "" })
      expect(ran.stderr).toMatch(/^nexus: Node v\d+\S* is too old; Node 24 or later is needed\.\n$/)
      const hook = await world.run(node, [program, "hook", "claude"], { stdin: JSON.stringify(fixture("claude/Stop")) })
      expect(hook).toMatchObject({ exit: 0, stdout: "" })
      expect(hook.stderr).toMatch(/^nexus: [^\n]+\n$/)
    })
  }
})

describe("backup and restore", () => {
  it("bring back what was, keep what is, and the record holds together with what comes after", async () => {
    using world = newWorld()
    const project = await recorded(world)
    const before = (await world.nexus(["events", "--json"], { cwd: project })).stdout
    const made = json(await world.nexus(["backup", "copy.db", "--json"]))
    expect(Object.keys(made)).toEqual(["file", "events", "bytes", "head"])
    expect(made).toMatchObject({ file: join(world.root, "copy.db"), events: before.trim().split("\n").length })
    const late = fixture("claude/SessionStart.startup", { cwd: project, session_id: "later" })
    await world.nexus(["hook", "claude"], { stdin: JSON.stringify(late) })
    expect((await world.nexus(["session", "show", "later"])).exit).toBe(0)

    const restored = json(await world.nexus(["restore", "copy.db", "--json"]))
    expect(Object.keys(restored)).toEqual(["events", "head", "kept"])
    expect(restored).toMatchObject({ events: made.events, head: made.head })
    expect((await world.nexus(["session", "show", "later"])).exit).toBe(3)
    const after = (await world.nexus(["events", "--json"], { cwd: project })).stdout
    expect(after.startsWith(before)).toBe(true)
    expect(JSON.parse(after.slice(before.length))).toMatchObject({ type: "LogRestored", payload: { head: made.head } })
    await world.nexus(["hook", "claude"], { stdin: JSON.stringify(late) })
    expect((await world.nexus(["session", "show", "later"])).exit).toBe(0)
    expect(json(await world.nexus(["replay", "--verify", "--json"])).verification.ok).toBe(true)
    // What was kept is a log like any other.
    const again = json(await world.nexus(["restore", restored.kept, "--json", "--home", join(world.root, "other")]))
    expect(again.events).toBeGreaterThan(made.events)
    expect((await world.nexus(["session", "show", "later", "--home", join(world.root, "other")])).exit).toBe(0)
  })

  it("replace a log that cannot be opened any more", async () => {
    using world = newWorld()
    await recorded(world)
    json(await world.nexus(["backup", "copy.db", "--json"]))
    writeFileSync(join(world.home, "nexus.db"), "rubbish")
    const ran = await world.nexus(["restore", "copy.db"])
    expect(ran).toMatchObject({ exit: 0, stderr: "" })
    expect(ran.stdout).toContain("The log before it is kept in ")
    expect((await world.nexus(["verify"])).exit).toBe(0)
  })
})
