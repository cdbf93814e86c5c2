/** The same on a real engine: SSH with its own keys, the engine's ports, a private git directory. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, jsonLines, newWorld, put, type Ran, type RunOptions, type World } from "../support/cli.ts"

let world: World
let project: string
let folder: string
beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  world.git(project, "config", "user.name", "test")
  world.git(project, "config", "user.email", "test@localhost")
  folder = join(project, ".worktree", "reach")
  const made = await workspace("create", "reach", "--backend", "docker", "--port", "web=3000")
  expect(made).toMatchObject({ exit: 0 })
}, 240_000)
afterAll(async () => {
  await workspace("delete", "reach", "--force")
  world[Symbol.dispose]()
}, 120_000)

const run = (args: ReadonlyArray<string>, options: RunOptions = {}): Promise<Ran> =>
  world.nexus(["workspace", ...args], { cwd: project, ...options })
const workspace = (...args: ReadonlyArray<string>): Promise<Ran> => run(args)
const ok = async (...args: ReadonlyArray<string>): Promise<any> => json(await workspace(...args, "--json"))
const inside = (script: string): Promise<Ran> => workspace("exec", "reach", "--", "sh", "-c", script)

describe("a workspace in a container", () => {
  it("has a shell in the worktree by SSH, with its variables, exit code and record", async () => {
    const script = "pwd; echo $NEXUS_WORKSPACE; ls / | grep -c nexus; exit 7"
    const ran = await run(["ssh", "reach"], { stdin: `${script}\n` })
    expect(ran).toMatchObject({ exit: 7 })
    expect(ran.stdout).toContain(`${folder}\nreach\n`)
    expect(await workspace("ssh", "reach", "--", "sh", "-c", "echo err >&2; exit 9")).toMatchObject({
      exit: 9,
      stdout: "",
      stderr: "err\n"
    })
    const recorded = jsonLines(await world.nexus(["events", "--type", "WorkspaceCommandRan", "--json"]))
    expect(recorded.map(({ payload: { via, exit } }) => [via, exit])).toEqual([
      ["shell", 7],
      ["shell", 9]
    ])
  })

  it("lets programs inside ask the user's agent, when it is told to", async () => {
    const agent = await world.sh(
      `eval "$(ssh-agent)" >/dev/null; ssh-keygen -q -t ed25519 -N "" -C from-the-agent -f "${world.root}/key"; ssh-add -q "${world.root}/key"
       "$NODE" "$NEXUS" workspace ssh -A reach -- sh -c 'test -S "$SSH_AUTH_SOCK" && echo forwarded'
       "$NODE" "$NEXUS" workspace ssh reach -- sh -c 'test -S "$SSH_AUTH_SOCK" || echo not'
       ssh-agent -k >/dev/null`,
      {
        cwd: project,
        env: { NODE: process.execPath, NEXUS: join(import.meta.dirname, "../../dist/nexus.js") }
      }
    )
    expect(agent).toMatchObject({ exit: 0, stdout: "forwarded\nnot\n" })
  })

  it("is reached by OpenSSH's client with what is installed for it, and by no other key", async () => {
    const { file, hosts } = await ok("ssh-config", "--install")
    expect(hosts).toEqual(["nexus-reach"])
    expect(await world.run("ssh", ["-F", file, "nexus-reach", "pwd"])).toMatchObject({ exit: 0, stdout: `${folder}\n` })
    expect((await workspace("ssh-config", "reach")).stdout).toContain("StrictHostKeyChecking yes")
    const opened = await ok("open", "reach")
    expect(opened.commands[0].command).toEqual(["code", "--remote", "ssh-remote+nexus-reach", folder])
  })

  it("takes and gives files, outside of the worktree too", async () => {
    put(join(world.root, "box/a.txt"), "a\n")
    expect(await ok("cp", join(world.root, "box"), "reach:/tmp")).toMatchObject({ files: 1, folders: 1 })
    expect((await inside("cat /tmp/box/a.txt")).stdout).toBe("a\n")
    expect(await workspace("cp", "reach:/tmp/box/a.txt", join(world.root, "b.txt"))).toMatchObject({ exit: 0 })
    expect(readFileSync(join(world.root, "b.txt"), "utf8")).toBe("a\n")
    expect(await workspace("cp", "reach:/no-such", world.root)).toMatchObject({ exit: 3 })
  })

  it("gets one more port that works, keeps what was changed inside, and goes on running", async () => {
    await inside("echo kept > /var/kept")
    const { port } = await ok("port", "add", "reach", "api=4000")
    expect((await inside("cat /var/kept; echo $NEXUS_PORT_API")).stdout).toBe(`kept\n${port.hostPort}\n`)
    const before = await ok("port", "list", "reach")
    expect(before.items.map((one: any) => [one.service, one.listening])).toEqual([
      ["ssh", true],
      ["web", false],
      ["api", false]
    ])
    const released = await ok("port", "remove", "reach", "api")
    expect(released.ports.map((one: any) => one.service)).toEqual(["ssh", "web"])
    expect((await inside("cat /var/kept")).stdout).toBe("kept\n")
    expect((await ok("show", "reach")).status).toBe("running")
  }, 180_000)

  it("prints what nobody waited for, and what it uses", async () => {
    await workspace("exec", "reach", "--detach", "--", "sh", "-c", "echo from-the-background; exec sleep 600")
    const following = world.start(["workspace", "logs", "reach", "--follow", "--json"], { cwd: project })
    const line = await new Promise<string>((resolve) => {
      let text = ""
      following.stdout?.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8")
        const found = text.split("\n").find((one) => one.includes("from-the-background"))
        if (found !== undefined) resolve(found)
      })
    })
    following.kill("SIGINT")
    expect(JSON.parse(line).line.trim()).toBe("from-the-background")
    const [reading] = (await ok("stats", "reach")).items
    expect(reading).toMatchObject({ name: "reach", status: "running", why: null })
    expect(reading.memoryBytes).toBeGreaterThan(0)
  })

  it("merges what was committed inside, with how it was kept; then the branch is promoted", async () => {
    await inside("echo new > new.txt && git add new.txt && git commit --quiet --message New")
    const merged = await ok("merge", "reach")
    expect(merged).toMatchObject({ into: "main", outcome: "fast-forward", checkpoint: "C-1" })
    expect(readFileSync(join(project, "new.txt"), "utf8")).toBe("new\n")
    await ok("promote", "reach", "feature/reach")
    expect((await inside("git branch --show-current")).stdout).toBe("feature/reach\n")
    await inside("echo more > new.txt && git commit --quiet --all --message More")
    expect(await ok("checkpoint", "restore", "reach", "C-1")).toMatchObject({ checkpoint: "C-1" })
  }, 120_000)

  it("is not deleted with commits that were only ever made inside; of branches of its own no checkpoint speaks", async () => {
    expect(await workspace("create", "lost", "--backend", "docker")).toMatchObject({ exit: 0 })
    const commit = (text: string) =>
      `git -c user.name=a -c user.email=a@b commit -q --allow-empty -m '${text}' && git rev-parse HEAD`
    const { stdout } = await workspace("exec", "lost", "--", "sh", "-c", commit("feat: inside"))
    const refused = await workspace("delete", "lost")
    expect(refused).toMatchObject({ exit: 4 })
    expect(refused.stderr).toContain("1 commits that are in no other branch")
    const taken = await ok("checkpoint", "create", "lost")
    expect(taken.commit).toBe(stdout.trim())
    await workspace("exec", "lost", "--", "sh", "-c", `git switch -q -c side && ${commit("feat: aside")}`)
    const kept = await workspace("delete", "lost", "--force")
    expect(kept).toMatchObject({ exit: 4 })
    expect(kept.stderr).toContain("refs/heads/side")
    await workspace("exec", "lost", "--", "sh", "-c", "git switch -q nexus/lost && git branch -q -D side")
    expect(await workspace("delete", "lost", "--force")).toMatchObject({ exit: 0 })
  }, 120_000)

  it("is forgotten by SSH clients when it is deleted", async () => {
    const known = join(world.home, "ssh/hosts/nexus-reach")
    expect(existsSync(known)).toBe(true)
    expect(await workspace("delete", "reach", "--force")).toMatchObject({ exit: 0 })
    expect(existsSync(known)).toBe(false)
  })
})
