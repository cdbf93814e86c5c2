/** The plugin for Claude Code, as its folder is. */
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import { hookPlan } from "../../../../src/adapters/agents/claude/Contract.ts"
import { scratch } from "../../../support/log.ts"

const top = join(import.meta.dirname, "../../../..")
const plugin = join(top, "integrations/claude-plugin")
const read = (name: string) => readFileSync(join(plugin, name), "utf8")
const open = (name: string) => JSON.parse(read(name)) as Record<string, any>

/** In quotes, since the client runs it through a shell; by `sh`, since an archive may lose the mode of a file. */
const command = 'sh "${CLAUDE_PLUGIN_ROOT}/scripts/nexus-hook"'

describe("the plugin for Claude Code", () => {
  it("registers exactly what nexus init does, by a script of its own", () =>
    expect(open("hooks/hooks.json")).toEqual({
      description: "Keeps each event for Nexus; waits where Nexus has to answer or to look at the disk.",
      hooks: hookPlan({ capture: command, acknowledge: `${command} ack`, wake: `${command} wake` })
    }))

  it("is of this version, and in a marketplace of its own folder", () => {
    const { version } = JSON.parse(readFileSync(join(top, "package.json"), "utf8")) as { version: string }
    expect(open(".claude-plugin/plugin.json")).toMatchObject({ name: "nexus", version })
    expect(open(".claude-plugin/marketplace.json")).toMatchObject({
      name: "nexus",
      plugins: [{ name: "nexus", source: "./" }]
    })
  })

  it("has commands that only a person may give where they change anything", () => {
    for (const name of ["status", "pause", "resume"]) {
      const text = read(`commands/${name}.md`)
      expect(text).toContain(`!\`sh "\${CLAUDE_PLUGIN_ROOT}/scripts/nexus" boulder ${name}\``)
      expect(text.includes("disable-model-invocation: true")).toBe(name !== "status")
    }
  })
})

describe("the plugin's scripts", () => {
  /** A home with programs that print what they were told, a project, and a run of one of the plugin's scripts in it. */
  const stage = () => {
    const folder = scratch()
    const root = realpathSync(folder.path)
    const put = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
      return join(root, path)
    }
    mkdirSync(join(root, "project"))
    return {
      root,
      put,
      installNexus: () => {
        for (const name of ["nexus-hook", "nexus"])
          chmodSync(
            put(`home/bin/${name}`, `#!/bin/sh\necho "${name} $*"\n[ ${name} = nexus ] || cat\necho more\n`),
            0o755
          )
      },
      run: (name: string, ...args: ReadonlyArray<string>) => {
        const { status, stdout, stderr } = spawnSync("/bin/sh", [join(plugin, "scripts", name), ...args], {
          encoding: "utf8",
          input: "event\n",
          cwd: join(root, "project"),
          env: {
            PATH: "/usr/bin:/bin",
            HOME: root,
            NEXUS_HOME: join(root, "home"),
            CLAUDE_PROJECT_DIR: join(root, "project")
          }
        })
        return { status, stdout, stderr }
      },
      [Symbol.dispose]: folder[Symbol.dispose]
    }
  }

  it("hand a hook on to the home's own script, with its input and its answer", () => {
    using at = stage()
    at.installNexus()
    expect(at.run("nexus-hook", "ack")).toEqual({
      status: 0,
      stdout: "nexus-hook claude ack\nevent\nmore\n",
      stderr: ""
    })
    expect(at.run("nexus-hook")).toMatchObject({ stdout: "nexus-hook claude\nevent\nmore\n" })
  })

  it("do nothing where Nexus is not on the machine, or the project's settings have its hooks", () => {
    using at = stage()
    expect(at.run("nexus-hook", "ack")).toEqual({ status: 0, stdout: "", stderr: "" })
    expect(at.run("statusline")).toMatchObject({ status: 0, stderr: "" })
    at.installNexus()
    for (const name of ["settings.local.json", "settings.json"]) {
      const file = at.put(
        `project/.claude/${name}`,
        '{"hooks":{"Stop":[{"command":"[ ! -x \'/h/bin/nexus-hook\' ]"}]}}'
      )
      expect(at.run("nexus-hook", "ack")).toEqual({ status: 0, stdout: "", stderr: "" })
      writeFileSync(file, "{}")
    }
    expect(at.run("nexus-hook", "ack").stdout).not.toBe("")
  })

  it("start Nexus, and make one line of how the boulder stands", () => {
    using at = stage()
    expect(at.run("nexus", "boulder", "status")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("nexus init")
    })
    at.installNexus()
    expect(at.run("nexus", "boulder", "pause")).toEqual({
      status: 0,
      stdout: "nexus boulder pause\nmore\n",
      stderr: ""
    })
    expect(at.run("statusline")).toEqual({ status: 0, stdout: "nexus boulder status\n", stderr: "" })
  })
})
