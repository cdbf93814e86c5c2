/** `nexus config` as it is used. */
import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { json, newWorld, put, type RunOptions, type World } from "../support/cli.ts"

let world: World
let project = ""
let projectFile = ""
let userFile = ""
beforeEach(() => {
  world = newWorld()
  project = world.repository()
  projectFile = join(project, ".nexus/config.jsonc")
  userFile = join(world.home, "config.jsonc")
})
afterEach(() => world[Symbol.dispose]())

const config = (args: ReadonlyArray<string>, options: RunOptions = {}) =>
  world.nexus(["config", ...args], { cwd: project, ...options })

const origin = async (key: string, options: RunOptions = {}) => {
  const { value, origin } = json(await config(["get", key, "--json"], options))
  return [value, origin.kind, origin.file, origin.line, origin.variable]
}

describe("nexus config", () => {
  it("tells what holds and who says so, layer over layer", async () => {
    expect(await origin("capture.prompts")).toEqual(["full", "default", null, null, null])
    put(userFile, '{\n  "capture": { "prompts": "hash" }\n}\n')
    expect(await origin("capture.prompts")).toEqual(["hash", "user", userFile, 2, null])
    put(projectFile, '// ours\n\n{ "capture": { "prompts": "off" }, "gates": { "ci": { "command": "make" } } }\n')
    expect(await origin("capture.prompts")).toEqual(["off", "project", projectFile, 3, null])
    const env = { NEXUS_CAPTURE_PROMPTS: "full" }
    expect(await origin("capture.prompts", { env })).toEqual([
      "full",
      "environment",
      null,
      null,
      "NEXUS_CAPTURE_PROMPTS"
    ])
    const set = ["get", "capture.prompts", "--set", "capture.prompts=hash"]
    expect((await config(set, { env })).stdout).toBe("hash\n")
    const shown = (await config(["show"])).stdout
    expect(shown).toMatch(/^setting +value +from\n/)
    expect(shown).toContain(`${projectFile}:3\n`)
    expect(shown).toMatch(/\nenforcer\.limits\.wallClock +2h +default\n/)
    expect(shown).toMatch(/\ngates\.ci +\{"command":"make"\} /)
  })

  it("says where the files are, also outside of a repository", async () => {
    put(userFile, "{}")
    expect(json(await config(["path", "--json"]))).toEqual({
      user: { file: userFile, exists: true },
      project: { file: projectFile, exists: false }
    })
    expect(json(await config(["path", "--json"], { cwd: world.root })).project).toBeNull()
    expect((await config(["path"])).stdout).toContain(`project  ${projectFile}  (not there)`)
  })

  it("sets in the project's file where there is a project, else in the user's", async () => {
    expect((await config(["set", "enforcer.limits.perRun", "10"])).stdout).toBe(
      `enforcer.limits.perRun is 10 in ${projectFile}; it was not set there.\n`
    )
    expect(existsSync(userFile)).toBe(false)
    json(await config(["set", "enforcer.mode", "observe", "--json"], { cwd: world.root }))
    json(await config(["set", "--user", "enforcer.limits.breaker", "10m", "--json"]))
    expect(readFileSync(userFile, "utf8")).toBe(
      '{\n  "enforcer": {\n    "mode": "observe",\n    "limits": {\n      "breaker": "10m"\n    }\n  }\n}\n'
    )
    expect([statSync(world.home).mode & 0o777, statSync(userFile).mode & 0o777]).toEqual([0o700, 0o600])
    expect((await config(["set", "--project", "enforcer.mode", "off"], { cwd: world.root })).exit).toBe(3)
    expect((await config(["set", "--project", "--user", "enforcer.mode", "off"])).exit).toBe(2)
  })

  it("keeps comments, the file's mode and the link that it is", async () => {
    const elsewhere = join(world.root, "dotfiles.jsonc")
    put(elsewhere, '// mine\n{ "capture": { "prompts": "hash" } /* so */ } // end\n')
    put(userFile, "")
    await world.run("rm", [userFile])
    symlinkSync(elsewhere, userFile)
    json(await config(["set", "--user", "capture.prompts", "off", "--json"]))
    expect(readFileSync(elsewhere, "utf8")).toBe('// mine\n{ "capture": { "prompts": "off" } /* so */ } // end\n')
    expect(lstatSync(userFile).isSymbolicLink()).toBe(true)
    put(projectFile, "{}")
    json(await config(["set", "capture.prompts", "off", "--json"]))
    expect(statSync(projectFile).mode & 0o777).toBe(0o644)
  })

  it("takes a setting out again, also one that does not exist", async () => {
    put(projectFile, '{ "enforcer": { "mode": "off" }, "captur": { "prompts": "off" } }')
    expect((await config(["show"])).exit).toBe(2)
    expect((await config(["unset", "captur.prompts"])).exit).toBe(0)
    expect((await config(["unset", "enforcer.mode"])).stdout).toContain("not set in")
    expect(readFileSync(projectFile, "utf8")).toBe("{ }")
    expect(json(await config(["unset", "enforcer.mode", "--json"]))).toMatchObject({ changed: false })
  })

  it("with --dry-run shows what would be, and writes nothing", async () => {
    const ran = await config(["set", "enforcer.gates", "ci,types", "--dry-run"])
    expect(ran.stdout).toContain('+    "gates": ["ci", "types"]')
    expect(ran.stdout).toContain("Nothing was changed.")
    expect(existsSync(projectFile)).toBe(false)
  })

  it("says when something stronger says otherwise", async () => {
    const ran = await config(["set", "enforcer.mode", "observe"], { env: { NEXUS_ENFORCER: "off" } })
    expect(ran).toMatchObject({ exit: 0, stderr: "Here it is off, which NEXUS_ENFORCER says.\n" })
  })

  it("sets a gate's command and time limit", async () => {
    json(await config(["set", "gates.ci.command", '["make", "ci"]', "--json"]))
    json(await config(["set", "gates.ci.timeout", "15m", "--json"]))
    expect(json(await config(["get", "gates.ci", "--json"])).value).toEqual({ command: ["make", "ci"], timeout: "15m" })
    expect(await config(["set", "gates.ci.timeout", "long"])).toMatchObject({ exit: 2, stdout: "" })
  })

  it("sets what the built-in gates are told, and switches them off and on", async () => {
    json(await config(["set", "gates.commits.types", "feat,fix", "--json"]))
    json(await config(["set", "gates.commits.maxFileSize", "1000", "--json"]))
    json(await config(["set", "gates.commits.timeout", "1m", "--json"]))
    json(await config(["set", "gates.documentation", "false", "--json"]))
    expect(JSON.parse(readFileSync(projectFile, "utf8")).gates).toEqual({
      commits: { types: ["feat", "fix"], maxFileSize: 1000, timeout: "1m" },
      documentation: false
    })
    json(await config(["unset", "gates.documentation", "--json"]))
    const mistyped = await config(["set", "gates.commits.maxFilesize", "1"])
    expect(mistyped).toMatchObject({ exit: 2, stdout: "" })
    expect(mistyped.stderr).toContain("Did you mean gates.commits.maxFileSize?")
    expect((await config(["set", "gates.commits.maxFileSize", "much"])).exit).toBe(2)
  })

  it.each([
    [["get", "enforcer.mod"], "There is no setting enforcer.mod. Did you mean enforcer.mode?"],
    [["set", "enforcer.limits.perRum", "3"], "Did you mean enforcer.limits.perRun?"],
    [["set", "enforcer", "off"], "It holds settings, such as enforcer.mode."],
    [["set", "enforcer.mode", "on"], 'enforcer.mode is "enforce", "observe" or "off", not "on"'],
    [["set", "enforcer.limits.wallClock", "2d"], 'is a time such as "90s", "15m" or "2h", from 1s to 8h, not "2d"'],
    [["set", "gates.ci.timeout", "5m"], "gates.ci.command is a line for the shell"],
    [["unset", "nothing"], "There is no setting nothing."],
    [["show", "--set", "enforcer.mode"], "--set is KEY=VALUE"],
    [["show", "--set", "enforcer.mode=on"], "enforcer.mode is"]
  ])("%j is refused with code 2, and changes nothing", async (args, said) => {
    const ran = await config(args)
    expect(ran).toMatchObject({ exit: 2, stdout: "" })
    expect(ran.stderr).toContain(said)
    expect(ran.stderr.trimEnd().split("\n")).toHaveLength(1)
    expect(existsSync(projectFile)).toBe(false)
  })

  it("does not touch a file that it does not understand", async () => {
    for (const text of ["{ broken", '{ "captur": {"a": 1} }', "[]"]) {
      put(projectFile, text)
      const ran = await config(["set", "enforcer.mode", "off"])
      expect(ran).toMatchObject({ exit: 2, stdout: "" })
      expect(ran.stderr).toContain(projectFile)
      expect(readFileSync(projectFile, "utf8")).toBe(text)
    }
  })

  it("says which file cannot be written or read, and leaves what is there", async () => {
    put(join(project, ".nexus"), "a file")
    const unwritable = await config(["set", "enforcer.mode", "off"])
    expect(unwritable).toMatchObject({ exit: 1, stdout: "" })
    expect(unwritable.stderr).toContain(`${projectFile} was not written`)
    expect(readFileSync(join(project, ".nexus"), "utf8")).toBe("a file")
    mkdirSync(userFile, { recursive: true })
    const unreadable = await config(["show"])
    expect(unreadable).toMatchObject({ exit: 2, stdout: "" })
    expect(unreadable.stderr).toContain(userFile)
    expect((await config(["path"])).exit).toBe(0)
  })

  it("mends a wrong value, and needs no log for it", async () => {
    put(projectFile, '{ "enforcer": { "mode": "on" } }')
    put(join(world.home, "nexus.db"), "this is no database")
    expect((await config(["set", "enforcer.mode", "off"])).exit).toBe(0)
    expect((await config(["get", "enforcer.mode"])).stdout).toBe("off\n")
    writeFileSync(userFile, "")
    expect((await config(["show"])).exit).toBe(0)
  })
})
