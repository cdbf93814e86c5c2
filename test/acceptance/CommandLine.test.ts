/** What users type, and mistype: options, help, errors, completions. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { json, newWorld, put, type Ran, type World } from "../support/cli.ts"

let world: World
let project: string
beforeAll(async () => {
  world = newWorld()
  project = world.repository()
  json(await world.nexus(["init", "--json"], { cwd: project }))
})
afterAll(() => world[Symbol.dispose]())

const nexus = (...args: ReadonlyArray<string>): Promise<Ran> => world.nexus(args, { cwd: project })

/** Every command with the options and arguments that it must have, beside the global ones. */
const commands: ReadonlyArray<readonly [command: string, ...words: ReadonlyArray<string>]> = [
  ["init", "--agent", "--shared", "--yes", "--dry-run"],
  ["uninstall", "--agent", "--yes", "--dry-run"],
  ["status"],
  ["doctor"],
  ["demo", "--keep"],
  ["sessions", "--project", "--agent", "--active"],
  ["session show", "ID"],
  ["events", "--stream", "--type", "--session", "--project", "--since", "--until", "--after", "--limit", "--follow"],
  ["replay", "--session", "--at", "--until", "--speed", "--verify"],
  ["verify", "--from", "--to"],
  ["projections list"],
  ["projections rebuild", "NAME"],
  ["projections check", "NAME"],
  ["backup", "FILE"],
  ["restore", "FILE"],
  ["watch", "--all"],
  ["completions", "SHELL"]
]

describe("--version and --help", () => {
  it("print the version, wherever the global options stand", async () => {
    const version = /^\d+\.\d+\.\d+\n$/
    for (const args of [["--version"], ["--json", "--version"], ["--version", "--home", world.home]]) {
      const ran = await nexus(...args)
      expect(ran).toMatchObject({ exit: 0, stderr: "" })
      expect(ran.stdout).toMatch(version)
    }
  })

  it("list every command", async () => {
    for (const args of [["--help"], ["-h"], []]) {
      const ran = await nexus(...args)
      expect(ran).toMatchObject({ exit: 0, stderr: "" })
      for (const [command] of [...commands, ["hook"]]) expect(ran.stdout).toContain(`- ${command}`)
    }
  })

  for (const [command, ...words] of commands) {
    it(`explain nexus ${command} with all of its options`, async () => {
      const ran = await nexus(...command.split(" "), "--help")
      expect(ran).toMatchObject({ exit: 0, stderr: "" })
      for (const word of [...words, "--json", "--home"]) expect(ran.stdout).toContain(word)
    })
  }

  it("explain nexus hook, and never take --help for a payload", async () => {
    expect(await nexus("hook", "--help")).toMatchObject({ exit: 0, stderr: "", stdout: /nexus hook AGENT/ })
    expect(json(await nexus("status", "--json")).spool.rejected).toBe(0)
  })
})

describe("global options", () => {
  it("may stand before, between and after the words of a command", async () => {
    const elsewhere = join(world.root, "else where")
    for (const args of [
      ["--json", "--home", elsewhere, "projections", "list"],
      ["projections", "--json", "list", "--home", elsewhere],
      ["projections", `--home=${elsewhere}`, "list", "--json"],
      ["--home", elsewhere, "projections", "list", "--json"]
    ]) {
      expect(new Set(json(await nexus(...args)).items.map(({ position }: any) => position))).toEqual(new Set([0]))
    }
    expect(existsSync(join(elsewhere, "nexus.db"))).toBe(true)
    expect(json(await nexus("--json", "status")).log.events).toBeGreaterThan(0)
  })

  it("choose the log: --home before NEXUS_HOME before XDG_DATA_HOME before the home folder", async () => {
    const home = async (env: Record<string, string | undefined>, ...args: ReadonlyArray<string>) =>
      json(await world.nexus(["status", "--json", ...args], { env })).home as string
    expect(await home({}, "--home", "relative")).toBe(join(world.root, "relative"))
    expect(await home({})).toBe(world.home)
    expect(await home({ NEXUS_HOME: undefined })).toBe(join(world.user, "data/nexus"))
    expect(await home({ NEXUS_HOME: "" })).toBe(join(world.user, "data/nexus"))
    expect(await home({ NEXUS_HOME: undefined, XDG_DATA_HOME: "not/absolute" })).toBe(
      join(world.user, ".local/share/nexus")
    )
  })
})

