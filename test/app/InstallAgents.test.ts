/** Installing the hooks of every agent, and finding out which agents there are. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { OpenCodeAgent } from "../../src/adapters/agents/opencode/OpenCodeAgent.ts"
import { init, planInit, planUninstall, uninstall } from "../../src/app/InitProject.ts"
import * as InstallHooks from "../../src/app/InstallHooks.ts"
import type { InstallableAgent } from "../../src/app/ports/Agent.ts"
import { repository, world, type World } from "./world.ts"

const put = (file: string, text: string): string => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** Every file and folder in a checkout but git's own, with what is in it. */
const tree = (top: string): ReadonlyArray<readonly [path: string, content: string]> =>
  readdirSync(top, { recursive: true, encoding: "utf8" })
    .filter((path) => path.split("/")[0] !== ".git")
    .sort()
    .map((path) => [path, statSync(join(top, path)).isFile() ? readFileSync(join(top, path), "latin1") : ""])

const initialise = (at: World, top: string, ...agents: ReadonlyArray<string>) =>
  at.run(Effect.flatMap(planInit(agents, "local"), init), top)
const remove = (at: World, top: string) => at.run(Effect.flatMap(planUninstall([]), uninstall), top)

const files = {
  claude: ".claude/settings.local.json",
  codex: ".codex/hooks.json",
  cursor: ".cursor/hooks.json",
  gemini: ".gemini/settings.json"
} as const
const names = Object.keys(files) as ReadonlyArray<keyof typeof files>

describe("the hooks of every agent", () => {
  it("go in together and come out without a trace", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    const before = tree(top)
    const report = await initialise(at, top, ...names)
    expect(report.hooks.map(({ agent, file, changed }) => [agent, file, changed])).toEqual(
      names.map((name) => [name, join(top, files[name]), true])
    )
    expect(await initialise(at, top, ...names)).toMatchObject({ hooks: names.map(() => ({ changed: false })) })
    expect((await remove(at, top)).hooks.map(({ agent, restored }) => [agent, restored])).toEqual(
      names.map((name) => [name, true])
    )
    expect(tree(top)).toEqual(before)
    expect(readdirSync(at.home.installs)).toEqual([])
    expect(await at.ofType("HooksInstalled")).toHaveLength(4)
    expect(await at.ofType("HooksRemoved")).toHaveLength(4)
  })

  it("come out of all files but those that can't be understood, and each of these is named", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    await initialise(at, top, ...names)
    const broken = [files.claude, files.cursor].map((file) => put(join(top, file), "{ no JSON"))
    const { hooks, refused } = await remove(at, top)
    expect(hooks.map(({ agent }) => agent)).toEqual(["codex", "gemini"])
    expect(refused.map(({ file }) => file)).toEqual(broken)
    expect(existsSync(join(top, files.gemini))).toBe(false)
  })

  it.each(names)("of %s restore a file byte for byte, whatever its layout", async (name) => {
    using at = world()
    const top = repository(join(at.root, "project"))
    for (const text of [
      "",
      "{}",
      " \n",
      '\uFEFF{\r\n\t"hooks": {}\r\n}',
      '{ "version": 1,"hooks":{"Stop":[],"stop":[]}}\n'
    ]) {
      const file = put(join(top, files[name]), text)
      await initialise(at, top, name)
      expect(readFileSync(file, "utf8")).toContain("nexus-hook")
      expect(await remove(at, top)).toMatchObject({ hooks: [{ agent: name, restored: true }] })
      expect(readFileSync(file, "utf8")).toBe(text)
    }
  })

  it("say what is left to do for a person, where something is", async () => {
    using at = world()
    const { hooks } = await initialise(at, repository(join(at.root, "project")), ...names)
    const steps = Object.fromEntries(hooks.map(({ agent, nextStep }) => [agent, nextStep]))
    expect(steps["claude"]).toBeUndefined()
    expect(steps["codex"]).toContain("/hooks")
    expect(steps["gemini"]).toContain("allow them")
  })

  it("of Cursor count as far as the limits of the project say", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    put(join(top, ".nexus/config.jsonc"), '{ "enforcer": { "limits": { "sinceHuman": 4 } } }')
    await initialise(at, top, "cursor")
    expect(JSON.parse(readFileSync(join(top, files.cursor), "utf8")).hooks.stop).toMatchObject([{ loop_limit: 5 }])
  })

  it("are one file's, whether it was installed to be committed or not", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    await initialise(at, top, "cursor")
    await at.run(Effect.flatMap(planInit(["cursor"], "shared"), init), top)
    expect(readFileSync(join(top, files.cursor), "utf8")).not.toContain(at.root)
    expect((await remove(at, top)).hooks).toHaveLength(1)
    expect(existsSync(join(top, ".cursor"))).toBe(false)
  })
})

