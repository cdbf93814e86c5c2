import { createHash } from "node:crypto"
import * as Either from "effect/Either"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { noteOf, recordOfNote } from "../../../src/domain/attribution/GitAiBridge.ts"
import { canName, formatNote, type GitAiNote, joined, parseNote } from "../../../src/domain/attribution/GitAiNote.ts"
import { lineOwner } from "../../../src/domain/attribution/TraceRecord.ts"
import { ai, anyCommit, anyPath, commit, file, gpt, human, opus, unknown } from "./commits.ts"
import { complaints } from "./schema.ts"

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")
const context = { version: "1.2.3", log: "019a0000-0000-7000-8000-000000000001", sha256 }

/** In the form of git-ai 1.4: a session with two edits, a person, and a prompt of the older form. */
const mixed = `src/main.rs
  s_c9883b05a2487d::t_9f8e7d6c5b4a32 1-10,15
  s_c9883b05a2487d::t_a1b2c3d4e5f678 25
  h_31dce776f88375 42-50
"docs/read me.md"
  abcd1234abcd1234 1-3
---
{
  "schema_version": "authorship/3.0.0",
  "git_ai_version": "1.4.5",
  "base_commit_sha": "7734793b756b3921c88db5375a8c156e9532447b",
  "prompts": {
    "abcd1234abcd1234": {
      "agent_id": { "tool": "cursor", "id": "6ef2299e", "model": "gpt-5.2" },
      "human_author": null,
      "messages": [],
      "total_additions": 25, "total_deletions": 5, "accepted_lines": 20, "overriden_lines": 0
    }
  },
  "humans": { "h_31dce776f88375": { "author": "Ada" } },
  "sessions": {
    "s_c9883b05a2487d": {
      "agent_id": { "tool": "claude", "id": "conv_abc123", "model": "claude-sonnet-4-5-20250514" },
      "human_author": "ada",
      "custom_attributes": { "team": "backend" }
    }
  }
}`

const read = (note: string): GitAiNote =>
  Either.getOrThrowWith(parseNote(note), (problem) => new Error(`the note was refused: ${problem}`))
const refusal = (note: string) =>
  Either.match(parseNote(note), { onLeft: (problem) => problem, onRight: () => undefined })

/** A note with these lines before the divider. */
const withLines = (...lines: ReadonlyArray<string>) =>
  [...lines, "---", JSON.stringify({ schema_version: "authorship/3.0.0", base_commit_sha: "x", prompts: {} })].join(
    "\n"
  )

const ownersOf = (note: string, path: string, ...lines: ReadonlyArray<number>) => {
  const record = recordOfNote(read(note), "a".repeat(40), "2026-01-01T00:00:00Z", sha256)
  expect(complaints(record)).toStrictEqual([])
  return lines.map((line) => lineOwner(record, path, line))
}

describe("A note of git-ai", () => {
  it("says which lines sessions and people wrote", () => {
    const sonnet = {
      contributor: { type: "ai", model_id: "anthropic/claude-sonnet-4-5-20250514" },
      session: "claude:conv_abc123"
    }
    expect(ownersOf(mixed, "src/main.rs", 1, 11, 15, 25, 42, 51)).toStrictEqual([
      sonnet,
      undefined,
      sonnet,
      sonnet,
      { contributor: { type: "human" }, session: null },
      undefined
    ])
  })

  it("is read with quoted paths and keys of the older form", () => {
    expect(ownersOf(mixed, "docs/read me.md", 3)).toStrictEqual([
      { contributor: { type: "ai", model_id: "openai/gpt-5.2" }, session: "cursor:6ef2299e" }
    ])
  })

  it("is read with carriage returns, empty lines and deeper indentation", () => {
    const note = withLines("", "a.ts", "\tabcd123 1 , 3-4 ", "").replaceAll("\n", "\r\n")
    expect(read(note).files).toStrictEqual([
      {
        path: "a.ts",
        entries: [
          {
            key: "abcd123",
            ranges: [
              [1, 1],
              [3, 4]
            ]
          }
        ]
      }
    ])
  })

  it("gives a line that two keys claim to the later one", () => {
    const note = withLines("a", "  abcd1234abcd1234 1-9", "  h_31dce776f88375 4-5", "  s_1::t_1 5-12")
    expect(ownersOf(note, "a", 3, 4, 5, 6, 12).map((owner) => owner?.contributor.type)).toStrictEqual([
      "ai",
      "human",
      "ai",
      "ai",
      "ai"
    ])
  })

  it("with a key that it says nothing more of still tells AI from people, and no model", () => {
    const note = withLines("a", "  s_toString::t_1 1", "  constructor 2", "  h_unknown 3")
    expect(ownersOf(note, "a", 1, 2, 3).map((owner) => owner?.contributor)).toStrictEqual([
      { type: "ai" },
      { type: "ai" },
      { type: "human" }
    ])
  })

  it("of a hundred million lines takes no longer", () => {
    expect(ownersOf(withLines("a", "  s_1::t_1 1-100000000", "  h_1 5-9999999"), "a", 100_000_000)).toStrictEqual([
      { contributor: { type: "ai" }, session: null }
    ])
  })

  it.each([
    ["", 'it has no line "---"'],
    [JSON.stringify({ schema_version: "authorship/3.0.0" }), 'it has no line "---"'],
    ["a\n  k 1\n---\n{", 'what follows "---" is no JSON'],
    ["---\n[]", "its metadata is malformed: "],
    ["  k 1\n---\n{}", "its metadata is malformed: "],
    [withLines("  k 1"), "line 1 stands under no file"],
    [withLines("a", "  k"), "line 2 is no key with its lines"],
    [withLines("a", "  k 0"), "line 2 is no key with its lines"],
    [withLines("a", "  k 5-2"), "line 2 is no key with its lines"],
    [withLines("a", "  k 1-2-3"), "line 2 is no key with its lines"],
    [withLines("a", "  k one"), "line 2 is no key with its lines"],
    [
      mixed.replace("authorship/3.0.0", "authorship/4.0.0"),
      "its version is authorship/4.0.0; this version of Nexus reads authorship/3"
    ]
  ])("that is malformed is refused with the reason: %j", (note, reason) => {
    expect(refusal(note)).toContain(reason)
  })

  it("is never more than refused, whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.constantFrom("a", "  k 1", "---", "{}", " ", '"')), (text, lines) => {
        parseNote(text)
        parseNote(lines.join("\n"))
      })
    )
  })

  it.each(["\r", "\u2028", "a\u2029b", '"', '""'])("names a path of odd characters: %j", (path) => {
    const note = {
      files: [{ path, entries: [{ key: "h_0123456789abcd", ranges: [[1, 1]] as const }] }],
      metadata: read(mixed).metadata
    }
    expect(read(formatNote(note))).toStrictEqual(note)
  })

  it("is what it was when it is written and read again", () => {
    const ranges = fc
      .array(fc.tuple(fc.nat(3), fc.nat(5)), { minLength: 1, maxLength: 5 })
      .map((parts) =>
        joined(parts.map(([gap, lines], index) => [index * 20 + gap + 1, index * 20 + gap + lines + 1] as const))
      )
    const key = fc.constantFrom("s_0123456789abcd::t_0123456789abcd", "h_0123456789abcd", "0123456789abcdef")
    const entry = fc.tuple(key, ranges).map(([name, some]) => ({ key: name, ranges: some }))
    const files = fc.array(
      fc
        .tuple(anyPath.filter(canName), fc.array(entry, { minLength: 1, maxLength: 3 }))
        .map(([path, entries]) => ({ path, entries })),
      { maxLength: 4 }
    )
    const { metadata } = read(mixed)
    fc.assert(
      fc.property(files, (some) => {
        const note = { files: some, metadata }
        expect(read(formatNote(note))).toStrictEqual(note)
      })
    )
  })
})

