import * as Either from "effect/Either"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  decodeRecord,
  lineOwner,
  sessionOf,
  type TraceRecord,
  urlOf
} from "../../../src/domain/attribution/TraceRecord.ts"
import { complaints } from "./schema.ts"

/** With everything that the specification has. */
const full = {
  version: "0.1.0",
  id: "550e8400-e29b-41d4-a716-446655440000",
  timestamp: "2026-01-23T14:30:00Z",
  vcs: { type: "git", revision: "a".repeat(40) },
  tool: { name: "cursor", version: "2.4.0" },
  files: [
    {
      path: "src/parser.ts",
      conversations: [
        {
          url: "https://api.example.com/v1/conversations/12345",
          contributor: { type: "ai", model_id: "anthropic/claude-opus-4-5-20251101" },
          ranges: [
            { start_line: 42, end_line: 67, content_hash: "murmur3:9f2e8a1b" },
            { start_line: 70, end_line: 70, contributor: { type: "human" } }
          ],
          related: [{ type: "session", url: "https://api.example.com/v1/sessions/67890" }]
        },
        { ranges: [{ start_line: 80, end_line: 81 }] }
      ]
    }
  ],
  metadata: { confidence: 0.95, "dev.cursor": { workspace_id: "ws-abc123" } }
}

const record = full as unknown as TraceRecord

/** The record with another value at a path. */
const changed = (path: ReadonlyArray<string | number>, value: unknown): unknown => {
  const copy = structuredClone(full) as any
  const parent = path.slice(0, -1).reduce((at, key) => at[key], copy)
  const key = path.at(-1) ?? ""
  if (value === undefined) delete parent[key]
  else parent[key] = value
  return copy
}

const problem = (value: unknown) =>
  Either.match(decodeRecord(value), { onLeft: (left) => `${left.path} ${left.problem}`, onRight: () => undefined })

describe("A trace record", () => {
  it("is read, and what the specification does not know is no problem", () => {
    expect(problem(full)).toBeUndefined()
    expect(problem({ ...full, colour: "red" })).toBeUndefined()
  })

  it.each<[ReadonlyArray<string | number>, unknown, string]>([
    [["version"], "1.0", 'version is not a version such as "0.1.0"'],
    [["version"], "1.0.0", "version is 1.0.0; this version of Nexus reads 0.x"],
    [["id"], "one", "id is not a UUID"],
    [["id"], undefined, "id is missing"],
    [["timestamp"], "yesterday", "timestamp is not a time as RFC 3339 writes it, such as 2026-01-23T14:30:00Z"],
    [
      ["timestamp"],
      "2026-02-30T00:00:00Z",
      "timestamp is not a time as RFC 3339 writes it, such as 2026-01-23T14:30:00Z"
    ],
    [["vcs", "type"], "cvs", 'vcs.type is not "git", "jj", "hg" or "svn"'],
    [["vcs", "revision"], 5, "vcs.revision is not a text"],
    [["files"], {}, "files is no list"],
    [["files", 0], "src/a.ts", "files[0] is no object"],
    [["files", 0, "path"], undefined, "files[0].path is missing"],
    [["files", 0, "conversations", 0, "url"], "not a uri", "files[0].conversations[0].url is not a URI"],
    [
      ["files", 0, "conversations", 0, "contributor", "type"],
      "robot",
      'files[0].conversations[0].contributor.type is not "human", "ai", "mixed" or "unknown"'
    ],
    [
      ["files", 0, "conversations", 1, "ranges", 0, "start_line"],
      0,
      "files[0].conversations[1].ranges[0].start_line is not a line number: they count from 1"
    ],
    [["metadata"], [], "metadata is no object"]
  ])("with %j as %j is refused with the place and the reason", (path, value, reason) => {
    expect(problem(changed(path, value))).toBe(reason)
  })

  it("that is no object at all is refused", () => {
    expect([problem(null), problem("x"), problem([])]).toStrictEqual([
      " is no object",
      " is no object",
      " is no object"
    ])
  })

  it("is valid here exactly when it is by the specification's schema", () => {
    const places: ReadonlyArray<ReadonlyArray<string | number>> = [
      ["id"],
      ["timestamp"],
      ["vcs"],
      ["vcs", "type"],
      ["vcs", "revision"],
      ["tool"],
      ["tool", "name"],
      ["files"],
      ["files", 0],
      ["files", 0, "path"],
      ["files", 0, "conversations"],
      ["files", 0, "conversations", 0, "url"],
      ["files", 0, "conversations", 0, "contributor"],
      ["files", 0, "conversations", 0, "contributor", "model_id"],
      ["files", 0, "conversations", 0, "ranges"],
      ["files", 0, "conversations", 0, "ranges", 0, "start_line"],
      ["files", 0, "conversations", 0, "ranges", 0, "content_hash"],
      ["files", 0, "conversations", 0, "ranges", 1, "contributor", "type"],
      ["files", 0, "conversations", 0, "related"],
      ["files", 0, "conversations", 0, "related", 0, "url"],
      ["files", 0, "conversations", 1, "ranges"],
      ["metadata"]
    ]
    const values = fc.oneof(
      fc.constantFrom<unknown>(
        undefined,
        null,
        "",
        "git",
        "ai",
        "urn:x:y",
        "x".repeat(250),
        "x".repeat(251),
        "😀".repeat(250),
        "https://a b",
        "https://a/%zz",
        "2026-01-23T14:30:00+01:00",
        "2026-13-01T00:00:00Z",
        "550E8400-E29B-41D4-A716-446655440000",
        0,
        1,
        1.5,
        1e300,
        [],
        [1],
        {},
        { type: "human" }
      ),
      fc.jsonValue()
    )
    fc.assert(
      fc.property(fc.constantFrom(...places), values, (path, value) => {
        const one = changed(path, value)
        const valid = complaints(one).length === 0
        expect({ path, value, valid: problem(one) === undefined }).toStrictEqual({ path, value, valid })
      }),
      { numRuns: 400 }
    )
  })
})

