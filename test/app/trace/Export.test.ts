import { hash } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import { writeAtomically } from "../../../src/app/AtomicFile.ts"
import { exported, type Format } from "../../../src/app/trace/Export.ts"
import { csvHeader, csvLine, flatRanges } from "../../../src/app/trace/Flat.ts"
import { blame } from "../../../src/app/trace/Trace.ts"
import { lineOwner, type TraceRecord } from "../../../src/domain/attribution/TraceRecord.ts"
import { ai, commit, file, human } from "../../domain/attribution/commits.ts"
import { complaints } from "../../domain/attribution/schema.ts"
import { git, session, type World, world } from "../world.ts"
import { attributedRepository, commitNow } from "./attributedRepository.ts"

const exportOf = (at: World, folder: string, format: Format, range?: string) =>
  at.run(Stream.mkString(exported(range, format, () => undefined)), folder)

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "")
const records = (text: string) => linesOf(text).map((line) => JSON.parse(line) as TraceRecord)

describe("An export of Agent Trace records", () => {
  it("has one valid record for each commit of the range, oldest first", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    commitNow(folder, "Nothing")
    const all = records(await exportOf(at, folder, "agent-trace", "HEAD"))
    expect(all.map(({ vcs }) => vcs?.revision)).toStrictEqual(linesOf(git(folder, "rev-list", "--reverse", "HEAD")))
    expect(all.flatMap(complaints)).toStrictEqual([])
    const some = records(await exportOf(at, folder, "agent-trace", "HEAD~2..HEAD~1"))
    expect(some).toStrictEqual(all.filter(({ vcs }) => vcs?.revision === head))
  })

  it("is the same when it is made again", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    expect(await exportOf(at, folder, "agent-trace", "HEAD")).toBe(await exportOf(at, folder, "agent-trace", "HEAD"))
  })

  it("gives every line the owner that blame gives it, by the specification's look-up", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    const all = records(await exportOf(at, folder, "agent-trace", "HEAD"))
    const [blamed] = await at.run(blame([{ file: "src/hello.ts", of: { revision: "HEAD" } }]), folder)
    const looked = blamed?.lines.map((line) => {
      const record = all.find(({ vcs }) => vcs?.revision === line.commit)
      return record === undefined ? undefined : lineOwner(record, "src/hello.ts", line.line)
    })
    expect(looked).toStrictEqual(
      blamed?.lines.map((line) => ({ contributor: line.contributor, session: line.session }))
    )
    expect(looked?.map((owner) => owner?.contributor.type)).toStrictEqual(["ai", "ai", "ai", "human"])
  })

  it("hashes the lines' bytes, and relates the prompt and the event that they came from", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    const [record] = records(await exportOf(at, folder, "agent-trace", `${head}~1..${head}`))
    const [conversation] = record?.files[0]?.conversations ?? []
    const [prompt] = await at.ofType("PromptSubmitted")
    const [edit] = await at.ofType("FileEdited")
    expect(conversation).toStrictEqual({
      url: `urn:nexus:session:claude:${session}`,
      contributor: { type: "ai", model_id: "anthropic/claude-opus-5-5" },
      ranges: [{ start_line: 1, end_line: 3, content_hash: `sha256:${hash("sha256", "one\ntwo\nthree\n")}` }],
      related: [
        { type: "prompt", url: `urn:nexus:event:${prompt?.device}:${prompt?.position}` },
        { type: "event", url: `urn:nexus:event:${edit?.device}:${edit?.position}` }
      ]
    })
  })

  it("hashes a range alike, whatever its line ends", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    at.put("project/src/hello.ts", "one\r\ntwo\r\nthree\r\nby hand")
    git(folder, "add", "--all")
    commitNow(folder, "Other line ends")
    const hashes = records(await exportOf(at, folder, "agent-trace", `${head}~1..HEAD`)).map((record) =>
      record.files[0]?.conversations.flatMap(({ ranges }) => ranges).map(({ content_hash }) => content_hash)
    )
    expect(hashes[1]).toStrictEqual(hashes[0])
  })
})

