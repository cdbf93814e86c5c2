/** nexus init and nexus uninstall in real repositories. */
import { chmodSync, existsSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ClaudeAgent } from "../../src/adapters/agents/claude/ClaudeAgent.ts"
import { agents } from "../../src/cli/Live.ts"
import { fixture, json, jsonLines, newWorld, put, type World } from "../support/cli.ts"

const local = ".claude/settings.local.json"
const shared = ".claude/settings.json"
const init = (world: World, cwd: string, ...args: ReadonlyArray<string>) => world.nexus(["init", ...args], { cwd })
const text = (folder: string, file = local) => readFileSync(join(folder, file), "utf8")
const everything = (world: World, folder: string) =>
  world.run("sh", ["-c", "find . -path ./.git -prune -o -type f -exec sha256sum {} + | sort"], { cwd: folder })

describe("nexus init", () => {
  it("registers the repository, writes the hooks and shows what it wrote", async () => {
    using world = newWorld()
    const project = world.repository()
    const ran = await init(world, project)
    expect(ran.exit).toBe(0)
    expect(ran.stderr).toContain(`+++ ${join(project, local)}`)
    expect(ran.stderr).toContain('+    "SessionStart": [')
    expect(ran.stdout).toMatch(/^Agents: claude \(no other was found\)\nRegistered project \(prj_[0-9a-f]{16}\) at /)
    expect(ran.stdout).toContain(`Installed the hooks of claude in ${join(project, local)}`)
    const script = join(world.home, "bin/nexus-hook")
    expect(ClaudeAgent.settings.commandsFor(text(project), fixture("claude/Stop"))).toEqual([
      `[ ! -x '${script}' ] || exec '${script}' claude ack`
    ])
    expect(statSync(script).mode & 0o777).toBe(0o700)
    expect(statSync(world.home).mode & 0o777).toBe(0o700)
    expect(jsonLines(await world.nexus(["events", "--json"]))).toMatchObject([
      { type: "ProjectRegistered", payload: { name: "project", path: project } },
      { type: "HooksInstalled", payload: { agent: "claude", file: join(project, local), scope: "local" } }
    ])
    expect(world.git(project, "log", "--oneline").trim().split("\n")).toHaveLength(1)
  })

  it("answers with one JSON document, and nothing else, with --json", async () => {
    using world = newWorld()
    const project = world.repository()
    const ran = await init(world, project, "--json")
    expect(ran.stderr).toBe("")
    const report = json(ran)
    expect(Object.keys(report)).toEqual(["project", "name", "isNew", "checkout", "home", "agents", "hooks"])
    expect(report.agents).toEqual([{ agent: "claude", because: "no other was found" }])
    expect(report).toMatchObject({ name: "project", isNew: true, checkout: project, home: world.home })
    expect(report.hooks).toEqual([{ agent: "claude", file: join(project, local), changed: true }])
  })

  it("changes nothing the second time", async () => {
    using world = newWorld()
    const project = world.repository()
    json(await init(world, project, "--json"))
    const before = await everything(world, project)
    const events = (await world.nexus(["events", "--json"])).stdout
    const again = await init(world, project)
    expect(again).toMatchObject({ exit: 0, stderr: "" })
    expect(again.stdout).toContain("Already there: the hooks of claude")
    expect(await everything(world, project)).toEqual(before)
    expect((await world.nexus(["events", "--json"])).stdout).toBe(events)
    expect(json(await init(world, project, "--json")).hooks[0].changed).toBe(false)
  })

  it("merges with what is there, and leaves everybody else's hooks and comments", async () => {
    using world = newWorld()
    const project = world.repository()
    const mine = `{\n\t// mine\n\t"model": "opus",\n\t"hooks": {\n\t\t"Stop": [{ "hooks": [{ "type": "command", "command": "say done" }] }]\n\t}\n}\n`
    put(join(project, local), mine)
    json(await init(world, project, "--json"))
    expect(text(project)).toContain("// mine")
    expect(ClaudeAgent.settings.commandsFor(text(project), fixture("claude/Stop"))[0]).toBe("say done")
    expect(ClaudeAgent.settings.commandsFor(text(project), fixture("claude/Stop"))).toHaveLength(2)
  })

  it("works from a folder inside, and from a linked worktree of the same project", async () => {
    using world = newWorld()
    const project = world.repository()
    put(join(project, "deep/er/file"), "")
    const first = json(await init(world, join(project, "deep/er"), "--json"))
    expect(first.checkout).toBe(project)
    const tree = join(world.root, "tree")
    world.git(project, "worktree", "add", "--quiet", tree)
    expect(json(await init(world, tree, "--json"))).toMatchObject({
      project: first.project,
      isNew: false,
      checkout: tree,
      hooks: [{ file: join(tree, local), changed: true }]
    })
    expect(json(await world.nexus(["status", "--json"], { cwd: tree })).project.paths).toEqual([project, tree])
  })

  it("writes the committed settings with --shared, naming nobody's home folder", async () => {
    using world = newWorld()
    const project = world.repository()
    json(await init(world, project, "--shared", "--json"))
    expect(existsSync(join(project, local))).toBe(false)
    expect(text(project, shared)).not.toContain(world.root)
    for (const env of [{}, { NEXUS_HOME: undefined, XDG_DATA_HOME: join(world.root, "elsewhere") }]) {
      for (const command of ClaudeAgent.settings.commandsFor(text(project, shared), fixture("claude/Stop"))) {
        const stdin = JSON.stringify(fixture("claude/Stop"))
        expect(await world.sh(command, { cwd: project, stdin, env })).toEqual({ exit: 0, stdout: "", stderr: "" })
      }
    }
    // Where the script is, it is recorded; where it is not, nobody is disturbed.
    expect(jsonLines(await world.nexus(["events", "--type", "StopObserved", "--json"]))).toHaveLength(1)
  })

  it("shows what it would do with --dry-run, and does nothing", async () => {
    using world = newWorld()
    const project = world.repository()
    const before = await everything(world, project)
    const ran = await init(world, project, "--dry-run")
    expect(ran.stderr).toContain('+    "SessionStart": [')
    expect(ran.stdout).toBe("Agents: claude (no other was found)\nNothing was changed.\n")
    const planned = json(await init(world, project, "--dry-run", "--json"))
    expect(planned).toMatchObject({ dryRun: true, changes: [{ agent: "claude", file: join(project, local) }] })
    expect(await everything(world, project)).toEqual(before)
    expect(jsonLines(await world.nexus(["events", "--json"]))).toEqual([])
    expect(existsSync(join(world.home, "bin"))).toBe(false)
  })

  it("asks whether a mistyped agent was meant to be another", async () => {
    using world = newWorld()
    const project = world.repository()
    const ran = await init(world, project, "--agent", "cluade")
    expect(ran).toMatchObject({ exit: 2, stdout: "" })
    expect(ran.stderr).toMatch(/^nexus: .*"cluade".*Did you mean claude\?.*\n$/)
    expect(existsSync(join(project, ".claude"))).toBe(false)
  })
})

