/** Getting into a workspace and getting work out of it, as it is used: on the backend that there always is. */
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, jsonLines, lines, newWorld, put, type Ran, type RunOptions, type World } from "../support/cli.ts"

let world: World
let project: string
let folder: string
beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  folder = join(project, ".worktree", "feat-x")
  const made = await workspace("create", "feat-x", "--backend", "process", "--port", "web=3000", "--env", "API_TOKEN")
  expect(made).toMatchObject({ exit: 0 })
})
afterAll(() => world[Symbol.dispose]())

const at = (options: RunOptions = {}): RunOptions => ({
  cwd: project,
  ...options,
  env: { API_TOKEN: "a-secret-value", ...options.env }
})
const run = (args: ReadonlyArray<string>, options: RunOptions = {}): Promise<Ran> =>
  world.nexus(["workspace", ...args], at(options))
const workspace = (...args: ReadonlyArray<string>): Promise<Ran> => run(args)
const ok = async (...args: ReadonlyArray<string>): Promise<any> => json(await workspace(...args, "--json"))
const events = async (type: string) =>
  jsonLines(await world.nexus(["events", "--type", type, "--json"], at())).map(({ payload }) => payload)

describe("nexus workspace ssh", () => {
  it("is a shell in the worktree where there is no container, with its exit code on record", async () => {
    const env = { SHELL: "/bin/sh" }
    const ran = await run(["ssh", "feat-x"], { env, stdin: "pwd; echo $NEXUS_WORKSPACE; exit 7\n" })
    expect(ran).toMatchObject({ exit: 7, stdout: `${folder}\nfeat-x\n` })
    expect(await events("WorkspaceCommandRan")).toMatchObject([{ via: "shell", command: "shell", exit: 7 }])
  })

  it("runs a command in place of it, whose options are its own", async () => {
    const ran = await workspace("ssh", "feat-x", "--", "sh", "-c", "echo $#; exit 3", "--", "--json", "-A")
    expect(ran).toMatchObject({ exit: 3, stdout: "2\n" })
    expect(await workspace("ssh", "feat-x", "--", "no-such-program")).toMatchObject({ exit: 127 })
  })

  it("says what is wrong with its command line", async () => {
    expect(await workspace("ssh", "--help")).toMatchObject({ exit: 0, stderr: "" })
    expect((await workspace("ssh")).stderr).toContain("Usage: nexus workspace ssh NAME")
    expect(await workspace("ssh", "feat-x", "--")).toMatchObject({ exit: 2 })
    expect(await run(["ssh", "-A", "feat-x"], { env: { SSH_AUTH_SOCK: undefined } })).toMatchObject({ exit: 2 })
    expect((await workspace("ssh", "feat-y")).stderr).toContain("Did you mean feat-x?")
  })
})

describe("nexus workspace ssh-config", () => {
  it("has no block for what is no other machine, and says so", async () => {
    const { items, without } = await ok("ssh-config")
    expect([items, without]).toMatchObject([[], [{ name: "feat-x" }]])
    expect(await workspace("ssh-config", "feat-x")).toMatchObject({ exit: 4 })
    const { file, include } = await ok("ssh-config", "--install")
    expect(include).toBe(`Include ${file}`)
    expect(existsSync(join(world.user, ".ssh"))).toBe(false)
  })
})

describe("nexus workspace cp", () => {
  it("copies files and folders both ways, with modes and links", async () => {
    put(join(world.root, "box/a/deep.txt"), "deep\n")
    mkdirSync(join(world.root, "box/empty"))
    symlinkSync("a/deep.txt", join(world.root, "box/link"))
    const sent = await ok("cp", join(world.root, "box"), "feat-x:")
    expect(sent).toMatchObject({ files: 1, folders: 3, links: 1, bytes: 5, leftOut: [] })
    expect(readFileSync(join(folder, "box/link"), "utf8")).toBe("deep\n")
    expect(await workspace("cp", "feat-x:box/.", join(world.root, "back"))).toMatchObject({ exit: 0 })
    expect(readFileSync(join(world.root, "back/a/deep.txt"), "utf8")).toBe("deep\n")
    expect(await run(["cp", "feat-x:README.md", "."], { cwd: join(world.root, "back") })).toMatchObject({ exit: 3 })
    expect(await workspace("cp", "feat-x:README.md", join(world.root, "back/"))).toMatchObject({ exit: 0 })
    expect(existsSync(join(world.root, "back/README.md"))).toBe(true)
  })

  it("refuses what can't be", async () => {
    for (const pair of [
      ["a", "b"],
      ["feat-x:a", "feat-x:b"],
      ["feat-x:", join(folder, "box")],
      [folder, "feat-x:box/again"]
    ])
      expect([pair, (await workspace("cp", ...pair)).exit]).toEqual([pair, 4])
    expect(await workspace("cp", "feat-x:no-such", world.root)).toMatchObject({ exit: 3 })
  })
})

