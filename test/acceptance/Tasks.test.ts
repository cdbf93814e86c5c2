/** `nexus task` as it is used. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, newWorld, type Ran, type World } from "../support/cli.ts"

let world: World
let project: string
beforeAll(() => {
  world = newWorld()
  project = world.repository()
})
afterAll(() => world[Symbol.dispose]())

const task = (...args: ReadonlyArray<string>): Promise<Ran> => world.nexus(["task", ...args], { cwd: project })
const items = async (...args: ReadonlyArray<string>) =>
  json(await task(...args, "--json")).items.map((one: { id: string; status: string }) => `${one.id} ${one.status}`)

describe("nexus task", () => {
  it("keeps a list, and says what comes next", async () => {
    expect((await task("list")).stdout).toContain("No tasks yet")
    expect(await items("add", "Write", "the", "parser")).toEqual(["T-1 open"])
    expect(await items("add", "--after", "1", "--priority", "90", "Test it")).toEqual(["T-2 open"])
    expect(json(await task("next", "--json")).task).toEqual({
      id: "T-1",
      title: "Write the parser",
      status: "open",
      reason: null,
      priority: 50,
      after: [],
      waits: [],
      gates: [],
      origin: null
    })
    expect(await items("start", "t-1")).toEqual(["T-1 started"])
    expect(await items("done", "1")).toEqual(["T-1 done"])
    expect(json(await task("next", "--json")).task.id).toBe("T-2")
    expect(await items("block", "T-2", "--reason", "a key is needed")).toEqual(["T-2 blocked"])
    expect(json(await task("next", "--json"))).toEqual({ task: null })
    expect((await task("next")).stdout).toContain("Nothing can be done now")
    expect(await items("list")).toEqual(["T-2 blocked"])
    expect(await items("list", "--all")).toEqual(["T-1 done", "T-2 blocked"])
  })

  it("tells what became of a task, and who did it", async () => {
    const env = { CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: "7b97c7e6-3990-4b36-949d-53b0faf5ab78" }
    await world.nexus(["task", "add", "Name it"], { cwd: project, env })
    const shown = json(await task("show", "3", "--json"))
    expect(shown.history).toMatchObject([
      { actor: "claude", session: "claude:7b97c7e6-3990-4b36-949d-53b0faf5ab78", line: "task T-3 added: Name it" }
    ])
    expect(await items("cancel", "3", "--reason", "it has one")).toEqual(["T-3 cancelled"])
  })

  it("says what is wrong, and changes nothing", async () => {
    const before = await items("list", "--all")
    const said = async (...args: ReadonlyArray<string>) => {
      const { exit, stderr } = await task(...args)
      return `${exit} ${stderr.trim()}`
    }
    expect(await said("start", "T-12")).toBe(
      '3 nexus: There is no task "T-12". Did you mean T-1? List them: nexus task list'
    )
    expect(await said("add")).toContain("4 nexus: A task needs a title.")
    expect(await said("add", "--priority", "100", "x")).toContain("is no priority")
    expect(await said("add", "--priority", "high", "x")).toContain('2 nexus: --priority: "high" is no whole number.')
    expect(await said("add", "--gate", "comits", "x")).toContain(
      '3 nexus: There is no gate "comits". Did you mean commits?'
    )
    expect(await said("add", "--after", "T-9", "x")).toContain("which is no task")
    expect(await said("add", "--priorty", "9", "x")).toContain(
      "2 nexus: There is no option --priorty. Did you mean --priority?"
    )
    expect(await said("block", "1", "--reason", "")).toContain("4 nexus: A reason is needed.")
    expect(await said("import", "nowhere.md")).toContain("3 nexus: There is no file")
    expect(await items("list", "--all")).toEqual(before)
  })

  it("takes a plan's open items, once", async () => {
    const plan = "# Plan\n\n- [x] Old\n- [ ] Write the lexer\n  * [ ] Test the lexer\n1. [ ] Ship it\n"
    const imported = await world.nexus(["task", "import", "-", "--json"], { cwd: project, stdin: plan })
    expect(json(imported).added.map(({ title }: { title: string }) => title)).toEqual([
      "Write the lexer",
      "Test the lexer",
      "Ship it"
    ])
    const again = await world.nexus(["task", "import", "-", "--json"], { cwd: project, stdin: plan })
    expect(json(again)).toMatchObject({ added: [], known: 3 })
  })

  it("takes a list, all of it or nothing", async () => {
    const give = (list: unknown) => world.nexus(["task", "import", "-"], { cwd: project, stdin: JSON.stringify(list) })
    const circle = await give([
      { id: "a", title: "A", after: ["b"] },
      { id: "b", title: "B", after: ["a"] }
    ])
    expect(circle).toMatchObject({ exit: 4, stderr: expect.stringContaining("that is a circle") })
    expect(await give([{ titel: "A" }])).toMatchObject({ exit: 2, stderr: expect.stringContaining("titel") })
    expect(
      (
        await give([
          { id: "b", title: "B", after: ["a"] },
          { id: "a", title: "A", gates: ["commits"] }
        ])
      ).exit
    ).toBe(0)
    expect((await task("done", "8")).stderr).toContain("needs the gate commits")
  })

  it("keeps no secret", async () => {
    const token = `ghp_${"a1B2c3D4e5".repeat(4).slice(0, 36)}`
    const { stdout } = await task("add", `Use ${token}`)
    expect(stdout).not.toContain(token)
  })
})
