import { execFileSync, spawnSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { isNexusCommand } from "../../src/adapters/agents/hooks/HookCommands.ts"
import { init, planInit, planUninstall, uninstall } from "../../src/app/InitProject.ts"
import type { Scope } from "../../src/app/InstallHooks.ts"
import { hookScript, launcher } from "../../src/app/InstallScript.ts"
import type { Home } from "../../src/events/Home.ts"
import { repository, world, type World } from "./world.ts"

const checkout = (at: World) => repository(join(at.root, "project"))

const initialise = (at: World, top: string, scope: Scope = "local") =>
  at.run(Effect.flatMap(planInit([], scope), init), top)

const remove = (at: World, top: string) => at.run(Effect.flatMap(planUninstall([]), uninstall), top)

const local = (top: string) => join(top, ".claude/settings.local.json")
const shared = (top: string) => join(top, ".claude/settings.json")

const put = (file: string, content: string | Buffer, mode = 0o644) => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  chmodSync(file, mode)
}

/** Everything in a checkout but git's own: each path with its kind, its mode and its bytes. */
const tree = (top: string): ReadonlyArray<unknown> =>
  readdirSync(top, { recursive: true, encoding: "utf8" })
    .filter((path) => path.split("/")[0] !== ".git")
    .sort()
    .map((path) => {
      const stat = lstatSync(join(top, path))
      const content = stat.isSymbolicLink()
        ? readlinkSync(join(top, path))
        : stat.isFile()
          ? readFileSync(join(top, path), "latin1")
          : ""
      return [path, stat.mode.toString(8), content]
    })

