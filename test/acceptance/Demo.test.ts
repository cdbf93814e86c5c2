/** nexus demo: what a newcomer runs first. */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { json, jsonLines, newWorld, put, type World } from "../support/cli.ts"
import { repositoryAfter } from "../support/session.ts"

/** In a temporary folder of its own, so that what stays behind can be seen. */
const demo = async (world: World, ...args: ReadonlyArray<string>) => {
  const TMPDIR = join(world.root, "tmp")
  mkdirSync(TMPDIR, { recursive: true })
  return { ran: await world.nexus(["demo", ...args], { env: { TMPDIR } }), left: readdirSync(TMPDIR) }
}

const sha256 = (path: string) =>
  createHash("sha256")
    .update(readFileSync(join(repositoryAfter, path)))
    .digest("hex")

describe("nexus demo", () => {
  it("plays the recorded session through the installed hooks, proves the record, and leaves nothing behind", async () => {
    using world = newWorld()
    const { ran, left } = await demo(world, "--json")
    expect(ran.stderr).toBe("")
    const document = json(ran)
    expect(Object.keys(document)).toEqual(["folder", "played", "delivered", "story", "state", "verification"])
    expect(document.folder).toBe(null)
    expect(document.played).toEqual({ payloads: 46, commands: 46, complaints: [] })
    expect(document.delivered.rejected).toBe(0)
    expect(document.verification).toMatchObject({ ok: true, chain: { ok: true, finding: null }, degraded: [] })
    expect(document.verification.projections).not.toHaveLength(0)
    for (const { same } of document.verification.projections) expect(same).toBe(true)
    expect(document.story.length).toBe(document.verification.chain.events)
    expect(left).toEqual([])
    expect(existsSync(world.home)).toBe(false)
    expect(readdirSync(world.user)).toEqual(expect.not.arrayContaining(["data", ".local", ".claude"]))
  })

  it("ends with the edits whose hashes are those of the files that the agent left", async () => {
    using world = newWorld()
    const { files, sessions } = json((await demo(world, "--json")).ran).state
    expect(sessions).toMatchObject([
      { agent: "claude", model: "claude-opus-5-5", state: "ended", counts: { edits: 6 } }
    ])
    expect(new Map(files.map(({ path, content }: any) => [path, content]))).toEqual(
      new Map(
        ["src/names.js", "src/greet.js", "src/index.js", "test/greet.test.js", "docs/greeting.md"].map((path) => [
          path,
          sha256(path)
        ])
      )
    )
  })

  it("tells the story to people, and what to type next", async () => {
    using world = newWorld()
    const { ran, left } = await demo(world)
    expect(ran.exit).toBe(0)
    expect(ran.stderr).toContain("Played 46 recorded payloads through 46 hook commands")
    for (const expected of ["prompt: Add a greeting function with a test", "events hold together", "nexus init"])
      expect(ran.stdout).toContain(expected)
    expect(ran.stdout).not.toContain("✗ sessions")
    expect(left).toEqual([])
  })

  it("keeps its folder on demand, with a log that can be asked and files as the agent left them", async () => {
    using world = newWorld()
    const { ran, left } = await demo(world, "--keep", "--json")
    const { folder } = json(ran)
    expect(left).toHaveLength(1)
    const home = ["--home", join(folder, "home")]
    expect(jsonLines(await world.nexus(["events", "--json", ...home])).length).toBeGreaterThan(46)
    expect((await world.nexus(["verify", ...home])).exit).toBe(0)
    const different = ["-r", "--exclude=.git", "--exclude=.claude", join(folder, "project"), repositoryAfter]
    expect(await world.run("diff", different)).toEqual({ exit: 0, stdout: "", stderr: "" })
  })

  it("touches neither the user's log nor settings, git's among them", async () => {
    using world = newWorld()
    put(join(world.user, ".gitconfig"), "[core]\n\thooksPath = /nowhere\n[commit]\n\tgpgsign = true\n")
    const project = world.repository()
    json(await world.nexus(["init", "--json"], { cwd: project }))
    const before = (await world.nexus(["events", "--json"])).stdout
    expect((await demo(world)).ran.exit).toBe(0)
    expect((await world.nexus(["events", "--json"])).stdout).toBe(before)
  })

  it("works in a temporary folder whose name has spaces and quotes", async () => {
    using world = newWorld()
    const TMPDIR = join(world.root, `tmp of "Ada's"`)
    mkdirSync(TMPDIR)
    expect(json(await world.nexus(["demo", "--json"], { env: { TMPDIR } })).verification.ok).toBe(true)
    expect(readdirSync(TMPDIR)).toEqual([])
  })
})