describe("nexus init for other agents than Claude Code", () => {
  const files = { codex: ".codex/hooks.json", cursor: ".cursor/hooks.json", gemini: ".gemini/settings.json" }

  it("finds those that are used here, says why, and what a person has to do", async () => {
    using world = newWorld()
    const project = world.repository()
    put(join(project, ".cursor/rules/a.mdc"), "be kind")
    put(join(world.user, ".codex/config.toml"), "")
    put(join(world.root, "tools/gemini"), "")
    const env = { PATH: `${join(world.root, "tools")}:${world.env["PATH"]}` }
    const ran = await world.nexus(["init"], { cwd: project, env })
    expect(ran.exit).toBe(0)
    expect(ran.stdout).toContain(
      `Agents: codex (${join(world.user, ".codex")} is there), cursor (.cursor is in this checkout), ` +
        `gemini (its command is ${join(world.root, "tools/gemini")})\n`
    )
    expect(ran.stdout).toContain("open /hooks in Codex")
    for (const [agent, file] of Object.entries(files))
      expect(ran.stdout).toContain(`Installed the hooks of ${agent} in ${join(project, file)}\n`)
    expect(existsSync(join(project, ".claude"))).toBe(false)
  })

  it.each([
    ["codex", "codex/Stop"],
    ["gemini", "gemini/AfterAgent"]
  ] as const)("records what %s delivers, and prints nothing of its own into its answers", async (agent, name) => {
    using world = newWorld()
    const project = world.repository()
    json(await init(world, project, "--agent", agent, "--json"))
    const payload = fixture(name, { cwd: project })
    const { settings } = agents.find((one) => one.name === agent) ?? ClaudeAgent
    const commands = settings?.commandsFor(text(project, files[agent]), payload) ?? []
    expect(commands).toHaveLength(1)
    for (const env of [{}, { NEXUS_ENFORCER: "off" }])
      expect(await world.sh(commands[0] ?? "", { cwd: project, stdin: JSON.stringify(payload), env })).toEqual({
        exit: 0,
        stdout: "",
        stderr: ""
      })
    const stops = jsonLines(await world.nexus(["events", "--type", "StopObserved", "--json"]))
    expect(stops).toHaveLength(2)
    expect(stops[0].stream).toMatch(new RegExp(`^session/${agent}:`))
  })

  it("is undone for all of them at once, and leaves a file of theirs as it was", async () => {
    using world = newWorld()
    const project = world.repository()
    put(join(project, files.cursor), '{"version": 1, "hooks": {"stop": [{"command": "say done"}]}}')
    const was = await everything(world, project)
    json(
      await init(world, project, "--json", ...["claude", ...Object.keys(files)].flatMap((name) => ["--agent", name]))
    )
    expect(text(project, files.cursor)).toContain("nexus-hook")
    const report = json(await world.nexus(["uninstall", "--json"], { cwd: project }))
    expect(report.hooks.map((hook: any) => hook.restored)).toEqual([true, true, true, true])
    expect(await everything(world, project)).toEqual(was)
    for (const folder of [".claude", ".codex", ".gemini"]) expect(existsSync(join(project, folder))).toBe(false)
  })
})

