/** Where an agent may work, and where init may be run: all kinds of folders and repositories. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { fixture, isRoot, json, jsonLines, newWorld, put, type World } from "../support/cli.ts"

interface Place {
  /** Makes the folder, and answers it. */
  readonly make: (world: World) => string
  /** Whether it is the checkout of a project. */
  readonly inProject: boolean
  /** What `init` there says, where it cannot be. */
  readonly refusal?: RegExp
}

const places: Readonly<Record<string, Place>> = {
  "a repository": { make: (world) => world.repository("here"), inProject: true },
  "a folder deep in a repository": {
    make: (world) => {
      const folder = join(world.repository("here"), "deep/er")
      mkdirSync(folder, { recursive: true })
      return folder
    },
    inProject: true
  },
  "an empty repository": {
    make: (world) => {
      const folder = join(world.root, "here")
      mkdirSync(folder)
      world.git(folder, "init", "--quiet")
      return folder
    },
    inProject: true
  },
  "a linked worktree": {
    make: (world) => {
      world.git(world.repository("main"), "worktree", "add", "--quiet", join(world.root, "here"))
      return join(world.root, "here")
    },
    inProject: true
  },
  "a submodule": {
    make: (world) => {
      const outer = world.repository("outer")
      const inner = world.repository("inner")
      world.git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "here")
      return join(outer, "here")
    },
    inProject: true
  },
  "a shallow clone": {
    make: (world) => {
      world.git(
        world.root,
        "clone",
        "--quiet",
        "--depth=1",
        `file://${world.repository("main")}`,
        join(world.root, "here")
      )
      return join(world.root, "here")
    },
    inProject: true
  },
  "a symbolic link to a repository": {
    make: (world) => {
      symlinkSync(world.repository("main"), join(world.root, "here"))
      return join(world.root, "here")
    },
    inProject: true
  },
  "a bare repository": {
    make: (world) => {
      mkdirSync(join(world.root, "here"))
      world.git(join(world.root, "here"), "init", "--quiet", "--bare")
      return join(world.root, "here")
    },
    inProject: false,
    refusal: /is a bare repository/
  },
  "a folder in no repository": {
    make: (world) => {
      mkdirSync(join(world.root, "here"))
      return join(world.root, "here")
    },
    inProject: false,
    refusal: /is in no git repository/
  },
  "a folder with a .git that is nothing": {
    make: (world) => {
      put(join(world.root, "here/.git"), "nonsense")
      return join(world.root, "here")
    },
    inProject: false,
    refusal: /is in no git repository/
  }
}

const send = (world: World, cwd: string, session = "s") =>
  world.nexus(["hook", "claude"], {
    cwd: world.root,
    stdin: JSON.stringify(fixture("claude/UserPromptSubmit", { cwd, session_id: session, prompt_id: session }))
  })

const silent = { exit: 0, stdout: "", stderr: "" }

for (const [name, { make, inProject, refusal }] of Object.entries(places)) {
  describe(`${name}:`, () => {
    it(`is ${inProject ? "a place for init" : "refused by init, with the reason"}`, async () => {
      using world = newWorld()
      const folder = make(world)
      const ran = await world.nexus(["init", "--json"], { cwd: folder })
      if (refusal === undefined) {
        const { hooks } = json(ran)
        expect(hooks).toMatchObject([{ agent: "claude", changed: true }])
        expect(existsSync(hooks[0].file as string)).toBe(true)
        expect(json(await world.nexus(["status", "--json"], { cwd: folder })).project.hooks).toHaveLength(1)
        expect((await world.nexus(["init"], { cwd: folder })).stdout).toContain("Already there")
      } else {
        expect(ran).toMatchObject({ exit: 3, stdout: "" })
        expect(JSON.parse(ran.stderr).error.message).toMatch(refusal)
        expect(existsSync(join(folder, ".claude"))).toBe(false)
        expect((await world.nexus(["uninstall"], { cwd: folder })).exit).toBe(3)
      }
      expect((await world.nexus(["doctor"], { cwd: folder })).exit).toBe(0)
    })

    it(`is recorded as ${inProject ? "part of its project" : "no project's"} when an agent works there`, async () => {
      using world = newWorld()
      const folder = make(world)
      expect(await send(world, folder)).toEqual(silent)
      const [session] = json(await world.nexus(["sessions", "--json"])).items
      expect(session).toMatchObject({ cwd: folder, counts: { prompts: 1 } })
      expect(session.project === null).toBe(!inProject)
      expect(json(await world.nexus(["status", "--json"], { cwd: folder })).project?.id ?? null).toBe(session.project)
      expect(json(await world.nexus(["replay", "--verify", "--json"])).verification.ok).toBe(true)
    })
  })
}

