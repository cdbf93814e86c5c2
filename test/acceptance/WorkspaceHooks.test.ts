/** A project's hooks, settings and templates as they are used, on the backend that there always is. */
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { json, jsonLines, newWorld, put, type Ran, type RunOptions, type World } from "../support/cli.ts"

let world: World
let project: string
beforeAll(() => {
  world = newWorld()
  project = world.repository()
})
afterAll(() => world[Symbol.dispose]())

const run = (args: ReadonlyArray<string>, options: RunOptions = {}): Promise<Ran> =>
  world.nexus(["workspace", ...args], { cwd: project, ...options })
const workspace = (...args: ReadonlyArray<string>): Promise<Ran> => run(args)
const create = (name: string, ...args: ReadonlyArray<string>): Promise<Ran> =>
  workspace("create", name, "--backend", "process", ...args)
const settings = (content: unknown) =>
  put(
    join(project, ".nexus/config.jsonc"),
    typeof content === "string" ? content : JSON.stringify({ workspace: content })
  )

describe("the hooks of a project", () => {
  beforeEach(() =>
    settings({
      env: { GREETING: "hello", TOKEN: { fromEnvironment: "A_TOKEN" } },
      ports: ["web=3000"],
      hooks: {
        setup: ["echo $GREETING $TOKEN", "test -e ready || { echo not ready >&2; exit 4; }"],
        start: "echo port $NEXUS_PORT_WEB",
        health: { command: "test -e ready", within: "1s" },
        teardown: "echo bye"
      }
    })
  )
  const env = { A_TOKEN: "a-token-of-mine" }

  it("that fail leave the workspace there: code 8, what they said, and where all of it is", async () => {
    const made = await run(["create", "feat", "--backend", "process"], { env })
    expect(made.exit).toBe(8)
    expect(made.stdout).toContain("running (not set up)")
    expect(made.stderr).toContain("Running setup 1: echo $GREETING $TOKEN …\nhello a-token-of-mine\n")
    expect(made.stderr).toContain("failed with exit code 4. It said: not ready. All of it: nexus workspace logs feat")
    expect(await workspace("logs", "feat", "--hook", "setup")).toMatchObject({
      exit: 0,
      stdout: "hello [redacted:TOKEN]\nnot ready\n"
    })
    expect(jsonLines(await workspace("logs", "feat", "--hook", "setup", "--tail", "1", "--json"))).toEqual([
      { stream: "stdout", line: "not ready" }
    ])
    expect(await workspace("logs", "feat", "--hook", "start")).toMatchObject({ exit: 3 })
    expect(await workspace("logs", "feat", "--hook", "setup", "--follow")).toMatchObject({ exit: 2 })
  })

  it("are run again by setup, and what waited for it then", async () => {
    put(join(project, ".worktree/feat/ready"), "")
    const ran = await run(["setup", "feat"], { env })
    expect(ran).toMatchObject({ exit: 0 })
    expect(ran.stderr).toMatch(/port 328\d\d\nWaiting until it is healthy/)
    const shown = json(await run(["show", "feat", "--health", "--json"], { env }))
    expect(shown).toMatchObject({ setUp: true, health: { status: "healthy" } })
    expect(shown.hooks.map(({ name, last }: any) => [name, last?.exit ?? null])).toEqual([
      ["setup 1", null],
      ["setup 2", 0],
      ["start", 0],
      ["teardown", null],
      ["health", 0]
    ])
    // Once it is set up, setup alone.
    expect((await run(["setup", "feat"], { env })).stderr).not.toContain("port 328")
  })

  it("say when all is not well, and so does the next start", async () => {
    rmSync(join(project, ".worktree/feat/ready"))
    const [item] = json(await run(["list", "--health", "--json"], { env })).items
    expect(item.health).toEqual({ status: "unhealthy", hook: "health", exit: 1, lastLines: [] })
    expect((await run(["list", "--health"], { env })).stdout).toContain("unhealthy")
    await workspace("stop", "feat")
    const started = await run(["start", "feat", "--json"], { env })
    expect(started.exit).toBe(8)
    expect(JSON.parse(started.stdout)).toMatchObject({ name: "feat", status: "running" })
    expect(JSON.parse(started.stderr)).toMatchObject({ error: { code: "hook_failed" } })
  })

  it("are told before an end, and are those of the creation whatever the file says since", async () => {
    settings({ hooks: { teardown: "echo another" } })
    const deleted = await run(["delete", "feat"], { env })
    expect(deleted).toMatchObject({ exit: 0, stdout: "feat is deleted.\n" })
    expect(deleted.stderr).toContain("bye\n")
    expect(await create("bare", "--no-hooks")).toMatchObject({ exit: 0 })
    expect(json(await workspace("show", "bare", "--json")).hooks).toEqual([])
    expect(await workspace("setup", "bare")).toMatchObject({ exit: 4 })
    await workspace("delete", "bare")
  })
})

