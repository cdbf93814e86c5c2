import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { query, type QueryRequest, rowView } from "../../../src/app/trace/Query.ts"
import { git, session, type World, world, written } from "../world.ts"
import { attributedRepository, commitNow } from "./attributedRepository.ts"

const anything: QueryRequest = {
  expression: "",
  files: [],
  models: [],
  contributors: [],
  sessions: [],
  revision: "HEAD"
}

const answer = (at: World, folder: string, request: Partial<QueryRequest>) =>
  at.run(query({ ...anything, ...request }), folder)

/** For each request what it finds, in order: "src/hello.ts:1-3 ai". */
const found = (at: World, folder: string, ...requests: ReadonlyArray<Partial<QueryRequest>>) =>
  at.run(
    Effect.forEach(requests, (request) =>
      Effect.map(query({ ...anything, ...request }), ({ rows }) =>
        rows.map(({ file, start, end, attribution }) => `${file}:${start}-${end} ${attribution.contributor.type}`)
      )
    ),
    folder
  )

const ai = "src/hello.ts:1-3 ai"
const human = "src/hello.ts:4-4 human"

describe("A query", () => {
  it("finds lines, neighbours of one origin as a range, with where they are from", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    const [edit] = await at.ofType("FileEdited")
    const { rows } = await answer(at, folder, { expression: "model ~ claude-*" })
    expect(rows.map(rowView)).toStrictEqual([
      {
        file: "src/hello.ts",
        start: 1,
        end: 3,
        lines: 3,
        agent: "claude",
        tool: "Write",
        time: new Date(edit?.time ?? 0).toISOString(),
        author: "a",
        commit: head,
        deleted: false,
        contributor: { type: "ai", model_id: "anthropic/claude-opus-5-5" },
        session: `claude:${session}`,
        event: edit?.position,
        evidence: "direct"
      }
    ])
  })

  it("finds lines by the prompt that led to them, and by commit, author and time", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    // A person's line is from when its commit was authored.
    const authored = new Date(1000 * Number(git(folder, "show", "--no-patch", "--format=%at"))).toISOString()
    const asked: ReadonlyArray<readonly [expression: string, ...lines: ReadonlyArray<string>]> = [
      ["prompt ~ '*three ways*'", ai],
      ["prompt ~ '*four ways*'"],
      [`commit = ${head.slice(0, 8)} and author = A`, ai, human],
      ["since 1h", ai, human],
      ["until 1h"],
      [`contributor = human and time = ${authored}`, human]
    ]
    const answers = await found(at, folder, ...asked.map(([expression]) => ({ expression })))
    expect(answers).toStrictEqual(asked.map(([, ...lines]) => lines))
  })

  it("is narrowed by options, and widened by several of one kind", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    const hour = 3_600_000
    const asked: ReadonlyArray<readonly [Partial<QueryRequest>, ...ReadonlyArray<string>]> = [
      [{ contributors: ["human"] }, human],
      [{ contributors: ["human", "ai"] }, ai, human],
      [{ expression: "lines > 1 or contributor = human", contributors: ["human"] }, human],
      [{ models: ["gpt-*", "*opus*"] }, ai],
      [{ sessions: [session.slice(0, 6)] }, ai],
      [{ minEvidence: "direct" }, ai],
      [{ since: Date.now() - hour, until: Date.now() + hour }, ai, human],
      [{ since: Date.now() + hour }],
      [{ until: Date.now() - hour }]
    ]
    const answers = await found(at, folder, ...asked.map(([request]) => request))
    expect(answers).toStrictEqual(asked.map(([, ...lines]) => lines))
  })

  it("takes files as a person in that folder names them", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    at.put("project/src/[id]/a b.ts", "by hand\n")
    git(folder, "add", "--all")
    commitNow(folder, "Odd names")
    const files = async (cwd: string, ...names: ReadonlyArray<string>) => [
      ...new Set((await answer(at, cwd, { files: names })).rows.map(({ file }) => file))
    ]
    expect(await files(folder, "src")).toStrictEqual(["src/[id]/a b.ts", "src/hello.ts"])
    expect(await files(`${folder}/src`, "[id]/a b.ts")).toStrictEqual(["src/[id]/a b.ts"])
    expect(await files(`${folder}/src`, "*.ts", "[id]")).toStrictEqual(["src/[id]/a b.ts", "src/hello.ts"])
    expect(await files(`${folder}/src`, "../src/hello.ts")).toStrictEqual(["src/hello.ts"])
    expect(await files(`${folder}/src`, "..")).toHaveLength(2)
    expect(await files(`${folder}/src`, "nothing")).toStrictEqual([])
  })

  it("is about the files of one revision, and leaves out what has no lines", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    at.put("project/src/hello.ts", "by hand\n")
    at.put("project/src/image.png", Buffer.from([0x89, 0x50, 0, 1, 2]))
    git(folder, "add", "--all")
    commitNow(folder, "Less")
    const contributors = ["ai"] as const
    expect(await found(at, folder, { revision: head, contributors }, { contributors })).toStrictEqual([[ai], []])
    const { rows } = await answer(at, folder, {})
    expect(rows.map(({ file, start, end }) => [file, start, end])).toStrictEqual([["src/hello.ts", 1, 1]])
  })

  it("without a revision is about files as the log last knew them, and about lines that are gone", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    const file = at.put("project/src/hello.ts", "one\nby hand\n")
    const tool_response = {
      type: "update",
      filePath: file,
      content: "one\nby hand\n",
      structuredPatch: [],
      originalFile: "one\ntwo\nthree\nby hand\n"
    }
    await at.record(written(file, "one\nby hand\n", { cwd: folder, session_id: session, tool_response }))
    const request = { revision: undefined, models: ["*opus*"] }
    expect(await found(at, folder, request, { ...request, expression: "deleted" })).toStrictEqual([
      ["src/hello.ts:1-1 ai"],
      ["src/hello.ts:2-3 ai"]
    ])
  })

  it("says what it asked, in full", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    const { expression } = await answer(at, `${folder}/src`, {
      expression: "moved or copied",
      files: ["hello.ts"],
      contributors: ["ai", "mixed"]
    })
    expect(expression).toBe(
      '(moved or copied) and (path = "src/hello.ts" or path = "src/hello.ts/" or path ~ "src/hello.ts") and contributor in (ai, mixed) and not deleted'.replaceAll(
        '"',
        ""
      )
    )
    expect((await answer(at, folder, { expression: "deleted" })).expression).toBe("deleted")
  })

  it("fails where there is no repository, no such revision or session, or no sense", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    const failure = (cwd: string, request: Partial<QueryRequest>) =>
      at.run(Effect.flip(query({ ...anything, ...request })), cwd)
    expect(await failure(at.folder("elsewhere"), {})).toMatchObject({ _tag: "NotARepository" })
    expect(await failure(folder, { revision: "nowhere" })).toMatchObject({ _tag: "RevisionUnknown" })
    expect(await failure(folder, { sessions: ["nobody"] })).toMatchObject({ _tag: "NotFound" })
    expect(await failure(folder, { expression: "modle = x" })).toMatchObject({ _tag: "QueryWrong", column: 1 })
  })
})