describe("nexus workspace port", () => {
  it("reserves one more, which programs learn of, and releases it", async () => {
    const { port } = await ok("port", "add", "feat-x", "api=4000")
    expect(port).toMatchObject({ service: "api", port: 4000, host: "127.0.0.1", protocol: "tcp" })
    const told = await workspace("exec", "feat-x", "--", "sh", "-c", "echo $NEXUS_PORT_API")
    expect(told.stdout).toBe(`${port.hostPort}\n`)
    expect((await ok("port", "list", "feat-x")).items.map((one: any) => one.service)).toEqual(["web", "api"])
    expect((await ok("show", "feat-x")).status).toBe("running")
    expect((await ok("port", "remove", "feat-x", "api")).ports).toHaveLength(1)
    const { port: next } = await ok("port", "add", "feat-x", "53/udp")
    expect(next).toMatchObject({ service: "port-53", port: 53, protocol: "udp" })
  })

  it("says what is wrong, and reserves nothing", async () => {
    const before = await ok("port", "list", "feat-x")
    expect((await workspace("port", "add", "feat-x", "web=1")).stderr).toContain("has a service web already")
    expect(await workspace("port", "add", "feat-x", "ssh=22")).toMatchObject({ exit: 4 })
    expect(await workspace("port", "add", "feat-x", "web=99999")).toMatchObject({ exit: 2 })
    const missing = await workspace("port", "remove", "feat-x", "wep")
    expect([missing.exit, missing.stderr]).toEqual([3, expect.stringContaining("Did you mean web?")])
    expect(await workspace("pause", "feat-x")).toMatchObject({ exit: 0 })
    expect((await workspace("port", "add", "feat-x", "other=1")).stderr).toContain("nexus workspace resume feat-x")
    expect(await workspace("resume", "feat-x")).toMatchObject({ exit: 0 })
    expect(await ok("port", "list", "feat-x")).toEqual(before)
  })
})

describe("nexus workspace env, use and open", () => {
  it("shows where secrets come from, and never what they are", async () => {
    const shown = await workspace("env", "feat-x")
    expect(shown.stdout).toContain("NEXUS_WORKSPACE=feat-x\n")
    expect(shown.stdout).toContain("API_TOKEN  (from API_TOKEN of whoever starts it)")
    expect(shown.stdout).not.toContain("a-secret-value")
    const script = (await workspace("env", "feat-x", "--shell")).stdout
    expect(lines(script).every((line) => line.startsWith("export NEXUS_"))).toBe(true)
    const ran = await world.run("sh", ["-c", `${script}\necho $NEXUS_BRANCH`], at())
    expect(ran.stdout).toBe("nexus/feat-x\n")
  })

  it("makes a shell the workspace's", async () => {
    const script = (await workspace("use", "feat-x")).stdout
    const ran = await world.run("sh", ["-c", `eval "$1"\npwd; echo $NEXUS_PORT_WEB`, "sh", script], at())
    expect(ran.stdout).toBe(`${folder}\n${(await ok("show", "feat-x")).ports[0].hostPort}\n`)
  })

  it("names the folder and what opens it, and starts an editor only when told to", async () => {
    const opened = await ok("open", "feat-x")
    expect(opened).toMatchObject({ folder, alias: null, opened: null })
    expect(opened.commands[0]).toEqual({ editor: "code", command: ["code", folder] })
    put(join(world.root, "bin/code"), `#!/bin/sh\necho "$@" > "${world.root}/opened"\n`)
    await world.sh(`chmod +x "${world.root}/bin/code"`)
    const env = { PATH: `${world.root}/bin:${world.env["PATH"]}` }
    expect(await run(["open", "feat-x", "--with", "code"], { env })).toMatchObject({ exit: 0 })
    expect(readFileSync(join(world.root, "opened"), "utf8")).toBe(`${folder}\n`)
    expect((await run(["open", "feat-x", "--with", "cursor"])).stderr).toContain("it is not installed")
  })
})