describe("a folder that is gone", () => {
  it("still belongs to the project that it was in; one never seen belongs to none", async () => {
    using world = newWorld()
    const project = world.repository()
    mkdirSync(join(project, "gone"))
    expect(await send(world, join(project, "gone"), "before")).toEqual(silent)
    rmSync(join(project, "gone"), { recursive: true })
    expect(await send(world, join(project, "gone"), "within")).toEqual(silent)
    rmSync(project, { recursive: true })
    expect(await send(world, join(project, "gone"), "after")).toEqual(silent)
    expect(await send(world, "/no/such/folder", "elsewhere")).toEqual(silent)
    expect(await send(world, "not/absolute", "relative")).toEqual(silent)
    const of = new Map(
      json(await world.nexus(["sessions", "--json"])).items.map((one: any) => [one.session, one.project])
    )
    expect(of.get("before")).toMatch(/^prj_/)
    expect(of.get("within")).toBe(of.get("before"))
    expect(of.get("after")).toBe(of.get("before"))
    expect(of.get("elsewhere")).toBe(null)
    expect(of.get("relative")).toBe(null)
  })

  it("as the working folder of the command itself is told in one line", async () => {
    using world = newWorld()
    const ran = await world.sh(`mkdir gone && cd gone && rmdir ../gone && exec "$NODE" "$NEXUS" status`, {
      env: { NODE: process.execPath, NEXUS: join(import.meta.dirname, "../../dist/nexus.js") }
    })
    expect(ran.stderr).not.toMatch(/^\s+at /m)
    expect(ran.stderr).toMatch(/^(?:nexus: [^\n]+\n)?$/)
  })
})

describe("settings that cannot be written", () => {
  it("stay as they are when they are broken, and nothing is registered", async () => {
    using world = newWorld()
    const project = world.repository()
    const file = join(project, ".claude/settings.local.json")
    for (const text of ['{"hooks": ', '{"hooks": []}', '{"hooks": {"Stop": {}}}', "[]", '"text"', "\u0000\u0001"]) {
      put(file, text)
      const ran = await world.nexus(["init", "--json"], { cwd: project })
      expect([text, ran.exit, ran.stdout]).toEqual([text, 1, ""])
      expect(JSON.parse(ran.stderr).error).toMatchObject({ code: "settings_refused" })
      expect(JSON.parse(ran.stderr).error.message).toContain(file)
      expect(readFileSync(file, "utf8")).toBe(text)
    }
    expect(jsonLines(await world.nexus(["events", "--json"]))).toEqual([])
  })

  it("are told in one line when the folder is read-only, or a folder is in the file's place", async () => {
    using world = newWorld()
    const project = world.repository()
    const file = join(project, ".claude/settings.local.json")
    mkdirSync(isRoot ? file : join(project, ".claude"), { recursive: true })
    chmodSync(join(project, ".claude"), 0o500)
    const ran = await world.nexus(["init"], { cwd: project })
    chmodSync(join(project, ".claude"), 0o700)
    expect(ran).toMatchObject({ exit: 1, stdout: "" })
    expect(ran.stderr.split("\n").at(-2)).toMatch(/^nexus: .*settings\.local\.json/)
    expect(ran.stderr).not.toMatch(/^\s+at /m)
    expect((await world.nexus(["uninstall"], { cwd: project })).stderr).not.toMatch(/^\s+at /m)
  })
})
