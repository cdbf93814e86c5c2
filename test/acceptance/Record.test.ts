import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { newWorld, put } from "../support/cli.ts"

const edit = (cwd: string, fields: Record<string, unknown> = {}) => ({
  agent: "my-tool",
  session: "s1",
  model: "anthropic/claude-opus-4-5",
  cwd,
  edits: [{ path: "a.txt", before: null, after: "one\n" }],
  ...fields
})

describe("nexus record", () => {
  it("records what any tool sends on stdin, one object or one a line, each once", async () => {
    using world = newWorld()
    const project = world.repository()
    const record = (text: string) => world.nexus(["record", "--json"], { cwd: project, stdin: text })
    expect(JSON.parse((await record(JSON.stringify(edit(project, { id: "1" }), null, 2))).stdout)).toEqual({
      recorded: 1,
      repeated: 0
    })
    const lines = [edit(project, { id: "1" }), edit(project, { id: "2" })].map((one) => JSON.stringify(one))
    expect(JSON.parse((await record(`${lines.join("\n")}\n`)).stdout)).toEqual({ recorded: 1, repeated: 1 })
    const sessions = JSON.parse((await world.nexus(["sessions", "--json"], { cwd: project })).stdout)
    expect(JSON.stringify(sessions)).toContain("my-tool:s1")
  })

  it("refuses everything when one line is wrong, and says which and why", async () => {
    using world = newWorld()
    const project = world.repository()
    const lines = [edit(project), { ...edit(project), cwd: "here" }].map((one) => JSON.stringify(one)).join("\n")
    const failed = await world.nexus(["record"], { cwd: project, stdin: lines })
    expect(failed).toMatchObject({ exit: 2, stdout: "" })
    expect(failed.stderr).toMatch(/Line 2 of stdin cannot be recorded: cwd must be an absolute path/)
    const events = await world.nexus(["events", "--json"], { cwd: project })
    expect(events.stdout).not.toContain("FileEdited")
  })

  it.each([
    ["", /nothing on stdin/],
    ["not json", /no JSON/],
    ["[1]", /no object/],
    ["{}", /agent is missing/]
  ])("says what is wrong with %j", async (stdin, message) => {
    using world = newWorld()
    const failed = await world.nexus(["record", "--json"], { cwd: world.root, stdin })
    expect(failed.exit).toBe(2)
    expect(JSON.parse(failed.stderr)).toMatchObject({
      error: { code: "usage_wrong", message: expect.stringMatching(message) }
    })
  })

  it("says that an id is taken", async () => {
    using world = newWorld()
    const project = world.repository()
    const send = (after: string) =>
      world.nexus(["record"], {
        cwd: project,
        stdin: JSON.stringify(edit(project, { id: "1", edits: [{ path: "a.txt", after }] }))
      })
    expect((await send("one\n")).exit).toBe(0)
    const failed = await send("two\n")
    expect(failed.exit).toBe(4)
    expect(failed.stderr).toMatch(/same id/)
  })

  it("reads from the disk what the tool that waits leaves out", async () => {
    using world = newWorld()
    const project = world.repository()
    put(join(project, "a.txt"), "on disk\n")
    const sent = { type: "ai_agent", repo_working_dir: project, agent_name: "x", model: "m", conversation_id: "c" }
    const stdin = JSON.stringify({ ...sent, edited_filepaths: ["a.txt"] })
    expect((await world.nexus(["record"], { cwd: project, stdin })).exit).toBe(0)
    const events = await world.nexus(["events", "--type", "FileEdited", "--json"], { cwd: project })
    expect(events.stdout).toContain('"evidence":"disk"')
  })
})

describe("agents whose hooks Nexus does not install", () => {
  it("are left out by nexus init, and named with what to do when asked for", async () => {
    using world = newWorld()
    const project = world.repository()
    const all = JSON.parse((await world.nexus(["init", "--json"], { cwd: project })).stdout)
    expect(all.hooks.map(({ agent }: { agent: string }) => agent)).toEqual(["claude"])
    const failed = await world.nexus(["init", "--agent", "record"], { cwd: project })
    expect(failed.exit).toBe(2)
    expect(failed.stderr).toMatch(/Nexus installs no hooks for record/)
  })

  it("are recorded when their payloads are piped to nexus hook", async () => {
    using world = newWorld()
    const project = world.repository()
    const stdin = JSON.stringify({ session_id: "s", hook_event_name: "SessionStart", source: "startup", cwd: project })
    for (const agent of ["codex", "gemini"])
      expect(await world.nexus(["hook", agent], { cwd: project, stdin })).toMatchObject({ exit: 0, stderr: "" })
    const sessions = (await world.nexus(["sessions", "--json"], { cwd: project })).stdout
    for (const id of ["codex:s", "gemini:s"]) expect(sessions).toContain(id)
  })
})
