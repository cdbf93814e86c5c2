import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import * as Notes from "../../../src/app/trace/Notes.ts"
import { blame } from "../../../src/app/trace/Trace.ts"
import { git, type World, world } from "../world.ts"
import { attributedRepository, cloned, commitNow } from "./attributedRepository.ts"

const quietly = () => undefined
const plain = { gitAi: false, force: false }

const write = (at: World, folder: string, options: Partial<typeof plain> = {}) =>
  at.run(Notes.write("HEAD", { ...plain, ...options }, quietly), folder)
const read = (at: World, folder: string) => at.run(Notes.read(quietly), folder)

const contributors = async (at: World, folder: string) => {
  const [blamed] = await at.run(blame([{ file: "src/hello.ts" }]), folder)
  return blamed?.lines.map(
    ({ contributor, imported }) => `${contributor.model_id ?? contributor.type} ${imported ?? ""}`
  )
}

const noteOf = (folder: string, ref: string, commit: string) => git(folder, "notes", `--ref=${ref}`, "show", commit)

/** As git-ai 1.4 writes one, of the four lines of the test's file. */
const gitAiNote = (lines: string) =>
  [
    "src/hello.ts",
    `  s_c9883b05a2487d::t_9f8e7d6c5b4a32 ${lines}`,
    "---",
    JSON.stringify({
      schema_version: "authorship/3.0.0",
      git_ai_version: "1.4.5",
      base_commit_sha: "7734793b756b3921c88db5375a8c156e9532447b",
      prompts: {},
      sessions: { s_c9883b05a2487d: { agent_id: { tool: "codex", id: "conv_1", model: "gpt-5.2" } } }
    })
  ].join("\n")

describe("Notes on commits", () => {
  it("hold a record for each commit of which something is known, and are written once", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    expect(await write(at, folder)).toStrictEqual([{ ref: "refs/notes/nexus", written: 1, unchanged: 0, skipped: [] }])
    const note = noteOf(folder, "nexus", head)
    expect(note).not.toContain("\n")
    expect(JSON.parse(note)).toMatchObject({ version: "0.1.0", vcs: { revision: head } })
    const ref = git(folder, "rev-parse", "refs/notes/nexus")
    expect(await write(at, folder)).toMatchObject([{ written: 0, unchanged: 1 }])
    expect(git(folder, "rev-parse", "refs/notes/nexus")).toBe(ref)
  })

  it("carry attribution through a remote to another machine", async () => {
    using here = world()
    using there = world()
    const { folder } = await attributedRepository(here)
    const remote = here.folder("remote.git")
    git(remote, "init", "--quiet", "--bare", "--initial-branch=main")
    git(folder, "remote", "add", "origin", remote)
    git(folder, "push", "--quiet", "origin", "main")
    await write(here, folder)
    await here.run(Notes.push("origin", false), folder)

    const clone = cloned(there, remote)
    expect(await read(there, clone)).toStrictEqual([])
    await there.run(Notes.fetch("origin", false), clone)
    expect(await read(there, clone)).toMatchObject([{ source: "refs/notes/nexus", imported: 1, skipped: [] }])
    expect(await read(there, clone)).toMatchObject([{ imported: 0, repeated: 1 }])
    const opus = "anthropic/claude-opus-5-5 refs/notes/nexus"
    expect(await contributors(there, clone)).toStrictEqual([opus, opus, opus, "human refs/notes/nexus"])
  })

  it("are not sent before there are any", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    const failure = await at.run(Effect.flip(Notes.push("origin", false)), folder)
    expect(failure.message).toBe('There is no note under "refs/notes/nexus". Write them first: nexus trace notes write')
  })

  it("that cannot be read, or that belong to another commit, are named and skipped", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    await write(at, folder)
    const note = noteOf(folder, "nexus", head)
    commitNow(folder, "Second")
    git(folder, "notes", "--ref=nexus", "add", "--message", note, "HEAD")
    git(folder, "notes", "--ref=nexus", "add", "--force", "--message", "hello", "HEAD~2")
    git(folder, "notes", "--ref=ai", "add", "--message", "a\n  k one\n---\n{}", "HEAD")
    const [nexus, gitAi] = await read(at, folder)
    expect(nexus).toMatchObject({ imported: 0, own: 1 })
    expect(new Map(nexus?.skipped.map(({ name, reason }) => [name, reason.split(":")[0]]))).toStrictEqual(
      new Map([
        [git(folder, "rev-parse", "HEAD"), "it is about another commit"],
        [git(folder, "rev-parse", "HEAD~2"), "it is no JSON"]
      ])
    )
    expect(gitAi).toMatchObject({ imported: 0, skipped: [{ name: git(folder, "rev-parse", "HEAD") }] })
  })
})

describe("Notes of git-ai", () => {
  it("are read where there are any", async () => {
    using here = world()
    using there = world()
    const { folder, head } = await attributedRepository(here)
    const clone = cloned(there, folder)
    git(clone, "notes", "--ref=ai", "add", "--message", gitAiNote("2-3"), head)
    expect(await read(there, clone)).toMatchObject([
      { source: "refs/notes/ai", imported: 1, elsewhere: 0, skipped: [] }
    ])
    const [event] = await there.ofType("TraceImported")
    expect(event?.payload).toMatchObject({ commit: head, format: "git-ai", source: "refs/notes/ai" })
    const gpt = "openai/gpt-5.2 refs/notes/ai"
    expect(await contributors(there, clone)).toStrictEqual(["unknown ", gpt, gpt, "unknown "])
  })

  it("are written in its form, and read back as what they were", async () => {
    using here = world()
    using there = world()
    const { folder, head } = await attributedRepository(here)
    expect(await write(here, folder, { gitAi: true })).toMatchObject([
      { ref: "refs/notes/nexus", written: 1 },
      { ref: "refs/notes/ai", written: 1, skipped: [] }
    ])
    const clone = cloned(there, folder)
    git(clone, "notes", "--ref=ai", "add", "--message", noteOf(folder, "ai", head), head)
    await read(there, clone)
    const opus = "anthropic/claude-opus-5-5 refs/notes/ai"
    expect(await contributors(there, clone)).toStrictEqual([opus, opus, opus, "human refs/notes/ai"])
  })

  it("that git-ai wrote are left as they are, unless told otherwise", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    git(folder, "notes", "--ref=ai", "add", "--message", gitAiNote("1"), head)
    const theirs = noteOf(folder, "ai", head)
    expect(await write(at, folder, { gitAi: true })).toMatchObject([
      {},
      { written: 0, skipped: [{ name: head, reason: "its note is not from Nexus; --force writes over it" }] }
    ])
    expect(noteOf(folder, "ai", head)).toBe(theirs)
    expect(await write(at, folder, { gitAi: true, force: true })).toMatchObject([{}, { written: 1, skipped: [] }])
    expect(noteOf(folder, "ai", head)).toContain('"nexus_version"')
    expect(await write(at, folder, { gitAi: true })).toMatchObject([{}, { written: 0, unchanged: 1, skipped: [] }])
  })
})