describe("the settings of a project", () => {
  it("are read from the main checkout, wherever the command is given, and the command line says more", async () => {
    settings({ memory: "1g", env: { A: "project", B: "project" }, ports: ["web=3000"] })
    await create("first")
    put(join(project, ".worktree/first/.nexus/config.jsonc"), '{ "workspace": { "memory": "9g" } }')
    const folder = join(project, ".worktree/first")
    const args = ["create", "second", "--backend", "process", "--env", "B=mine", "--port", "web=4000", "--json"]
    const made = json(await run(args, { cwd: folder }))
    expect(made.limits).toEqual({ memoryBytes: 1024 ** 3 })
    expect(made.ports).toMatchObject([{ service: "web", port: 4000 }])
    expect((await workspace("env", "second")).stdout).toMatch(/^A=project\nB=mine$/m)
    for (const name of ["first", "second"]) await workspace("delete", name, "--force")
  })

  it("that are wrong are told by file, line and key, and nothing is made", async () => {
    const wrong: ReadonlyArray<readonly [string, string]> = [
      [
        '{\n "workspace": {\n  "hooks": { "setpu": "x" } } }',
        "line 3: there is no setting workspace.hooks.setpu. Did you mean workspace.hooks.setup?"
      ],
      ['{ "workspace": { "hooks": { "stop": { "command": "x", "detach": true } } } }', "workspace.hooks.stop.detach"],
      [
        '{ "workspace": {\n "memory": "lots" } }',
        'line 2: workspace.memory is a size such as "512m" or "2g", not "lots"'
      ],
      ['{ "workspace": { "env": { "1": "x" } } }', "workspace.env is names with values"],
      ['{ "workspace": { "image": "a", "dockerfile": "b" } }', "only one of workspace.image and workspace.dockerfile"]
    ]
    for (const [text, words] of wrong) {
      settings(text)
      const made = await create("never")
      expect(made).toMatchObject({ exit: 2, stdout: "" })
      expect(made.stderr).toContain(join(project, ".nexus/config.jsonc"))
      expect(made.stderr).toContain(words)
    }
    expect(existsSync(join(project, ".worktree/never"))).toBe(false)
    settings({})
  })

  it("are set, shown and taken out by nexus config", async () => {
    const config = (...args: ReadonlyArray<string>) => world.nexus(["config", ...args], { cwd: project })
    for (const [key, value] of [
      ["workspace.hooks.setup", '["a","b"]'],
      ["workspace.env.A", "1"],
      ["workspace.cpu", "1.5"]
    ] as const)
      expect(await config("set", key, value)).toMatchObject({ exit: 0 })
    expect(json(await config("get", "workspace.hooks.setup", "--json"))).toMatchObject({ value: ["a", "b"] })
    expect(json(await config("get", "workspace.env.A", "--json"))).toMatchObject({ value: "1" })
    expect((await config("get", "workspace.network")).stderr).toBe("nexus: workspace.network is not set.\n")
    expect((await config("set", "workspace.cpu", "lots")).stderr).toContain(
      'workspace.cpu is a number above 0, such as 1.5, not "lots"'
    )
    expect(await config("unset", "workspace.hooks.setup")).toMatchObject({ exit: 0 })
    settings({})
  })
})

describe("a template", () => {
  it("is shown, used and pinned; what is wrong with it has its own code", async () => {
    put(
      join(world.root, "t/template.jsonc"),
      '{ "description": "Node", "env": { "A": "template", "B": "template" }, "hooks": { "setup": "cat new" } }'
    )
    put(join(world.root, "t/files/new"), "brought\n")
    settings({ env: { B: "project" } })
    const shown = json(await workspace("template", "show", "../t", "--json"))
    expect(shown).toMatchObject({ from: join(world.root, "t"), description: "Node", files: ["new"] })
    expect((await workspace("template", "show", "../t")).stdout).toContain(`--template ${world.root}/t@${shown.digest}`)
    const made = await create("feat-t", "--template", `../t@${shown.digest}`)
    expect(made).toMatchObject({ exit: 0 })
    expect(made.stderr).toContain("Running setup: cat new …\nbrought\n")
    expect((await workspace("env", "feat-t")).stdout).toMatch(/^A=template\nB=project$/m)
    expect(json(await workspace("show", "feat-t", "--json")).template).toEqual({
      from: shown.from,
      digest: shown.digest
    })
    expect(await create("x", "--template", `../t@sha256:${"0".repeat(64)}`)).toMatchObject({ exit: 5 })
    expect(await create("x", "--template", "../nothing")).toMatchObject({ exit: 2 })
    expect(await create("x", "--template", "https://127.0.0.1:9/x.git")).toMatchObject({ exit: 6 })
    expect(existsSync(join(project, ".worktree/x"))).toBe(false)
  })
})
