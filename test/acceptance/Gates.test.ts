/** `nexus gate` as it is used: real commands in a real repository. */
import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import { readFile } from "node:fs/promises"
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
/** The built-in gates have tests of their own. */
const configure = (gates: object): void =>
  put(
    join(project, ".nexus/config.jsonc"),
    JSON.stringify({ gates: { commits: false, documentation: false, ...gates } })
  )
const verdicts = async (...args: ReadonlyArray<string>) =>
  JSON.parse((await gate("run", ...args, "--json")).stdout).items.map(
    (one: { name: string; known: boolean; verdict: { verdict: string; flaky: boolean } }) =>
      `${one.name} ${one.verdict.verdict}${one.verdict.flaky ? " (flaky)" : ""}${one.known ? " (known)" : ""}`
  )

describe("nexus gate run", () => {
  it("really runs the command, and not again while no file is different", async () => {
    const count = join(world.root, "count")
    configure({ ci: { command: `echo run >> ${count}; cat ok` } })
    put(join(project, "ok"), "fine\n")
    expect(await verdicts("ci")).toEqual(["ci passed"])
    expect(await verdicts("ci")).toEqual(["ci passed (known)"])
    world.git(project, "add", "ok")
    expect(await verdicts("ci")).toEqual(["ci passed (known)"])
    expect(await verdicts("ci", "--again")).toEqual(["ci passed"])
    put(join(project, "ok"), "otherwise\n")
    expect(await verdicts("ci")).toEqual(["ci passed"])
    rmSync(join(project, "ok"))
    expect(await verdicts("ci")).toEqual(["ci failed"])
    expect((await gate("run", "ci")).exit).toBe(7)
    put(join(project, "ok"), "fine\n")
    expect(await verdicts("ci")).toEqual(["ci passed (known)"])
  })

  it("runs what fails once more, and says that it was flaky", async () => {
    const flag = join(world.root, "flag")
    configure({ ci: { command: `test -f ${flag} || { touch ${flag}; exit 1; }` } })
    expect(await verdicts("ci")).toEqual(["ci passed (flaky)"])
  })

  it("counts a missing program as unavailable, which is no failure", async () => {
    configure({ listed: { command: ["no-such-program", "x"] }, line: { command: "no-such-program x" } })
    expect(await verdicts()).toEqual(["line unavailable", "listed unavailable"])
    expect((await gate("run")).exit).toBe(0)
  })

  it("ends what takes too long, with all that it started", async () => {
    const held = join(world.root, "held")
    execFileSync("mkfifo", [held])
    // Ends when nobody holds the pipe open any more.
    const released = readFile(held)
    configure({ slow: { command: `sleep 600 > ${held} & wait`, timeout: "1s" } })
    expect(await verdicts("slow")).toEqual(["slow timed out"])
    await released
  })

  it("waits neither for what it left in the background, nor loses what it printed last", async () => {
    configure({ ci: { command: "sleep 600 & setsid sleep 30 & seq 100000" } })
    const started = performance.now()
    expect(await verdicts("ci")).toEqual(["ci passed"])
    expect(performance.now() - started).toBeLessThan(15_000)
    const [{ verdict }] = json(await gate("list", "--json")).items
    expect(json(await gate("show", String(verdict.id), "--json")).output).toMatch(/\n99999\n100000\n$/)
  })

  it("keeps the end of what was printed, without secrets", async () => {
    const token = `ghp_${"a1B2c3D4e5".repeat(4).slice(0, 36)}`
    configure({ ci: { command: `echo one; echo ${token} >&2; exit 3` } })
    await gate("run")
    const [{ verdict }] = json(await gate("list", "--json")).items
    expect(verdict).toMatchObject({ verdict: "failed", exit: 3, flaky: false })
    const shown = json(await gate("show", String(verdict.id), "--json"))
    expect(shown.output).toContain("one\n")
    expect(shown.output).not.toContain(token)
  })

  it("leaves nothing in the repository", async () => {
    configure({ ci: { command: "true" } })
    const before = [world.git(project, "count-objects", "-v"), world.git(project, "status", "--porcelain")]
    await gate("run")
    expect([world.git(project, "count-objects", "-v"), world.git(project, "status", "--porcelain")]).toEqual(before)
  })

  it("opens the way for a task that needs it", async () => {
    configure({ ci: { command: "test -f ok" } })
    const task = (...args: ReadonlyArray<string>) => world.nexus(["task", ...args], { cwd: project })
    await task("add", "--gate", "ci", "Make it work")
    expect((await task("done", "1")).stderr).toContain("nexus gate run ci")
    await gate("run", "ci")
    expect((await task("done", "1")).exit).toBe(4)
    put(join(project, "ok"), "")
    await gate("run", "ci")
    expect((await task("done", "1")).exit).toBe(0)
  })
})

describe("nexus gate list", () => {
  const found = async () =>
    json(await gate("list", "--json")).items.map((one: { name: string; command: unknown; origin: string }) => [
      one.name,
      one.command,
      one.origin
    ])

  it("finds the project's own check", async () => {
    configure({})
    expect(await found()).toEqual([])
    put(join(project, "go.mod"), "module x\n")
    expect(await found()).toEqual([["ci", ["go", "test", "./..."], "found by go.mod"]])
    put(
      join(project, "package.json"),
      JSON.stringify({ scripts: { test: 'echo "Error: no test specified" && exit 1' } })
    )
    expect(await found()).toEqual([["ci", ["go", "test", "./..."], "found by go.mod"]])
    put(join(project, "package.json"), JSON.stringify({ scripts: { test: "vitest run" } }))
    expect(await found()).toEqual([["ci", ["npm", "test"], "found by package.json"]])
    put(join(project, "Taskfile.yml"), "version: '3'\ntasks:\n  ci:\n    cmds: [go test]\n")
    expect(await found()).toEqual([["ci", ["task", "ci"], "found by Taskfile.yml"]])
    configure({ ci: { command: "make all" } })
    expect(await found()).toEqual([["ci", "make all", join(project, ".nexus/config.jsonc")]])
  })

  it("says what is wrong with a configuration", async () => {
    const said = async (gates: object) => {
      configure(gates)
      const { exit, stderr } = await gate("list")
      return `${exit} ${stderr}`
    }
    expect(await said({ ci: { comand: "x" } })).toContain(
      "there is no setting gates.ci.comand. Did you mean gates.NAME.command?"
    )
    expect(await said({ ci: { command: [] } })).toContain("2 nexus: ")
    expect(await said({ ci: { command: "x", timeout: 5 } })).toContain('is a time such as "90s" or "15m", not 5')
    expect(await said({ "C I": { command: "x" } })).toContain("small letters")
    configure({ ci: { command: "x" } })
    expect((await gate("run", "cii")).stderr).toContain("Did you mean ci?")
    expect((await gate("show", "999")).exit).toBe(3)
  })
})
