import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import { exported } from "../../../src/app/trace/Export.ts"
import { importFile, readRecords } from "../../../src/app/trace/Import.ts"
import { blame } from "../../../src/app/trace/Trace.ts"
import { repository, type World, world } from "../world.ts"
import { attributedRepository, cloned } from "./attributedRepository.ts"

const record = (fields: Record<string, unknown> = {}) => ({
  version: "0.1.0",
  id: "550e8400-e29b-41d4-a716-446655440000",
  timestamp: "2026-01-23T14:30:00Z",
  vcs: { type: "git", revision: "a".repeat(40) },
  files: [{ path: "a.ts", conversations: [{ contributor: { type: "ai" }, ranges: [{ start_line: 1, end_line: 2 }] }] }],
  ...fields
})

const refusal = (text: string) =>
  Either.match(readRecords(text), { onLeft: (reason) => reason, onRight: () => undefined })
const read = (text: string) => Either.getOrThrow(readRecords(text))

const imported = (at: World, folder: string, content: string) => {
  const file = at.put("records", content)
  return at.run(
    importFile(file, () => undefined),
    folder
  )
}

describe("Agent Trace records in a file", () => {
  const other = record({ vcs: { type: "git", revision: "B".repeat(40) } })

  it.each([
    ["one", JSON.stringify(record(), null, 2), 1],
    ["a list", JSON.stringify([record(), other]), 2],
    ["one a line", `${JSON.stringify(record())}\n\n${JSON.stringify(other)}\r\n`, 2],
    ["none", "[]", 0]
  ])("may be %s", (_, text, count) => {
    expect(read(text).incoming.length).toBe(count)
  })

  it("name their commits by full ids", () => {
    expect(read(JSON.stringify([record(), other])).incoming.map(({ commit }) => commit)).toStrictEqual([
      "a".repeat(40),
      "b".repeat(40)
    ])
  })

  it.each([
    ["no commit", record({ vcs: undefined })],
    ["a change of another system", record({ vcs: { type: "jj", revision: "kkmpptxz" } })],
    ["a part of an id", record({ vcs: { type: "git", revision: "abc1234" } })]
  ])("with %s are skipped, and the others are taken", (_, strange) => {
    const { incoming, skipped } = read(JSON.stringify([strange, record()]))
    expect(incoming.length).toBe(1)
    expect(skipped).toStrictEqual([{ name: "record 1", reason: "it names no git commit by its full id" }])
  })

  it.each([
    ["", "it is no JSON: "],
    ["{\n  nonsense", "it is no JSON: "],
    [`${JSON.stringify(record())}\n{`, "line 2 is no JSON: "],
    [JSON.stringify(record({ id: "x" })), "id is not a UUID."],
    [JSON.stringify([record(), record({ version: "1.0" })]), 'record 2: version is not a version such as "0.1.0".'],
    [`${JSON.stringify(record())}\n${JSON.stringify(record({ files: [{}] }))}`, "line 2: files[0].path is missing."],
    [JSON.stringify(record({ version: "2.0.0" })), "version is 2.0.0; this version of Nexus reads 0.x."],
    ["5", "it is no object."]
  ])("that are not what they should be are refused with the place: %j", (text, reason) => {
    expect(refusal(text)).toContain(reason)
  })
})

describe("An import", () => {
  it("is recorded once, whatever the layout of the file", async () => {
    using at = world()
    const folder = repository(at.folder("project"))
    const first = await imported(at, folder, JSON.stringify(record()))
    expect(first).toMatchObject({ imported: 1, repeated: 0, own: 0, elsewhere: 1, skipped: [] })
    const again = await imported(at, folder, JSON.stringify([record()], null, 2))
    expect(again).toMatchObject({ imported: 0, repeated: 1, elsewhere: 0 })
    const [event, ...others] = await at.ofType("TraceImported")
    expect(others).toStrictEqual([])
    expect(event?.payload).toMatchObject({ commit: "a".repeat(40), format: "agent-trace" })
    expect(event?.stream).toBe(`repository/${event?.project}`)
    expect(JSON.parse((await at.blob(event?.payload.record)) ?? "")).toStrictEqual(record())
  })

  it("of which one record is wrong records nothing", async () => {
    using at = world()
    const folder = repository(at.folder("project"))
    const file = at.put("records", JSON.stringify([record(), record({ id: 5 })]))
    const failure = await at.run(Effect.flip(importFile(file, () => undefined)), folder)
    expect(failure.message).toBe(`${file}: record 2: id is not a UUID. Nothing was imported.`)
    expect(await at.ofType("TraceImported")).toStrictEqual([])
  })

  it("of a file that is not there says so", async () => {
    using at = world()
    const folder = repository(at.folder("project"))
    const failure = await at.run(Effect.flip(importFile("none.json", () => undefined)), folder)
    expect(failure).toMatchObject({ _tag: "NotFound", name: "none.json" })
  })

  it("brings no secret and no address into the log", async () => {
    using at = world()
    const folder = repository(at.folder("project"))
    const secret = ["ghp", "0123456789abcdefghijABCDEFGHIJ456789"].join("_")
    const metadata = { note: `token ${secret}`, user_email: "ada@example.com", by: "Ada <ada@example.com>" }
    await imported(at, folder, JSON.stringify(record({ metadata })))
    const [event] = await at.ofType("TraceImported")
    const stored = await at.blob(event?.payload.record)
    expect(stored).not.toContain(secret)
    expect(stored).not.toContain("ada@example.com")
  })

  it("carries attribution to a clone on another machine, marked as imported", async () => {
    using here = world()
    using there = world()
    const { folder } = await attributedRepository(here)
    const text = await here.run(Stream.mkString(exported("HEAD", "agent-trace", () => undefined)), folder)
    const clone = cloned(there, folder)
    expect(await imported(there, clone, text)).toMatchObject({ imported: 2, elsewhere: 0, own: 0 })
    const [blamed] = await there.run(blame([{ file: "src/hello.ts" }]), clone)
    expect(blamed?.lines.map(({ contributor, evidence }) => [contributor.type, evidence])).toStrictEqual([
      ["ai", "recovered"],
      ["ai", "recovered"],
      ["ai", "recovered"],
      ["human", "recovered"]
    ])
    expect(blamed?.lines[0]).toMatchObject({
      contributor: { model_id: "anthropic/claude-opus-5-5" },
      imported: expect.stringMatching(/records$/) as unknown
    })
  })

  it("of what this very log exported records nothing: it knows better", async () => {
    using at = world()
    const { folder } = await attributedRepository(at)
    const text = await at.run(Stream.mkString(exported("HEAD", "agent-trace", () => undefined)), folder)
    expect(await imported(at, folder, text)).toMatchObject({ imported: 0, own: 2 })
  })

  it("of more records than one transaction takes records all of them", async () => {
    using at = world()
    const folder = repository(at.folder("project"))
    const many = Array.from({ length: 250 }, (_, index) =>
      record({ vcs: { type: "git", revision: index.toString(16).padStart(40, "0") } })
    )
    const told: Array<number> = []
    const file = at.put("records", many.map((one) => JSON.stringify(one)).join("\n"))
    const report = await at.run(
      importFile(file, (done) => told.push(done)),
      folder
    )
    expect(report).toMatchObject({ imported: 250, elsewhere: 250 })
    expect(told).toStrictEqual([100, 200, 250])
  })
})