/** OpenCode with a plugin of these words. */
const openCode: InstallableAgent = {
  ...OpenCodeAgent,
  settings: {
    ...OpenCodeAgent.settings,
    install: (text, target, scope) =>
      OpenCodeAgent.settings.install(text, { ...target, packaged: () => "export default 1\n" }, scope)
  }
}

describe("the plugin for OpenCode", () => {
  const plant = (at: World, top: string) =>
    at.run(Effect.flatMap(InstallHooks.planInstall(openCode, top, "local"), InstallHooks.install), top)
  const uproot = (at: World, top: string) =>
    at.run(
      Effect.flatMap(
        InstallHooks.planUninstall(openCode, join(top, ".opencode/plugins/nexus.js"), "local"),
        InstallHooks.uninstall
      ),
      top
    )

  it("comes with what the client wants to find, and goes with it", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    const before = tree(top)
    await plant(at, top)
    expect(tree(join(top, ".opencode")).map(([path]) => path)).toEqual([
      ".gitignore",
      "node_modules",
      "package-lock.json",
      "package.json",
      "plugins",
      "plugins/nexus.js"
    ])
    const lock = JSON.parse(readFileSync(join(top, ".opencode/package-lock.json"), "utf8"))
    expect(Object.keys(lock.packages[""].dependencies)).toEqual(["@opencode-ai/plugin"])
    await plant(at, top)
    await uproot(at, top)
    expect(tree(top)).toEqual(before)
    expect(readdirSync(at.home.installs)).toEqual([])
  })

  it("leaves a folder that was there as it is, and keeps what others put into ours", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    put(join(top, ".opencode/agents/mine.md"), "mine")
    const before = tree(top)
    await plant(at, top)
    expect(existsSync(join(top, ".opencode/package.json"))).toBe(false)
    await uproot(at, top)
    expect(tree(top)).toEqual(before)

    rmSync(join(top, ".opencode"), { recursive: true })
    await plant(at, top)
    put(join(top, ".opencode/agents/mine.md"), "mine")
    await uproot(at, top)
    // Without these, the client would not start offline any more.
    expect(tree(join(top, ".opencode")).map(([path]) => path)).toEqual([
      ".gitignore",
      "agents",
      "agents/mine.md",
      "node_modules",
      "package-lock.json",
      "package.json"
    ])
  })

  it("keeps what is there by its name and is not ours", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    put(join(top, ".opencode/plugins/nexus.js"), "export default 2\n")
    await expect(plant(at, top)).rejects.toThrow(/is not Nexus' plugin/)
    await uproot(at, top)
    expect(readFileSync(join(top, ".opencode/plugins/nexus.js"), "utf8")).toBe("export default 2\n")
  })
})

describe("the agents of a machine", () => {
  const chosen = async (at: World, top: string) => {
    const plan = await at.run(planInit([], "local"), top)
    expect(plan.changes.map(({ agent }) => agent)).toEqual(plan.agents.map(({ agent }) => agent))
    return plan.agents
  }

  it("are those whose command or settings are there, each with the reason", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    const program = put(join(at.root, "bin/codex"), "")
    mkdirSync(join(at.root, "bin/claude"), { recursive: true })
    mkdirSync(join(top, ".cursor"))
    mkdirSync(join(at.root, "person/.gemini"), { recursive: true })
    expect(await chosen(at, top)).toEqual([
      { agent: "codex", because: `its command is ${program}` },
      { agent: "cursor", because: ".cursor is in this checkout" },
      { agent: "gemini", because: `${join(at.root, "person/.gemini")} is there` }
    ])
  })

  it("are taken to be Claude Code where there is no sign of any", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    expect(await chosen(at, top)).toEqual([{ agent: "claude", because: "no other was found" }])
  })

  it("are those that were asked for", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    expect((await at.run(planInit(["gemini", "codex"], "local"), top)).agents).toEqual([
      { agent: "gemini", because: "it was asked for" },
      { agent: "codex", because: "it was asked for" }
    ])
  })
})