type Mistake = readonly [args: ReadonlyArray<string>, exit: number, said: ReadonlyArray<string>]

const mistakes: ReadonlyArray<Mistake> = [
  // A word that is near to a known one
  [["evnts"], 2, ["evnts", "Did you mean events?"]],
  [["session", "shw", "x"], 2, ["shw", "Did you mean show?"]],
  [["projections", "rebild"], 2, ["rebild", "Did you mean rebuild?"]],
  [["events", "--lmit", "3"], 2, ["--lmit", "Did you mean --limit?"]],
  [["workspace", "list", "--al"], 2, ["--al", "Did you mean --all?"]],
  [["workspace", "sync", "statsu", "x"], 2, ["statsu", "Did you mean status?", "See: nexus workspace sync --help"]],
  [["init", "--shard"], 2, ["--shard", "Did you mean --shared?"]],
  [["init", "--agent", "clade"], 2, ['"clade"', "Did you mean claude?"]],
  [["events", "--type", "FileEdit"], 2, ['"FileEdit"', "Did you mean FileEdited?"]],
  [["projections", "check", "sesions"], 3, ["sesions", "Did you mean sessions?"]],
  [["sessions", "--project", "projct"], 3, ['"projct"', "Did you mean project?"]],
  [["completions", "bsh"], 2, ["bash, zsh, fish"]],
  // A word that is near to nothing
  [["frobnicate"], 2, ["frobnicate", "nexus --help"]],
  [["status", "--frobnicate"], 2, ["--frobnicate"]],
  [["status", "more"], 2, ["more"]],
  [["events", "--type", "Frobnicated"], 2, ['"Frobnicated"', "SessionStarted"]],
  [["events", "--session", "zzz"], 3, ['"zzz"', "nexus sessions"]],
  [["events", "--project", "zzz"], 3, ['"zzz"', "project"]],
  [["session", "show", "zzz"], 3, ['"zzz"', "nexus sessions"]],
  [["replay", "--session", "zzz"], 3, ['"zzz"', "nexus sessions"]],
  [["projections", "rebuild", "zzz"], 3, ["zzz", "timeline"]],
  [["restore", "nowhere.db"], 3, ["nowhere.db", "does not exist"]],
  // A value that is missing or cannot be
  [["session", "show"], 2, ["ID"]],
  [["backup"], 2, ["FILE"]],
  [["events", "--limit"], 2, ["--limit"]],
  [["events", "--limit", "many"], 2, ["--limit", "many"]],
  [["events", "--limit", "-1"], 2, ["--limit"]],
  [["events", "--since", "lately"], 2, ["--since", '"lately"', "2h"]],
  [["events", "--until", "2026-13-45"], 2, ["--until"]],
  [["replay", "--at", "1h", "--until", "3"], 2, ["--at", "--until", "not both"]],
  [["replay", "--until", "-3"], 2, ["--until"]],
  [["replay", "--speed", "0"], 2, ["--speed"]],
  [["replay", "--speed", "fast"], 2, ["--speed", "fast"]],
  [["verify", "--from", "0"], 2, ["--from"]],
  [["verify", "--from", "5", "--to", "2"], 2, ["--from", "--to"]],
  [["status", "--home"], 2, ["--home"]],
  [["--home"], 2, ["--home"]],
  [["--wizard"], 2, ["--wizard"]]
]