describe("A commit as a note of git-ai", () => {
  const written = (...files: Parameters<typeof commit>[0]) => {
    const made = noteOf(commit(files), context)
    return made === undefined ? undefined : formatNote(made.note)
  }

  it("has the form that git-ai itself writes", () => {
    const id = "601ddb06-1111-4222-8333-944444444444"
    const session = `s_${sha256(`claude:${id}`).slice(0, 14)}`
    const edit = (event: number) => `t_${sha256(`${context.log}\n${event}`).slice(0, 14)}`
    const person = `h_${sha256("Ada").slice(0, 14)}`
    expect(
      written(file("src/my file.ts", [ai(1, 2), human(3, 3), ai(4, 4, { event: 13 }), ai(5, 5), unknown(6, 7)]))
    ).toBe(
      [
        '"src/my file.ts"',
        `  ${session}::${edit(12)} 1-2,5`,
        `  ${person} 3`,
        `  ${session}::${edit(13)} 4`,
        "---",
        JSON.stringify(
          {
            schema_version: "authorship/3.0.0",
            nexus_version: "1.2.3",
            base_commit_sha: "a".repeat(40),
            prompts: {},
            humans: { [person]: { author: "Ada" } },
            sessions: { [session]: { agent_id: { tool: "claude", id, model: opus } } }
          },
          null,
          2
        )
      ].join("\n")
    )
  })

  it("keeps two models of one session apart", () => {
    const note = written(file("a", [ai(1, 1), ai(2, 2, { contributor: { type: "ai", model_id: gpt } }), ai(3, 3)]))
    expect(ownersOf(note ?? "", "a", 1, 2, 3).map((owner) => owner?.contributor.model_id)).toStrictEqual([
      opus,
      gpt,
      opus
    ])
  })

  it("is none when nobody is known to have written anything", () => {
    expect(written(file("a", [unknown(1, 9)]), file("b.png", [], { kind: "binary" }))).toBeUndefined()
  })

  it("names the files that the form has no way to write", () => {
    const made = noteOf(commit([file("two\nlines", [ai(1, 1)]), file("a", [ai(1, 1)])]), context)
    expect(made?.omitted).toStrictEqual(["two\nlines"])
    expect(made?.note.files.map(({ path }) => path)).toStrictEqual(["a"])
  })

  it("claims what is known of AI and people, and never anything else", () => {
    fc.assert(
      fc.property(anyCommit, (of) => {
        const made = noteOf(of, context)
        if (made === undefined) return
        const record = recordOfNote(read(formatNote(made.note)), of.commit, of.authored, sha256)
        for (const { path, ranges } of of.files.filter((one) => canName(one.path))) {
          for (const { start, contributor, session } of ranges) {
            const told = contributor.type === "ai" || contributor.type === "human"
            const owner = lineOwner(record, path, start)
            expect(owner?.contributor).toStrictEqual(told ? contributor : undefined)
            if (contributor.type === "ai" && session?.includes("//") === false) expect(owner?.session).toBe(session)
          }
        }
      })
    )
  })
})
