/** The built-in gates as they are used. */
import { join } from "node:path"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { json, newWorld, put, type Ran, type World } from "../support/cli.ts"

let world: World = newWorld()
let project = ""
beforeEach(() => {
  world[Symbol.dispose]()
  world = newWorld()
  project = world.repository()
})
afterAll(() => world[Symbol.dispose]())

const gate = (...args: ReadonlyArray<string>): Promise<Ran> => world.nexus(["gate", ...args], { cwd: project })
const configure = (gates: object): void => put(join(project, ".nexus/config.jsonc"), JSON.stringify({ gates }))
const listed = async () =>
  json(await gate("list", "--json")).items.map((one: { name: string; command: unknown }) => [one.name, one.command])
const shown = async (name: string) => {
  const { items } = json(await gate("list", "--json"))
  const { verdict } = items.find((one: { name: string }) => one.name === name)
  return json(await gate("show", String(verdict.id), "--json"))
}

describe("the built-in gates", () => {
  it("are in every repository, unless they are turned off or a command takes their place", async () => {
    expect(await listed()).toEqual([
      ["commits", null],
      ["documentation", null]
    ])
    expect((await gate("list")).stdout).toMatch(/commits +not run +– +built in +Nexus/)
    configure({ commits: false, documentation: { command: "make docs" } })
    expect(await listed()).toEqual([["documentation", "make docs"]])
    put(join(world.home, "config.jsonc"), JSON.stringify({ gates: { documentation: false } }))
    configure({ commits: true })
    expect(await listed()).toEqual([["commits", null]])
  })

  it("say what is wrong, with code 7, until it is not", async () => {
    world.git(project, "checkout", "--quiet", "-b", "work")
    put(join(project, "AGENTS.md"), "# Agents\n\nRun `make all`.\n")
    world.git(project, "add", "--all")
    world.git(project, "commit", "--quiet", "--no-verify", "--message", "wip")
    const ran = await gate("run")
    expect([ran.exit, ran.stderr]).toEqual([7, expect.stringContaining("Not passed: commits, documentation.")])
    expect((await shown("commits")).output).toMatch(/^[0-9a-f]{7} {2}wip {2}is work in progress "wip"\n/)
    expect((await shown("documentation")).output).toBe(
      'AGENTS.md:3  agents-command  there is no Makefile for "make all"\n1 found.\n'
    )
    put(join(project, "Makefile"), "all:\n\ttrue\n")
    world.git(project, "add", "--all")
    world.git(project, "commit", "--quiet", "--amend", "--message", "feat: a target")
    expect((await gate("run")).exit).toBe(0)
    expect((await gate("run", "--base", "none")).exit).toBe(3)
    expect((await gate("run", "commits", "--base", "HEAD", "--json")).exit).toBe(0)
  })

  it("judge from the base that is configured", async () => {
    world.git(project, "commit", "--quiet", "--allow-empty", "--message", "no type")
    configure({ commits: { base: "HEAD~1" } })
    expect((await gate("run", "commits")).exit).toBe(7)
    expect((await shown("commits")).output).toContain("type-empty")
    configure({ commits: { base: "no-such-branch" } })
    expect((await gate("run", "commits")).stderr).toContain("no-such-branch")
  })

  it("say what is wrong with their configuration", async () => {
    configure({ documentation: { structur: ["a"] } })
    const { exit, stderr } = await gate("list")
    expect([exit, stderr]).toEqual([2, expect.stringContaining("Did you mean gates.documentation.structure?")])
  })

  it("leave nothing in the repository", async () => {
    const state = () => [world.git(project, "count-objects", "-v"), world.git(project, "status", "--porcelain")]
    put(join(project, "new.md"), "# New\n")
    const before = state()
    await gate("run")
    expect(state()).toEqual(before)
  })
})
