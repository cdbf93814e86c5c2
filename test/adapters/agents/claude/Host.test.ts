import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { hostOf } from "../../../../src/adapters/agents/claude/Host.ts"
import { payload, repository, world, written } from "../../../app/world.ts"
import { recorded } from "./payloads.ts"

describe("whose payload it is that Claude Code's hooks deliver", () => {
  it("is Claude Code's own for everything recorded from it", () => {
    for (const [, one] of recorded) expect(hostOf(one)).toBeUndefined()
  })

  it.each([
    [{ cursor_version: "2.4.1" }, "cursor"],
    [{ transcript_path: "/home/dev/.cursor/projects/p/agent-transcripts/c.jsonl" }, "cursor"],
    [{ transcript_path: "C:\\Users\\dev\\.cursor\\c.jsonl" }, "cursor"],
    [{ transcript_path: "/home/dev/.config/Code/User/GitHub Copilot/transcripts/c.jsonl" }, "copilot"],
    [{ transcript_path: "/home/dev/.config/Code/User/workspaceStorage/1/GitHub.copilot-chat/c.jsonl" }, "copilot"],
    [{ transcript_path: "/home/dev/.claude/projects/about-github-copilot/c.jsonl" }, undefined],
    [{ transcript_path: null }, undefined]
  ])("with %j is %s's", (fields, host) => expect(hostOf(fields)).toBe(host))

  it("is recorded under the name of that client", async () => {
    using at = world()
    const project = repository(join(at.root, "project"))
    const transcript = { transcript_path: join(at.root, "GitHub Copilot/c.jsonl"), cwd: project }
    await at.record(payload("SessionStart", { source: "startup", ...transcript }), {
      ...written(join(project, "a"), "x\n"),
      ...transcript
    })
    expect(at.rejected()).toEqual([])
    expect(await at.ofType("SessionStarted")).toMatchObject([{ payload: { agent: "copilot" } }])
    const [edit] = await at.ofType("FileEdited")
    expect(edit).toMatchObject({ correlation: "copilot:s-1", actor: { kind: "agent", name: "copilot" } })
  })
})
