/** nexus doctor: each thing that can be wrong, provoked, named and mended as it says. */
import { appendFileSync, chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { diagnosis, fixture, json, newWorld, put, type World } from "../support/cli.ts"
import { tamper } from "../support/contents.ts"

let world: World
let project: string
let settings: string
beforeEach(async () => {
  world = newWorld()
  project = world.repository()
  settings = join(project, ".claude/settings.local.json")
  json(await world.nexus(["init", "--json"], { cwd: project }))
})
afterEach(() => world[Symbol.dispose]())

const check = (name: string) => diagnosis(world, name, { cwd: project })
const init = () => world.nexus(["init"], { cwd: project })
const hook = (payload: string) => world.nexus(["hook", "claude"], { stdin: payload })

describe("nexus doctor", () => {
  it("has nothing to say of a fresh installation, exits 0, and answers in lines or as JSON", async () => {
    const { items } = json(await world.nexus(["doctor", "--json"], { cwd: project }))
    expect(items.filter(({ state, check: name }: any) => state !== "ok" && name !== "disk")).toEqual([])
    const ran = await world.nexus(["doctor"], { cwd: project })
    expect(ran).toMatchObject({ exit: 0, stderr: "" })
    for (const item of items) expect(ran.stdout).toContain(`${item.check}: ${item.detail.split(" MiB")[0].slice(0, 2)}`)
  })

  it("counts rejected payloads, with the last reason and where they are, until they are deleted", async () => {
    await hook("{")
    await hook("")
    const found = await check("rejected payloads")
    expect(found.state).toBe("warning")
    expect(found.detail).toMatch(/^2, the last: it is empty/)
    expect(found.fix).toContain(join(world.home, "spool/rejected"))
    expect((await world.nexus(["doctor"], { cwd: project })).stdout).toContain("! rejected payloads: 2")
    rmSync(join(world.home, "spool/rejected"), { recursive: true })
    expect(await check("rejected payloads")).toMatchObject({ state: "ok" })
  })

  it("tells what an agent sent that this version does not know", async () => {
    await hook(JSON.stringify(fixture("claude/Stop", { hook_event_name: "Surprise" })))
    await hook(JSON.stringify(fixture("claude/Stop", { surprise: true })))
    const { state, detail } = await check("agents' contracts")
    expect(state).toBe("warning")
    expect(detail).toBe("claude Surprise: unknown hook; claude Stop.surprise: unknown field")
  })

  it("notices hooks that other settings of the client switch off, and so does whoever arms a run", async () => {
    const file = join(world.user, ".claude/settings.json")
    put(file, '{ "disableAllHooks": true }')
    expect(await check("hooks of claude")).toMatchObject({ state: "warning", detail: expect.stringContaining(file) })
    const armed = await world.nexus(["boulder", "arm"], { cwd: project })
    expect(armed).toMatchObject({ exit: 0, stderr: expect.stringContaining("claude will not be held: all hooks") })
    rmSync(file)
    expect(await check("hooks of claude")).toMatchObject({ state: "ok" })
    expect(await world.nexus(["boulder", "arm"], { cwd: project })).toMatchObject({ exit: 0, stderr: "" })
  })

  it("notices a conversation that the client has and the log has not", async () => {
    const { session_id: id } = fixture("claude/Stop", {}) as { readonly session_id: string }
    const folder = join(world.user, ".claude/projects", project.replaceAll(/[^A-Za-z0-9]/g, "-"))
    const timestamp = new Date().toISOString()
    put(join(folder, `${id}.jsonl`), `${JSON.stringify({ timestamp })}\n`)
    expect(await check("hooks of claude")).toMatchObject({
      state: "warning",
      detail: expect.stringContaining(`claude:${id}`),
      fix: expect.stringContaining("--bare")
    })
    await hook(JSON.stringify(fixture("claude/Stop", { cwd: project })))
    expect(await check("hooks of claude")).toMatchObject({ state: "ok" })
  })

  it("notices hooks that the person switched off, and that they are on again", async () => {
    const text = readFileSync(settings, "utf8")
    writeFileSync(settings, text.replace("{", '{ "disableAllHooks": true,'))
    expect(await check("hooks of claude")).toMatchObject({
      state: "warning",
      detail: expect.stringContaining("switched off")
    })
    writeFileSync(settings, text)
    expect(await check("hooks of claude")).toMatchObject({ state: "ok" })
  })

  it("notices hooks that are gone, incomplete or not those of this version; init mends them", async () => {
    const text = readFileSync(settings, "utf8")
    const { hooks } = JSON.parse(text)
    for (const [changed, detail] of [
      [JSON.stringify({ hooks: { ...hooks, Stop: [] } }), "not what this Nexus installs"],
      [text.replaceAll(" claude", " claude ack"), "not what this Nexus installs"],
      ["{}", "not what this Nexus installs"],
      [undefined, "is gone"]
    ] as const) {
      if (changed === undefined) rmSync(settings)
      else writeFileSync(settings, changed)
      expect(await check("hooks of claude")).toMatchObject({ state: "warning", fix: "nexus init --agent claude" })
      expect((await check("hooks of claude")).detail).toContain(detail)
      expect((await init()).exit).toBe(0)
      expect(await check("hooks of claude")).toMatchObject({ state: "ok" })
    }
  })

  it("notices that no hooks were ever installed, or not any more", async () => {
    expect((await world.nexus(["uninstall"], { cwd: project })).exit).toBe(0)
    expect(await check("hooks")).toMatchObject({ state: "warning", fix: "nexus init" })
    expect(await diagnosis(world, "hooks", { cwd: world.user })).toMatchObject({
      state: "ok",
      detail: "not in a repository"
    })
  })

  it("says what is left to do for a client that runs no hook before a person has allowed it", async () => {
    json(await world.nexus(["init", "--json", "--agent", "codex"], { cwd: project }))
    const found = await check("hooks of codex")
    expect(found).toMatchObject({ state: "warning", detail: expect.stringContaining("have delivered nothing yet") })
    expect(found.fix).toContain("/hooks")
    const payload = fixture("codex/SessionStart", { cwd: project })
    await world.nexus(["hook", "codex"], { stdin: JSON.stringify(payload) })
    expect(await check("hooks of codex")).toMatchObject({ state: "ok" })
  })

  it("notices a launcher that is stale or gone; init mends it", async () => {
    const path = join(world.home, "bin/nexus")
    appendFileSync(path, "# an earlier version\n")
    expect(await check("launcher")).toMatchObject({ state: "warning", fix: 'Run "nexus init" again.' })
    rmSync(path)
    expect(await check("launcher")).toMatchObject({ state: "warning", detail: `${path} is gone` })
    expect((await init()).exit).toBe(0)
    expect(await check("launcher")).toMatchObject({ state: "ok" })
    const ran = await world.run(path, ["status", "--json"], { cwd: project, env: { NEXUS_HOME: undefined } })
    expect(json(ran).project.name).toBe("project")
  })

  it("notices a hook script that is stale or gone; init mends it", async () => {
    const script = join(world.home, "bin/nexus-hook")
    appendFileSync(script, "# an earlier version\n")
    expect(await check("hook script")).toMatchObject({ state: "warning", fix: 'Run "nexus init" again.' })
    expect((await init()).exit).toBe(0)
    expect(await check("hook script")).toMatchObject({ state: "ok" })
    rmSync(script)
    expect(await check("hook script")).toMatchObject({ state: "warning", detail: "is not installed" })
    expect((await init()).exit).toBe(0)
    expect(await check("hook script")).toMatchObject({ state: "ok" })
    chmodSync(script, 0o600)
    expect(await check("hook script")).toMatchObject({ state: "warning" })
    expect((await init()).exit).toBe(0)
    expect(await check("hook script")).toMatchObject({ state: "ok" })
  })

  it("notices a home that others can read, and that it is mended as it says", async () => {
    chmodSync(world.home, 0o755)
    const { state, detail, fix } = await check("home")
    expect(state).toBe("warning")
    expect(detail).toContain("can be read by others (mode 755)")
    expect((await world.sh(fix as string)).exit).toBe(0)
    expect(await check("home")).toMatchObject({ state: "ok" })
  })

  it("names what is wrong in a configuration, and its line; prompts are not kept meanwhile", async () => {
    for (const [file, text, said] of [
      [join(world.home, "config.jsonc"), '{\n  "capture": {\n', "line 3"],
      [join(world.home, "config.jsonc"), '{ "capture": { "promts": "off" } }', "Did you mean capture.prompts?"],
      [join(world.home, "config.jsonc"), '{ "capture": { "prompts": "none" } }', '"full", "hash" or "off"'],
      [join(world.home, "config.jsonc"), "[]", "config.jsonc"],
      [join(project, ".nexus/config.jsonc"), '{ "capture": "off" }', "capture"]
    ] as const) {
      put(file, text)
      const found = await check("configuration")
      expect([text, found.state]).toEqual([text, "problem"])
      expect(found.detail).toContain(said)
      expect(found.detail).toContain(file)
      const session = `broken-${text.length}`
      await hook(
        JSON.stringify(fixture("claude/UserPromptSubmit", { cwd: project, session_id: session, prompt: "tell nobody" }))
      )
      expect((await world.nexus(["events", "--session", session, "--json"])).stdout).not.toContain("tell nobody")
      rmSync(file)
    }
    put(join(world.home, "config.jsonc"), '// mine\n{ "capture": { "prompts": "off", }, }\n')
    expect(await check("configuration")).toMatchObject({ state: "ok", detail: "capture.prompts is off" })
    put(join(project, ".nexus/config.jsonc"), '{ "capture": { "prompts": "hash" } }')
    expect(await check("configuration")).toMatchObject({ state: "ok", detail: "capture.prompts is hash" })
  })

  it("notices a read model that failed on events, and that it was built again", async () => {
    await tamper(world, "INSERT INTO projection_faults VALUES ('sessions', 1, 'it could not')")
    const { state, detail, fix } = await check("projection sessions")
    expect(state).toBe("problem")
    expect(detail).toContain("degraded since event 1")
    expect(fix).toContain("nexus projections rebuild sessions")
    expect(json(await world.nexus(["status", "--json"])).degraded).toEqual(["sessions"])
    expect((await world.nexus(["replay", "--verify"])).exit).toBe(5)
    json(await world.nexus(["projections", "rebuild", "sessions", "--json"]))
    expect(await check("projection sessions")).toMatchObject({ state: "ok" })
    expect(json(await world.nexus(["status", "--json"])).degraded).toEqual([])
  })
})