/** Every hook command in a settings file that is ours. */
const ours = (file: string): ReadonlyArray<string> =>
  [...readFileSync(file, "utf8").matchAll(/"command":\s*("(?:[^"\\]|\\.)*")/g)]
    .map(([, text]) => JSON.parse(text ?? '""') as string)
    .filter((command) => isNexusCommand(command, "claude"))

const refusal = (attempt: Promise<unknown>) =>
  attempt.then(
    () => "it was not refused",
    (cause: unknown) => String(cause)
  )

describe("init and uninstall", () => {
  const settings: ReadonlyArray<readonly [what: string, content: string | null]> = [
    ["no file at all", null],
    ["an empty file", ""],
    ["an empty object", "{}"],
    ["comments, tabs and no line end", '// mine\n{\n\t"model": "opus", // the big one\n\t"hooks": {}\n}'],
    ["Windows line ends and a byte order mark", '\uFEFF{\r\n  "model": "opus"\r\n}\r\n'],
    [
      "hooks of others",
      '{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"say done"}]}],"PreToolUse":[{"matcher":"Bash","hooks":[]}]}}\n'
    ]
  ]
  for (const scope of ["local", "shared"] as const) {
    it.each(settings)(`put the hooks in and take them out byte for byte (${scope}): %s`, async (_, content) => {
      using at = world()
      const top = checkout(at)
      const file = scope === "local" ? local(top) : shared(top)
      if (content !== null) put(file, content, 0o640)
      const before = tree(top)
      const report = await initialise(at, top, scope)
      expect(report.hooks).toEqual([{ agent: "claude", file, changed: true }])
      expect(ours(file).length).toBeGreaterThan(20)
      expect(await remove(at, top)).toMatchObject({ hooks: [{ agent: "claude", file, restored: true }] })
      expect(tree(top)).toEqual(before)
      expect(readdirSync(at.home.installs)).toEqual([])
    })
  }

  it("put the hooks in once: again, nothing changes and nothing more is recorded", async () => {
    using at = world()
    const top = checkout(at)
    await initialise(at, top)
    const [files, events] = [tree(top), await at.events()]
    const again = await initialise(at, top)
    expect(again).toMatchObject({ isNew: false, hooks: [{ changed: false }] })
    expect(tree(top)).toEqual(files)
    expect(await at.events()).toEqual(events)
    expect(events.map(({ type }) => type)).toEqual(["ProjectRegistered", "HooksInstalled"])
  })

  it("work from a folder inside the checkout, and are recorded", async () => {
    using at = world()
    const top = checkout(at)
    const report = await initialise(at, at.folder("project/sub"))
    expect(report).toMatchObject({ checkout: top, isNew: true, name: "project", home: at.home.path })
    await remove(at, at.folder("project/sub"))
    expect((await at.ofType("HooksInstalled"))[0]?.payload).toEqual({
      agent: "claude",
      file: local(top),
      scope: "local"
    })
    expect((await at.ofType("HooksRemoved"))[0]?.payload).toEqual({ agent: "claude", file: local(top), restored: true })
  })

  it("put back what was there before the first of several installations", async () => {
    using at = world()
    const top = checkout(at)
    put(local(top), '{ "model": "opus" }')
    const before = tree(top)
    await initialise(at, top)
    // As an update that registers another set of hooks finds it.
    rmSync(at.home.hookScript)
    await initialise(at, top)
    await remove(at, top)
    expect(tree(top)).toEqual(before)
  })

  it("do nothing where there is nothing of ours", async () => {
    using at = world()
    const top = checkout(at)
    put(local(top), '{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"nexus is a nice word"}]}]}}')
    const before = tree(top)
    expect(await remove(at, top)).toMatchObject({ hooks: [] })
    expect(tree(top)).toEqual(before)
  })

  it("plan without touching anything", async () => {
    using at = world()
    const top = checkout(at)
    put(local(top), "{}")
    const before = tree(top)
    const plan = await at.run(planInit([], "local"), top)
    expect(plan.changes[0]?.diff).toMatch(/^\+.*nexus-hook/m)
    expect(tree(top)).toEqual(before)
    expect(existsSync(at.home.hookScript)).toBe(false)
  })

  it("refuse an agent that nobody knows and a folder that is no checkout", async () => {
    using at = world()
    expect(await refusal(at.run(planInit(["cloude"], "local"), checkout(at)))).toMatch(
      /no agent "cloude".*Did you mean claude/
    )
    expect(await refusal(at.run(planInit([], "local"), at.folder("plain")))).toMatch(/is in no git repository/)
  })
})

describe("a settings file that the person edited in between", () => {
  it("loses our hooks and nothing else", async () => {
    using at = world()
    const top = checkout(at)
    put(local(top), '{\n  "model": "opus"\n}\n')
    await initialise(at, top)
    const edited = readFileSync(local(top), "utf8").replace('"opus"', '"haiku", // cheaper\n  "env": { "A": "1" }')
    writeFileSync(local(top), edited)
    expect(await remove(at, top)).toMatchObject({ hooks: [{ restored: false }] })
    expect(readFileSync(local(top), "utf8")).toBe('{\n  "model": "haiku", // cheaper\n  "env": { "A": "1" }\n}\n')
  })

  it("keeps the edit also when it was made between the plan and the writing", async () => {
    using at = world()
    const top = checkout(at)
    put(local(top), '{\n  "model": "opus"\n}\n')
    const plan = await at.run(planInit([], "local"), top)
    writeFileSync(local(top), '{\n  "model": "haiku"\n}\n')
    await refusal(at.run(init(plan), top))
    expect(readFileSync(local(top), "utf8")).toContain("haiku")
  })

  it("has no hook of ours left, also when it had one of an older Nexus before", async () => {
    using at = world()
    const top = checkout(at)
    const older = { hooks: { Stop: [{ hooks: [{ type: "command", command: "nexus hook claude", timeout: 5 }] }] } }
    put(local(top), JSON.stringify({ model: "opus", ...older }, null, 2))
    expect(ours(local(top))).toHaveLength(1)
    await initialise(at, top)
    await remove(at, top)
    expect(ours(local(top))).toEqual([])
    expect(JSON.parse(readFileSync(local(top), "utf8"))).toMatchObject({ model: "opus" })
  })

  it("has no hook of ours left, also when it was edited and then initialised anew by another home", async () => {
    using at = world()
    const top = checkout(at)
    put(local(top), '{ "model": "opus" }')
    await initialise(at, top)
    // The home moved: the commands in the file are ours, but not those that would be written now.
    writeFileSync(
      local(top),
      readFileSync(local(top), "utf8").replaceAll(at.home.hookScript, "/old/home/bin/nexus-hook")
    )
    expect(ours(local(top)).length).toBeGreaterThan(20)
    await initialise(at, top)
    await remove(at, top)
    expect(ours(local(top))).toEqual([])
  })
})

describe("where the settings are kept", () => {
  it("a symbolic link stays one, and what it leads to is changed and put back, its mode kept", async () => {
    using at = world()
    const top = checkout(at)
    const real = join(at.root, "dotfiles/claude.json")
    put(real, '{ "model": "opus" }', 0o600)
    mkdirSync(dirname(local(top)))
    symlinkSync(real, local(top))
    await initialise(at, top)
    expect(readlinkSync(local(top))).toBe(real)
    expect(statSync(real).mode & 0o777).toBe(0o600)
    expect(ours(real).length).toBeGreaterThan(20)
    await remove(at, top)
    expect(readlinkSync(local(top))).toBe(real)
    expect(readFileSync(real, "utf8")).toBe('{ "model": "opus" }')
    expect(statSync(real).mode & 0o777).toBe(0o600)
  })

  it("a symbolic link to a file that is not there yet is there afterwards as it was", async () => {
    using at = world()
    const top = checkout(at)
    mkdirSync(dirname(local(top)))
    symlinkSync(join(at.root, "not there yet.json"), local(top))
    const before = tree(top)
    await refusal(initialise(at, top))
    await remove(at, top)
    expect(tree(top)).toEqual(before)
  })

  it.each([0o600, 0o644, 0o664, 0o400])("keeps the mode %o of the file", async (mode) => {
    using at = world()
    const top = checkout(at)
    put(local(top), "{}", mode)
    await initialise(at, top)
    expect(statSync(local(top)).mode & 0o777).toBe(mode)
    await remove(at, top)
    expect(statSync(local(top)).mode & 0o777).toBe(mode)
  })

  it("a folder that we made goes with the file, unless something else is in it by then", async () => {
    using at = world()
    const top = checkout(at)
    await initialise(at, top)
    await remove(at, top)
    expect(existsSync(dirname(local(top)))).toBe(false)
    await initialise(at, top)
    put(join(top, ".claude/notes.md"), "mine")
    await remove(at, top)
    expect(readdirSync(join(top, ".claude"))).toEqual(["notes.md"])
  })

  it("a folder that was there stays, though empty", async () => {
    using at = world()
    const top = checkout(at)
    mkdirSync(join(top, ".claude"))
    await initialise(at, top)
    await remove(at, top)
    expect(readdirSync(join(top, ".claude"))).toEqual([])
  })

  it("a folder that we made goes also when both settings files were made in it", async () => {
    using at = world()
    const top = checkout(at)
    await initialise(at, top, "local")
    await initialise(at, top, "shared")
    await remove(at, top)
    expect(tree(top)).toEqual([])
  })

  it("leaves no temporary files, neither here nor in the home", async () => {
    using at = world()
    const top = checkout(at)
    put(local(top), "{}")
    await initialise(at, top)
    expect(readdirSync(join(top, ".claude"))).toEqual(["settings.local.json"])
    const homeFiles = readdirSync(at.home.path, { recursive: true, encoding: "utf8" })
    expect(homeFiles.filter((name) => name.endsWith(".tmp"))).toEqual([])
  })
})

describe("settings that cannot be changed", () => {
  const expectRefused = async (at: World, top: string, reason: RegExp) => {
    const before = tree(top)
    expect(await refusal(initialise(at, top))).toMatch(reason)
    expect(tree(top)).toEqual(before)
  }

  it.each([
    ["broken JSON", '{ "model": '],
    ["a list", "[]"],
    ["hooks that are no object", '{ "hooks": [] }'],
    ["an event that is no list", '{ "hooks": { "Stop": {} } }']
  ])("are refused by name, and left: %s", async (_, content) => {
    using at = world()
    const top = checkout(at)
    put(local(top), content)
    await expectRefused(at, top, /SettingsRefused.*settings\.local\.json was left as it is/)
  })

  it("are refused where a folder is in the file's place, or a file in the folder's", async () => {
    using at = world()
    const top = checkout(at)
    mkdirSync(local(top), { recursive: true })
    await expectRefused(at, top, /SettingsRefused/)
    rmSync(dirname(local(top)), { recursive: true })
    put(dirname(local(top)), "no folder")
    await expectRefused(at, top, /SettingsRefused/)
  })

  it("are refused when they are no UTF-8 text: nothing of them could be put back", async () => {
    using at = world()
    const top = checkout(at)
    put(local(top), Buffer.from('{ "language": "fran\xe7ais" }', "latin1"))
    await expectRefused(at, top, /SettingsRefused/)
  })

  it("are refused when they lead around in a circle", async () => {
    using at = world()
    const top = checkout(at)
    mkdirSync(dirname(local(top)))
    symlinkSync("settings.local.json", local(top))
    await expectRefused(at, top, /SettingsRefused/)
  })
})

describe("the hook script", () => {
  it("is there for its owner alone, with the spool that it writes to", async () => {
    using at = world()
    await initialise(at, checkout(at))
    expect(statSync(at.home.hookScript).mode & 0o777).toBe(0o700)
    expect(readdirSync(at.home.spool).sort()).toEqual(["new", "rejected", "tmp"])
    for (const folder of ["", "new", "rejected", "tmp"])
      expect(statSync(join(at.home.spool, folder)).mode & 0o777).toBe(0o700)
  })

  it("is what this Nexus makes of it, and is put right when it is not", async () => {
    using at = world()
    const top = checkout(at)
    const expected = hookScript(at.home.path, { node: "/usr/bin/node", nexus: "/opt/nexus/nexus.js" })
    await initialise(at, top)
    expect(readFileSync(at.home.hookScript, "utf8")).toBe(expected)
    writeFileSync(at.home.hookScript, "#!/bin/sh\nexit 1\n")
    await initialise(at, top)
    expect(readFileSync(at.home.hookScript, "utf8")).toBe(expected)
    expect(statSync(at.home.hookScript).mode & 0o777).toBe(0o700)
  })

  it("keeps every path as it is, whatever is in it", () => {
    for (const path of [
      "/plain",
      "/with space",
      "/it's",
      '/"quoted"',
      "/$HOME/`id`/$(id)",
      "/a\nb",
      "/$&/$1",
      "/\\n",
      "/é日本"
    ]) {
      const script = hookScript(path, { node: `${path}/node`, nexus: `${path}/nexus.js` })
      const head = script.split("agent=$1")[0] ?? ""
      const told = execFileSync("sh", ["-c", `${head}\nprintf '%s|%s|%s' "$home" "$node" "$nexus"`], {
        encoding: "utf8"
      })
      expect(told).toBe(`${path}|${path}/node|${path}/nexus.js`)
      execFileSync("sh", ["-n"], { input: script })
    }
  })

  it("delivers what it is given to the spool, byte for byte, and it is recorded", async () => {
    using at = world()
    const top = checkout(at)
    await initialise(at, top)
    const input = Buffer.concat([Buffer.from(`{"a":"`), Buffer.alloc(300_000, "é\\n"), Buffer.from(`"}\n`)])
    execFileSync("sh", [at.home.hookScript, "claude"], { input })
    const [delivery] = at.waiting()
    expect(delivery).toMatchObject({ agent: "claude", bytes: input.length })
    expect(readFileSync(join(at.home.spool, "new", delivery?.name ?? ""))).toEqual(input)
    execFileSync("sh", [at.home.hookScript, "claude"], {
      input: JSON.stringify({ session_id: "s", cwd: top, hook_event_name: "Stop" })
    })
    expect(await at.ingest()).toEqual({ recorded: 1, repeated: 0, rejected: 1 })
  })

  it("hands the payload on to what answers, though somebody else records it meanwhile, and prints its answer alone", () => {
    using at = world()
    const { run, told } = answering(at.home, `rm -f "${at.home.spool}/new"/*; cat; printf answer`)
    const input = `{"a":"${"é\\n".repeat(50_000)}"}`
    expect(run(["claude", "ack"], { input })).toEqual({ status: 0, stdout: `${input}answer`, stderr: "" })
    expect(told()).toMatch(/^--home \S+ hook claude --delivered claude\.\w+\.\d+\.\d+\.waits\n$/)
    expect(at.waiting()).toEqual([])
  })

  it("starts nothing where no answer is waited for", () => {
    using at = world()
    const { run, told } = answering(at.home, "printf answer")
    expect(run(["claude"], { input: "{}" })).toEqual({ status: 0, stdout: "", stderr: "" })
    expect(told()).toBe("")
    expect(at.waiting()).toHaveLength(1)
  })

  it("succeeds and says where the payload is when what answers fails", () => {
    using at = world()
    const { run } = answering(at.home, "exit 3")
    const ran = run(["claude", "ack"], { input: "{}" })
    expect(ran).toMatchObject({ status: 0, stdout: "" })
    expect(ran.stderr).toMatch(/^nexus: this hook event waits in .*\n$/)
    expect(at.waiting()).toHaveLength(1)
  })

  it("asks for no answer while the enforcer is switched off, in the first project folder that the client names", () => {
    using at = world()
    const { run, told } = answering(at.home, "")
    const [stopped, other] = [join(at.root, "stopped"), join(at.root, "other")]
    mkdirSync(join(stopped, ".nexus"), { recursive: true })
    mkdirSync(other)
    writeFileSync(join(stopped, ".nexus/STOP"), "")
    const silent = (env: Readonly<Record<string, string>>, cwd = other): boolean => {
      expect(run(["codex", "ack"], { input: "{}", env, cwd })).toEqual({ status: 0, stdout: "", stderr: "" })
      return told().trimEnd().split("\n").at(-1)?.endsWith(" --no-answer") === true
    }
    expect(silent({})).toBe(false)
    expect(silent({ NEXUS_ENFORCER: "off" })).toBe(true)
    expect(silent({ NEXUS_ENFORCER: "on" })).toBe(false)
    expect(silent({}, stopped)).toBe(true)
    expect(silent({ GEMINI_PROJECT_DIR: stopped })).toBe(true)
    expect(silent({ CURSOR_PROJECT_DIR: stopped, GEMINI_PROJECT_DIR: other })).toBe(true)
    expect(silent({ CLAUDE_PROJECT_DIR: other, CURSOR_PROJECT_DIR: stopped }, stopped)).toBe(false)
    expect(at.waiting()).toHaveLength(7)
  })
})

describe("the launcher", () => {
  it("starts this Nexus with this home, and hands its words on", async () => {
    using at = world()
    const top = checkout(at)
    await initialise(at, top)
    expect(statSync(at.home.launcher).mode & 0o777).toBe(0o700)
    for (const name of ["/it's", "/a b", "/$HOME/`id`", "/$&"]) {
      const script = launcher(name, { node: "printf", nexus: "%s\\n" })
      const told = execFileSync("sh", ["-c", script, "sh", "a b", "$c"], { encoding: "utf8" })
      expect(told).toBe(["--home", name, "a b", "$c", ""].join("\n"))
    }
    writeFileSync(at.home.launcher, "#!/bin/sh\n", { mode: 0o600 })
    await initialise(at, top)
    expect(readFileSync(at.home.launcher, "utf8")).toContain(at.home.path)
    expect(statSync(at.home.launcher).mode & 0o777).toBe(0o700)
  })
})

/** The hook script with a program in place of Nexus that notes its arguments and does this. */
const answering = (home: Home, body: string) => {
  const folder = dirname(home.hookScript)
  for (const name of [folder, ...["tmp", "new"].map((one) => join(home.spool, one))])
    mkdirSync(name, { recursive: true })
  const [program, log, node] = [join(folder, "program"), join(folder, "told"), join(folder, "node")]
  // Options of Node itself mean nothing to a shell.
  writeFileSync(node, '#!/bin/sh\ncase $1 in --*) shift ;; esac\nexec /bin/sh "$@"\n', { mode: 0o755 })
  writeFileSync(program, `printf '%s ' "$@" | sed 's/ $//' >>'${log}'\necho >>'${log}'\n${body}\n`)
  writeFileSync(home.hookScript, hookScript(home.path, { node, nexus: program }))
  return {
    run: (
      args: ReadonlyArray<string>,
      options: { input: string; env?: Readonly<Record<string, string>>; cwd?: string }
    ) => {
      const { status, stdout, stderr } = spawnSync("/bin/sh", [home.hookScript, ...args], {
        encoding: "utf8",
        ...options,
        env: { PATH: process.env["PATH"], ...options.env }
      })
      return { status, stdout, stderr }
    },
    told: () => (existsSync(log) ? readFileSync(log, "utf8") : "")
  }
}