describe("nexus workspace stats and logs", () => {
  it("measure what goes on by itself", async () => {
    await workspace("exec", "feat-x", "--detach", "--", "sleep", "600")
    expect((await ok("stats")).items).toMatchObject([{ name: "feat-x", processes: 1, why: null }])
    expect((await workspace("stats", "feat-x")).stdout).toMatch(/^NAME .*\nfeat-x +running/)
    expect(await workspace("logs", "feat-x", "--tail", "3")).toMatchObject({ exit: 0, stdout: "" })
    expect(await workspace("logs", "feat-x", "--tail=-1")).toMatchObject({ exit: 2 })
  })
})

describe("nexus workspace diff, merge and promote", () => {
  const commit = (path: string, content: string) => {
    put(join(folder, path), content)
    world.git(folder, "add", path)
    world.git(folder, "commit", "--quiet", "--message", `Change ${path}`)
  }

  it("shows what changed, and merges what is committed, once, with how it was kept", async () => {
    commit("new.txt", "new\n")
    put(join(folder, "loose.txt"), "loose\n")
    expect((await workspace("diff", "feat-x", "--stat")).stdout).toMatch(/loose\.txt[^]*new\.txt/)
    expect((await ok("diff", "feat-x")).diff).toContain("+new")
    expect(await ok("merge", "feat-x", "--dry-run")).toMatchObject({ outcome: "fast-forward", checkpoint: null })
    expect(existsSync(join(project, "new.txt"))).toBe(false)
    const merged = await ok("merge", "feat-x")
    expect(merged).toMatchObject({ into: "main", outcome: "fast-forward", checkpoint: "C-1" })
    expect(merged.uncommitted).toBeGreaterThan(0)
    expect(readFileSync(join(project, "new.txt"), "utf8")).toBe("new\n")
    expect((await ok("checkpoint", "list", "feat-x")).items).toMatchObject([{ id: "C-1", occasion: "before-merge" }])
    expect(await ok("merge", "feat-x")).toMatchObject({ outcome: "up-to-date" })
    expect(await events("WorkspaceMerged")).toMatchObject([
      { into: "main", outcome: "fast-forward" },
      { outcome: "up-to-date" }
    ])
  })

  it("names conflicts, with code 4, and changes nothing", async () => {
    commit("new.txt", "theirs\n")
    put(join(project, "new.txt"), "ours\n")
    world.git(project, "commit", "--quiet", "--all", "--message", "Ours")
    const before = world.git(project, "rev-parse", "HEAD")
    const ran = await workspace("merge", "feat-x", "--json")
    expect(ran.exit).toBe(4)
    expect(JSON.parse(ran.stderr).error).toMatchObject({
      code: "merge_conflicts",
      message: "nexus/feat-x conflicts with main in new.txt (content). Nothing was changed.",
      hint: "Bring main in there first: nexus workspace exec feat-x -- git merge main"
    })
    expect(world.git(project, "rev-parse", "HEAD")).toBe(before)
    expect(world.git(project, "status", "--porcelain", "--untracked-files=no")).toBe("")
    expect((await events("WorkspaceMerged")).at(-1)).toMatchObject({ outcome: "conflicts", conflicts: ["new.txt"] })
  })

  it("gives the branch a name for good: it outlives the workspace", async () => {
    expect(await workspace("promote", "feat-x", "nexus/other")).toMatchObject({ exit: 4 })
    expect(await workspace("promote", "feat-x", "main")).toMatchObject({ exit: 4 })
    expect(await ok("promote", "feat-x", "feature/x")).toEqual({ workspace: "feat-x", branch: "feature/x" })
    expect(await events("WorkspacePromoted")).toMatchObject([{ branch: "feature/x" }])
    expect((await workspace("delete", "feat-x")).stderr).toContain("files that are not committed")
    expect(await workspace("delete", "feat-x", "--force")).toMatchObject({ exit: 0 })
    expect(world.git(project, "branch", "--list", "feature/x").trim()).toBe("feature/x")
  })
})