const startStates: Readonly<Record<string, string | null>> = {
  "no file": null,
  "an empty file": "",
  "an empty object": "{}",
  "an object without a last line end": '{"model": "opus"}',
  "tabs, Windows line ends and a byte order mark": '\uFEFF{\r\n\t"env": {\r\n\t\t"A": "1"\r\n\t}\r\n}\r\n',
  comments: '{\n  // one\n  "permissions": { "allow": ["Bash(ls)"] } /* two */\n  // three\n}\n',
  "hooks of others on the same events":
    '{\n  "hooks": {\n    "Stop": [ { "hooks": [ { "type": "command", "command": "true" } ] } ],\n    "PreToolUse": []\n  }\n}\n'
}

describe("nexus uninstall", () => {
  for (const [name, before] of Object.entries(startStates)) {
    it(`puts back, byte for byte, ${name}`, async () => {
      using world = newWorld()
      const project = world.repository()
      const file = join(project, local)
      if (before !== null) put(file, before)
      const was = await everything(world, project)
      json(await init(world, project, "--json"))
      json(await init(world, project, "--json"))
      expect(text(project)).toContain("nexus-hook")
      const report = json(await world.nexus(["uninstall", "--json"], { cwd: project }))
      expect(report).toEqual({ checkout: project, hooks: [{ agent: "claude", file, restored: true }] })
      expect(existsSync(file) ? readFileSync(file, "utf8") : null).toBe(before)
      expect(existsSync(join(project, ".claude"))).toBe(before !== null)
      expect(await everything(world, project)).toEqual(was)
      expect(jsonLines(await world.nexus(["events", "--type", "HooksRemoved", "--json"]))).toHaveLength(1)
    })
  }

  it("takes out only what is its own, once the file was changed by others", async () => {
    using world = newWorld()
    const project = world.repository()
    put(join(project, local), '{ "model": "opus" }\n')
    json(await init(world, project, "--json"))
    put(join(project, local), text(project).replace('"opus"', '"sonnet"'))
    const ran = await world.nexus(["uninstall"], { cwd: project })
    expect(ran.exit).toBe(0)
    expect(ran.stderr).toContain(`--- ${join(project, local)}`)
    expect(ran.stdout).toContain("The log was kept.")
    expect(JSON.parse(text(project))).toEqual({ model: "sonnet" })
  })

  it("says so when there is nothing to take out, and takes both files' hooks when there is", async () => {
    using world = newWorld()
    const project = world.repository()
    expect((await world.nexus(["uninstall"], { cwd: project })).stdout).toBe("There are no hooks of Nexus here.\n")
    json(await init(world, project, "--json"))
    json(await init(world, project, "--shared", "--json"))
    expect(json(await world.nexus(["uninstall", "--dry-run", "--json"], { cwd: project })).changes).toHaveLength(2)
    expect(json(await world.nexus(["uninstall", "--json"], { cwd: project })).hooks).toHaveLength(2)
    expect(existsSync(join(project, ".claude"))).toBe(false)
  })

  it("keeps the mode of a settings file that nobody else may read", async () => {
    using world = newWorld()
    const project = world.repository()
    put(join(project, local), "{}\n")
    chmodSync(join(project, local), 0o600)
    json(await init(world, project, "--json"))
    expect(statSync(join(project, local)).mode & 0o777).toBe(0o600)
    json(await world.nexus(["uninstall", "--json"], { cwd: project }))
    expect(statSync(join(project, local)).mode & 0o777).toBe(0o600)
  })
})

describe("hooks that were left behind", () => {
  it("do nothing, and succeed silently, once the home with their script is gone", async () => {
    using world = newWorld()
    const project = world.repository()
    json(await init(world, project, "--json"))
    json(await init(world, project, "--shared", "--json"))
    rmSync(world.home, { recursive: true })
    for (const kind of ["Stop", "PreToolUse.Bash", "PostToolUse.Write", "SessionStart.startup"]) {
      const payload = fixture(`claude/${kind}`, { cwd: project })
      const commands = [text(project), text(project, shared)].flatMap((settings) =>
        ClaudeAgent.settings.commandsFor(settings, payload)
      )
      expect(commands).toHaveLength(2)
      for (const command of commands) {
        const ran = await world.sh(command, { cwd: project, stdin: JSON.stringify(payload) })
        expect(ran).toEqual({ exit: 0, stdout: "", stderr: "" })
      }
    }
    expect(existsSync(world.home)).toBe(false)
  })
})