describe("a mistake on the command line", () => {
  for (const [args, exit, said] of mistakes) {
    it(`gets one helpful line: nexus ${args.join(" ")}`, async () => {
      const ran = await nexus(...args)
      expect(ran).toMatchObject({ exit, stdout: "" })
      expect(ran.stderr).toMatch(/^nexus: [^\n]+\n$/)
      for (const words of said) expect(ran.stderr).toContain(words)
    })
  }

  // One of each kind: all are printed in one place.
  for (const [args, exit, said] of mistakes.filter((_, index) => index % 5 === 0)) {
    it(`gets one JSON object with --json: nexus ${args.join(" ")}`, async () => {
      const ran = await nexus("--json", ...args)
      expect(ran).toMatchObject({ exit, stdout: "" })
      const document = JSON.parse(ran.stderr)
      expect(Object.keys(document)).toEqual(["error"])
      expect(Object.keys(document.error)).toEqual(["code", "message", "hint"])
      expect(document.error.code).toMatch(/^[a-z]+(?:_[a-z]+)*$/)
      for (const words of said) expect(`${document.error.message} ${document.error.hint}`).toContain(words)
    })
  }

  it("is told with a code that programs can rely on", async () => {
    const code = async (cwd: string, ...args: ReadonlyArray<string>) =>
      JSON.parse((await world.nexus([...args, "--json"], { cwd })).stderr).error.code as string
    expect(await code(world.user, "init")).toBe("not_a_repository")
    expect(await code(project, "session", "show", "zzz")).toBe("not_found")
    expect(await code(project, "init", "--agent", "zzz")).toBe("agent_unknown")
    put(join(world.root, "there.db"), "")
    expect(await code(project, "backup", join(world.root, "there.db"))).toBe("backup_refused")
  })
})

describe("completions", () => {
  it("are a bash script that completes commands, subcommands and options", async () => {
    const ran = await nexus("completions", "bash")
    expect(ran).toMatchObject({ exit: 0, stderr: "" })
    const script = join(world.root, "completions.bash")
    put(script, ran.stdout)
    expect(await world.run("bash", ["-n", script])).toEqual({ exit: 0, stdout: "", stderr: "" })
    const complete = async (...words: ReadonlyArray<string>) => {
      // What bash does at the press of the key: it looks up the function and calls it with command, word and word before.
      const press = `source "$0"; name=$(complete -p nexus | sed 's/.*-F \\([^ ]*\\).*/\\1/'); COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1)); "$name" nexus "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\\n' "\${COMPREPLY[@]}"`
      const pressed = await world.run("bash", ["-c", press, script, "nexus", ...words])
      expect(pressed).toMatchObject({ exit: 0, stderr: "" })
      return pressed.stdout.split("\n").filter((word) => word !== "")
    }
    expect(await complete("pro")).toEqual(["projections"])
    expect(await complete("se")).toEqual(["session", "sessions"])
    expect(await complete("projections", "re")).toEqual(["rebuild"])
    expect(await complete("events", "--fol")).toEqual(["--follow"])
    expect(await complete("init", "--")).toEqual(
      expect.arrayContaining(["--agent", "--shared", "--yes", "--dry-run", "--json", "--home"])
    )
  })

  it("know every command in zsh and fish too, and are valid where these shells are installed", async () => {
    for (const [shell, start, check] of [
      ["zsh", "#compdef nexus", "-n"],
      ["fish", "complete -c nexus", "--no-execute"]
    ] as const) {
      const ran = await nexus("completions", shell)
      expect(ran).toMatchObject({ exit: 0, stderr: "" })
      expect(ran.stdout.startsWith(start)).toBe(true)
      for (const [command] of commands) expect(ran.stdout).toContain(command.split(" ").at(-1))
      const script = join(world.root, `completions.${shell}`)
      put(script, ran.stdout)
      const valid = await world.sh(`command -v ${shell} >/dev/null || exit 0; exec ${shell} ${check} '${script}'`)
      expect(valid).toEqual({ exit: 0, stdout: "", stderr: "" })
    }
  })

  it("are one JSON document with --json", async () => {
    const document = json(await nexus("completions", "bash", "--json"))
    expect(Object.keys(document)).toEqual(["shell", "script"])
    expect(`${document.script}\n`).toBe((await nexus("completions", "bash")).stdout)
  })
})
