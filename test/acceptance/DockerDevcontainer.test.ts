/** A repository with a devcontainer.json, on a real engine: what it gets, what it is told, and what is refused. */
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, newWorld, put, type Ran, type RunOptions, type World } from "../support/cli.ts"

let world: World
let project: string

const commit = (files: Readonly<Record<string, unknown>>): void => {
  for (const [path, content] of Object.entries(files))
    put(join(project, path), typeof content === "string" ? content : JSON.stringify(content, null, 2))
  world.git(project, "add", "--all")
  world.git(project, "commit", "--quiet", "--allow-empty", "--message", "More")
}

beforeAll(() => {
  world = newWorld()
  project = world.repository()
})
afterAll(() => world[Symbol.dispose]())

const run = (args: ReadonlyArray<string>, options: RunOptions = {}): Promise<Ran> =>
  world.nexus(["workspace", ...args], { cwd: project, ...options })
const workspace = (...args: ReadonlyArray<string>): Promise<Ran> => run(args)
const create = (name: string, ...args: ReadonlyArray<string>) =>
  workspace("create", name, "--backend", "docker", ...args)

describe("a workspace made by a devcontainer.json", () => {
  const file = `{
  // As a project has it.
  "build": { "dockerfile": "Dockerfile", "context": "..", "target": "dev", "args": { "TOOL": "hammer" } },
  "mounts": ["source=\${localWorkspaceFolderBasename}-cache,target=\${containerWorkspaceFolder}/cache,type=volume"],
  "forwardPorts": [3000],
  "portsAttributes": { "3000": { "label": "Web" } },
  "containerEnv": { "TOOLS": "/opt/tools" },
  "remoteEnv": { "PATH": "\${containerEnv:TOOLS}:\${containerEnv:PATH}", "TOKEN": "\${localEnv:A_TOKEN}", "WHERE": "\${containerWorkspaceFolder}" },
  "onCreateCommand": "cat made-of > created; echo \${localEnv:A_TOKEN} | wc -c > length",
  "postCreateCommand": { "one": ["sh", "-c", "id -un > who"], "two": "echo \${containerWorkspaceFolder} > where" },
  "postStartCommand": "echo start >> starts",
  "remoteUser": "coder",
  "runArgs": ["--init", "--memory=512m"],
  "hostRequirements": { "memory": "900tb" },
  "customization": {}
}
`
  const secret = "of-the-person-that-asked"
  const env = { A_TOKEN: secret }
  let made: Ran
  const inside = (name: string, script: string) => run(["exec", name, "--", "sh", "-c", script], { env })

  beforeAll(async () => {
    commit({
      ".devcontainer/devcontainer.json": file,
      ".devcontainer/Dockerfile":
        "FROM nexus-base:1 AS dev\nARG TOOL\nRUN useradd --create-home --uid 1234 coder\nCOPY README.md /opt/tools/\nENV TOOL=$TOOL\nFROM dev\nRUN false\n",
      "made-of": "what is committed\n"
    })
    put(join(project, ".devcontainer/devcontainer.json"), "{ not committed")
    made = await run(["create", "dev", "--backend", "docker", "--devcontainer", "auto"], { env })
  }, 240_000)
  afterAll(async () => {
    await workspace("delete", "dev", "--force")
    await workspace("delete", "other", "--force")
  }, 120_000)

  it("is what the committed file says, and says what it is not", async () => {
    expect(made).toMatchObject({ exit: 0 })
    expect(made.stdout).toMatch(/made by +\.devcontainer\/devcontainer\.json/)
    expect(made.stderr).toContain(
      ".devcontainer/devcontainer.json: customization is not known. Did you mean customizations?"
    )
    expect(made.stderr).toMatch(/It asks for 921600 GiB of memory; this machine has/)
    const shown = json(await workspace("show", "dev", "--json"))
    expect(shown).toMatchObject({
      devcontainer: { from: ".devcontainer/devcontainer.json", digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      user: "coder",
      limits: { memoryBytes: 512 * 2 ** 20 },
      image: { path: ".devcontainer/Dockerfile", context: ".", target: "dev", arguments: { TOOL: "hammer" } }
    })
    expect(shown.ports.map((one: any) => [one.service, one.port])).toContainEqual(["web", 3000])
  })

  it("has its image, user, volume and variables", async () => {
    const folder = join(project, ".worktree/dev")
    const seen = await inside(
      "dev",
      'echo $TOOL; ls /opt/tools; echo $PATH; echo $TOKEN; echo $WHERE; echo $HOME; mount | grep -c "$PWD/cache"'
    )
    expect(seen.stdout).toMatch(
      new RegExp(`^hammer\nREADME.md\n/opt/tools:/usr.*\n${secret}\n${folder}\n/home/coder\n1\n$`)
    )
    const byShell = await run(["ssh", "dev", "--", "sh", "-c", "echo $HOME $PATH; pwd"], { env })
    expect(byShell.stdout).toMatch(new RegExp(`^/home/coder /opt/tools:/usr.*\n${folder}\n$`))
  })

  it("has had its commands run, in order, once or at each start, and their secrets are in no log", async () => {
    const seen = () => inside("dev", "cat created length who where starts")
    const folder = join(project, ".worktree/dev")
    const written = `what is committed\n${secret.length + 1}\ncoder\n${folder}\n`
    // Who owns the worktree is root where the tests run as root, and has the account's name all the same.
    expect((await seen()).stdout.replace("\nroot\n", "\ncoder\n")).toBe(`${written}start\n`)
    await workspace("stop", "dev")
    expect(await run(["start", "dev"], { env })).toMatchObject({ exit: 0 })
    expect((await seen()).stdout.replace("\nroot\n", "\ncoder\n")).toBe(`${written}start\nstart\n`)
    expect((await world.nexus(["events", "--json"], { cwd: project })).stdout).not.toContain(secret)
  }, 120_000)

  it("is forked with everything, at its own place", async () => {
    expect(await run(["checkpoint", "create", "dev", "--name", "as-it-is"], { env })).toMatchObject({ exit: 0 })
    expect(await run(["checkpoint", "fork", "dev", "as-it-is", "other"], { env })).toMatchObject({ exit: 0 })
    const folder = join(project, ".worktree/other")
    const seen = await inside("other", 'echo $WHERE; mount | grep -c "$PWD/cache"; echo $HOME')
    expect(seen.stdout).toBe(`${folder}\n1\n/home/coder\n`)
  }, 120_000)
})

describe("what is said", () => {
  beforeAll(() => commit({ ".devcontainer/devcontainer.json": { image: "nexus-base:1" } }))

  it("without the option: that there is one, and how to use it; not to programs, and not when told so", async () => {
    // A name that can't be: nothing is made.
    const told = await create("main")
    expect(told.stderr).toContain(
      "There is a .devcontainer/devcontainer.json, which is not used. To use it: --devcontainer auto"
    )
    expect((await create("main", "--devcontainer", "none")).stderr).not.toContain("devcontainer")
    expect((await create("main", "--json")).stderr).not.toContain("devcontainer")
  })

  it("of a file that asks for too much: where, why, and what to do; nothing is made", async () => {
    commit({
      ".devcontainer/devcontainer.json": '{\n  "image": "nexus-base:1",\n  "privileged": true\n}\n',
      "other/devcontainer.json": { image: "nexus-base:1", features: { "ghcr.io/devcontainers/features/node:1": {} } },
      "other/broken.json": '{\n  "image": \n}'
    })
    const refused = await create("bad", "--devcontainer", "auto")
    expect(refused).toMatchObject({ exit: 2, stdout: "" })
    expect(refused.stderr).toContain(".devcontainer/devcontainer.json, line 3: it asks for all rights")
    expect(refused.stderr).toContain("--dind")
    const features = await create("bad", "--devcontainer", "other/devcontainer.json", "--json")
    expect(features).toMatchObject({ exit: 2 })
    expect(JSON.parse(features.stderr).error).toMatchObject({
      code: "devcontainer_wrong",
      message: expect.stringContaining("ghcr.io/devcontainers/features/node:1")
    })
    expect((await create("bad", "--devcontainer", "./other/broken.json")).stderr).toContain(
      "other/broken.json, line 3: this is no JSON"
    )
    expect(await workspace("show", "bad")).toMatchObject({ exit: 3 })
    const given = await create("good", "--devcontainer", "other/devcontainer.json", "--image", "nexus-base:1")
    expect(given).toMatchObject({ exit: 0 })
    expect(json(await workspace("show", "good", "--json"))).toMatchObject({ image: { kind: "named" } })
    await workspace("delete", "good")
  }, 120_000)

  it("of a file that is not there, not committed, or one of several", async () => {
    expect(await create("bad", "--devcontainer", "no/such.json")).toMatchObject({ exit: 3 })
    expect((await create("bad", "--devcontainer", ".devcontainer/devcontainer.jso")).stderr).toContain(
      "Did you mean .devcontainer/devcontainer.json?"
    )
    put(join(project, "fresh.json"), "{}")
    const fresh = await create("bad", "--devcontainer", "fresh.json")
    expect(fresh).toMatchObject({ exit: 4 })
    expect(fresh.stderr).toContain("commit it first")
    world.git(project, "rm", "--quiet", "-r", "-f", ".devcontainer")
    commit({ ".devcontainer/a/devcontainer.json": {}, ".devcontainer/b/devcontainer.json": {} })
    const several = await create("bad", "--devcontainer", "auto")
    expect(several).toMatchObject({ exit: 4 })
    expect(several.stderr).toContain("--devcontainer .devcontainer/a/devcontainer.json")
    world.git(project, "rm", "--quiet", "-r", "-f", ".devcontainer")
    commit({})
    expect(await create("bad", "--devcontainer", "auto")).toMatchObject({ exit: 3 })
  })

  it("where there are no containers", async () => {
    const refused = await workspace("create", "bad", "--backend", "process", "--devcontainer", "auto")
    expect(refused).toMatchObject({ exit: 4 })
    expect(refused.stderr).toContain("--backend docker")
  })
})