describe("An export of rows", () => {
  it("has a line of JSON for each range", async () => {
    using at = world()
    const { folder, head } = await attributedRepository(at)
    const rows = linesOf(await exportOf(at, folder, "jsonl", "HEAD")).map((line) => JSON.parse(line) as unknown)
    const [edit] = await at.ofType("FileEdited")
    const common = {
      commit: head,
      author: "a",
      path: "src/hello.ts",
      reason: null
    }
    expect(rows).toMatchObject([
      {
        ...common,
        start_line: 1,
        end_line: 3,
        contributor: "ai",
        model_id: "anthropic/claude-opus-5-5",
        session: `claude:${session}`,
        event: edit?.position,
        evidence: "direct"
      },
      { ...common, start_line: 4, end_line: 4, contributor: "human", model_id: null, session: null }
    ])
  })

  it("has the same rows as CSV, under a heading", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    const [heading, ...rows] = (await exportOf(at, folder, "csv", "HEAD")).split("\r\n")
    expect(`${heading}\r\n`).toBe(csvHeader)
    expect(rows.map((row) => row.split(",").slice(3, 8))).toStrictEqual([
      ["src/hello.ts", "1", "3", "ai", "anthropic/claude-opus-5-5"],
      ["src/hello.ts", "4", "4", "human", ""],
      []
    ])
  })

  it("quotes what CSV would break at, and lets no spreadsheet take a text for a formula", () => {
    const paths = ['say "hi", twice', "two\nlines", "=1+1", "+x", "-x", "@x", "\tx", "plain"]
    const of = commit(
      paths.map((path) => file(path, [human(1, 1)])),
      { author: "=cmd|' /C calc'!A0" }
    )
    const fields = flatRanges(of).map(
      (row) => csvLine(row).split(`,"'=cmd`).length + csvLine(row).split(",'=cmd").length
    )
    expect(new Set(fields)).toStrictEqual(new Set([3]))
    expect(
      flatRanges(of).map((row) =>
        csvLine({ ...row, commit: "c", authored: "t", author: "a" }).slice(0, -"human,,,,replayed,\r\n".length)
      )
    ).toStrictEqual([
      'c,t,a,"say ""hi"", twice",1,1,',
      'c,t,a,"two\nlines",1,1,',
      "c,t,a,'=1+1,1,1,",
      "c,t,a,'+x,1,1,",
      "c,t,a,'-x,1,1,",
      "c,t,a,'@x,1,1,",
      "c,t,a,'\tx,1,1,",
      "c,t,a,plain,1,1,"
    ])
    expect(csvLine(flatRanges(commit([file("a", [ai(1, 2)])]))[0]!)).toContain(",12,direct,\r\n")
  })
})

describe("A file that is written whole or not at all", () => {
  it("is for its owner alone, and takes the place of the one before", async () => {
    using at = world()
    const path = at.put("out/records.jsonl", "before")
    await Effect.runPromise(writeAtomically(path, Stream.make("one\n", "two\n")))
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n")
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it("stays as it was when its content fails halfway, and nothing else is left", async () => {
    using at = world()
    const path = at.put("out/records.jsonl", "before")
    const failing = Stream.concat(Stream.make("one\n"), Stream.fail("no more"))
    expect(await Effect.runPromise(Effect.flip(writeAtomically(path, failing)))).toBe("no more")
    expect(readFileSync(path, "utf8")).toBe("before")
    expect(readdirSync(join(at.root, "out"))).toStrictEqual(["records.jsonl"])
  })

  it("cannot be written where there is no folder, and says so", async () => {
    using at = world()
    const failure = await Effect.runPromise(Effect.flip(writeAtomically(join(at.root, "none/x"), Stream.make("x"))))
    expect(failure.message).toMatch(/none\/x was not written: ENOENT/)
  })
})
