import { createHash } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { recordOf } from "../../../src/domain/attribution/AgentTrace.ts"
import type { AttributedRange } from "../../../src/domain/attribution/Attribution.ts"
import { lineOwner } from "../../../src/domain/attribution/TraceRecord.ts"
import { ai, anyCommit, commit, file, gpt, human, opus, unknown } from "./commits.ts"
import { complaints } from "./schema.ts"

const context = {
  project: "prj_0123456789abcdef",
  log: "019a0000-0000-7000-8000-000000000001",
  version: "1.2.3",
  algorithm: 2,
  sha256: (text: string) => createHash("sha256").update(text).digest("hex"),
  contentHash: () => undefined,
  promptOf: () => undefined
}

const session = "urn:nexus:session:claude:601ddb06-1111-4222-8333-944444444444"

describe("A commit as an Agent Trace record", () => {
  it("names the specification, the commit, its author's time, and this tool", () => {
    const record = recordOf(commit([]), context)
    expect(record).toMatchObject({
      version: "0.1.0",
      timestamp: "2026-11-22T13:51:38.000Z",
      vcs: { type: "git", revision: "a".repeat(40) },
      tool: { name: "nexus", version: "1.2.3" },
      files: []
    })
    expect(complaints(record)).toStrictEqual([])
  })

  it("has the same id whenever it is made, and another for another commit or project", () => {
    const id = (fields: object, of = commit([])) => recordOf(of, { ...context, ...fields }).id
    expect(id({})).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(id({ version: "9.9.9", log: "elsewhere" })).toBe(id({}))
    expect(id({ project: "prj_fedcba9876543210" })).not.toBe(id({}))
    expect(id({}, commit([], { commit: "c".repeat(40) }))).not.toBe(id({}))
  })

  it("has one conversation for each session and contributor, with neighbouring ranges as one", () => {
    const ranges = [
      human(9, 9),
      ai(1, 2),
      ai(3, 4, { event: 13 }),
      ai(5, 5, { contributor: { type: "ai", model_id: gpt } }),
      ai(6, 7),
      unknown(10, 11)
    ]
    expect(recordOf(commit([file("src/a.ts", ranges)]), context).files).toStrictEqual([
      {
        path: "src/a.ts",
        conversations: [
          {
            url: session,
            contributor: { type: "ai", model_id: opus },
            ranges: [
              { start_line: 1, end_line: 4 },
              { start_line: 6, end_line: 7 }
            ],
            related: [
              { type: "event", url: `urn:nexus:event:${context.log}:12` },
              { type: "event", url: `urn:nexus:event:${context.log}:13` }
            ]
          },
          {
            url: session,
            contributor: { type: "ai", model_id: gpt },
            ranges: [{ start_line: 5, end_line: 5 }],
            related: [{ type: "event", url: `urn:nexus:event:${context.log}:12` }]
          },
          { contributor: { type: "human" }, ranges: [{ start_line: 9, end_line: 9 }] },
          { contributor: { type: "unknown" }, ranges: [{ start_line: 10, end_line: 11 }] }
        ]
      }
    ])
  })

  it("relates the prompts that led to the lines", () => {
    const record = recordOf(commit([file("a", [ai(1, 1), ai(2, 2, { event: 13 })])]), {
      ...context,
      promptOf: () => 11
    })
    expect(
      record.files[0]?.conversations[0]?.related?.map(({ type, url }) => [type, url.split(":").at(-1)])
    ).toStrictEqual([
      ["prompt", "11"],
      ["event", "12"],
      ["event", "13"]
    ])
  })

  it("hashes the content of whole ranges", () => {
    const contentHash = (path: string, start: number, end: number) => `sha256:${path}:${start}-${end}`
    const record = recordOf(commit([file("a", [ai(1, 2), ai(3, 3)])]), { ...context, contentHash })
    expect(record.files[0]?.conversations[0]?.ranges).toStrictEqual([
      { start_line: 1, end_line: 3, content_hash: "sha256:a:1-3" }
    ])
  })

  it("says of a file without lines what it is", () => {
    const record = recordOf(commit([file("logo.png", [], { kind: "binary", from: "old.png" })]), context)
    expect(record.files).toStrictEqual([{ path: "logo.png", conversations: [] }])
    expect(record.metadata).toMatchObject({
      "dev.nexus": { files: [{ path: "logo.png", kind: "binary", from: "old.png", ranges: [] }] }
    })
  })

  it("keeps under dev.nexus what the specification cannot say", () => {
    const mixed: AttributedRange = ai(1, 1, {
      contributor: { type: "mixed", model_id: opus },
      columns: [{ start: 1, end: 4, contributor: { type: "human" }, session: null, event: null, evidence: "replayed" }],
      transformedBy: { event: 14, commit: null, tool: "prettier" },
      movedBy: { event: null, commit: "d".repeat(40), contributor: "human", from: "b.ts" }
    })
    const owner = { contributor: { type: "human" as const }, session: null, event: null, evidence: "replayed" as const }
    const by = { ...owner, contributor: { type: "ai" as const, model_id: opus }, event: 12 }
    const of = commit([
      file("a.ts", [mixed, unknown(2, 3, "blind-call")], { deletions: [{ start: 4, end: 9, owner, by }] })
    ])
    const { metadata } = JSON.parse(JSON.stringify(recordOf(of, context))) as { metadata: Record<string, unknown> }
    expect(metadata["dev.nexus"]).toStrictEqual({
      project: context.project,
      log: context.log,
      algorithm: 2,
      completeness: of.completeness,
      files: [
        {
          path: "a.ts",
          ranges: [
            {
              start: 1,
              end: 1,
              event: 12,
              evidence: "direct",
              columns: mixed.columns,
              transformedBy: mixed.transformedBy,
              movedBy: mixed.movedBy
            },
            { start: 2, end: 3, event: null, evidence: null, reason: "blind-call" }
          ],
          deletions: [{ start: 4, end: 9, owner, by }]
        }
      ]
    })
  })

  it("is valid by the specification's schema, whatever the commit", () => {
    fc.assert(
      fc.property(anyCommit, (of) => {
        expect(complaints(recordOf(of, context))).toStrictEqual([])
      })
    )
  })

  it("gives every line its owner by the specification's own look-up", () => {
    fc.assert(
      fc.property(anyCommit, (of) => {
        const record = recordOf(of, context)
        for (const { path, ranges } of of.files) {
          const owners = new Map(
            ranges.flatMap(({ start, end, contributor, session: spoken }) =>
              Array.from(
                { length: end - start + 1 },
                (_, index) => [start + index, { contributor, session: spoken }] as const
              )
            )
          )
          const last = ranges.at(-1)?.end ?? 0
          for (let line = 1; line <= last + 1; line++)
            expect(lineOwner(record, path, line)).toStrictEqual(owners.get(line))
        }
      })
    )
  })
})