describe("The owner of a line by a record", () => {
  it("is the range's own contributor before the conversation's", () => {
    const session = "https://api.example.com/v1/conversations/12345"
    expect(lineOwner(record, "src/parser.ts", 42)).toStrictEqual({
      contributor: { type: "ai", model_id: "anthropic/claude-opus-4-5-20251101" },
      session
    })
    expect(lineOwner(record, "src/parser.ts", 70)).toStrictEqual({ contributor: { type: "human" }, session })
    expect(lineOwner(record, "src/parser.ts", 80)).toStrictEqual({ contributor: { type: "unknown" }, session: null })
  })

  it("is none where no range holds the line", () => {
    expect(lineOwner(record, "src/parser.ts", 68)).toBeUndefined()
    expect(lineOwner(record, "src/other.ts", 42)).toBeUndefined()
  })

  it("is unknown where two ranges contradict each other, and agreed on where they do not", () => {
    const ai = { contributor: { type: "ai" as const }, ranges: [{ start_line: 1, end_line: 9 }] }
    const human = { contributor: { type: "human" as const }, ranges: [{ start_line: 5, end_line: 5 }] }
    const of = (...conversations: TraceRecord["files"][number]["conversations"]) =>
      lineOwner({ ...record, files: [{ path: "a", conversations }] }, "a", 5)?.contributor
    expect(of(ai, human)).toStrictEqual({ type: "unknown" })
    expect(of(ai, ai)).toStrictEqual({ type: "ai" })
  })
})

describe("A session's URL", () => {
  it("leads back to the session, whatever its name", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom("claude:601ddb06", "a b:ü", "x:%", "https://a b"), fc.string()),
        (session) => {
          expect(complaints(changed(["files", 0, "conversations", 0, "url"], urlOf(session)))).toStrictEqual([])
          expect(sessionOf(urlOf(session))).toBe(session.toWellFormed())
        }
      )
    )
  })

  it("is itself when it is an address", () => {
    expect(urlOf("https://example.com/chat/1")).toBe("https://example.com/chat/1")
    expect(sessionOf("https://example.com/chat/1")).toBe("https://example.com/chat/1")
  })

  it("that no program of ours made is taken as it is", () => {
    expect(sessionOf("urn:nexus:session:%zz")).toBe("%zz")
  })
})
