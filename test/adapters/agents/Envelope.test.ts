import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { changesIn, envelopeIn, type Hunk, unapplied } from "../../../src/adapters/agents/Envelope.ts"

const envelope = (...lines: ReadonlyArray<string>) => ["*** Begin Patch", ...lines, "*** End Patch", ""].join("\n")

const hunksOf = (...lines: ReadonlyArray<string>): ReadonlyArray<Hunk> => {
  const [change] = changesIn(envelope("*** Update File: a", ...lines))
  return change?.kind === "update" ? change.hunks : []
}

describe("an envelope", () => {
  it("tells files that are added, deleted, updated and moved, in its order", () =>
    expect(
      changesIn(
        envelope(
          "*** Add File: new.txt",
          "+one",
          "+",
          "+three",
          "*** Delete File: old name.txt",
          "*** Update File: a.ts",
          "*** Move to: b.ts",
          "@@ class A {",
          " keep",
          "-old",
          "+fresh",
          "@@",
          "-last",
          "*** End of File"
        )
      )
    ).toEqual([
      { kind: "add", path: "new.txt", content: "one\n\nthree\n" },
      { kind: "delete", path: "old name.txt" },
      {
        kind: "update",
        path: "a.ts",
        to: "b.ts",
        hunks: [
          { below: "class A {", before: ["keep", "old"], after: ["keep", "fresh"], atEnd: false },
          { before: ["last"], after: [], atEnd: true }
        ]
      }
    ]))

  it("need not begin its first hunk with a mark, and may leave out the space of a blank line", () =>
    expect(hunksOf(" one", "", "-two", "+2", "", "")).toEqual([
      { before: ["one", "", "two"], after: ["one", "", "2"], atEnd: false }
    ]))

  it("is found in whichever field a client puts it, also behind a here-document or in a list of words", () => {
    const text = envelope("*** Delete File: a")
    for (const field of ["command", "input", "patch", "patchText"]) expect(envelopeIn({ [field]: text })).toBe(text)
    expect(envelopeIn(text)).toBe(text)
    expect(envelopeIn({ command: ["apply_patch", text] })).toBe(text)
    expect(changesIn(`apply_patch <<'EOF'\n${text}EOF\n`)).toEqual([{ kind: "delete", path: "a" }])
    expect(envelopeIn({ command: "rm a" })).toBeUndefined()
  })

  it("that is none tells nothing", () => {
    expect(changesIn("")).toEqual([])
    expect(changesIn("*** Begin Patch")).toEqual([])
    expect(changesIn(envelope("what is this", "*** Rename File: a"))).toEqual([])
  })
})

describe("undoing an update", () => {
  it("gives the content before it, when it leads from that one alone", () => {
    expect(unapplied("a\nB\nc\n", hunksOf(" a", "-b", "+B"))).toBe("a\nb\nc\n")
    expect(unapplied("a\nc\n", hunksOf(" a", "-b", " c"))).toBe("a\nb\nc\n")
    expect(unapplied("a\nx\ny\nd\n", hunksOf("-b", "-c", "+x", "+y", "@@", " d"))).toBe("a\nb\nc\nd\n")
    expect(unapplied("a\nb\n", hunksOf("+b"))).toBe("a\n")
    expect(unapplied("b\n", hunksOf("+b"))).toBe("")
  })

  it("finds the place by the line that a hunk stands below", () => {
    const after = "f\n  x\ng\n  y\n"
    expect(unapplied(after, hunksOf("@@ g", "-  x", "+  y"))).toBe("f\n  x\ng\n  x\n")
  })

  it("is not tried where two places would do: nobody can tell which it was", () => {
    expect(unapplied("x\nb\nx\nb\n", hunksOf("-a", "+b"))).toBeUndefined()
    expect(unapplied("a\nb\nc\n", hunksOf("-gone"))).toBeUndefined()
  })

  it("is not tried where the hunk would have changed another place than the one that shows it", () => {
    // The client takes the first "a" of the file, and that is still there.
    expect(unapplied("a\nB\n", hunksOf("-a", "+B"))).toBeUndefined()
  })

  it("is not tried on what does not show it, lacks its last line end, or mixes line ends", () => {
    expect(unapplied("a\n", hunksOf("-b", "+c"))).toBeUndefined()
    expect(unapplied("a\nB", hunksOf("-b", "+B"))).toBeUndefined()
    expect(unapplied("a\r\nB\n", hunksOf("-b", "+B"))).toBeUndefined()
  })

  it("keeps Windows line ends", () => expect(unapplied("a\r\nB\r\n", hunksOf("-b", "+B"))).toBe("a\r\nb\r\n"))

  it("gives the content that there was, or none, whatever was changed where", () => {
    const line = fc.constantFrom("a", "b", "c", "", "  d")
    const edit = fc.record({
      before: fc.array(line, { maxLength: 12 }),
      at: fc.nat(12),
      gone: fc.nat(3),
      fresh: fc.array(line, { maxLength: 3 }),
      context: fc.nat(3)
    })
    let found = 0
    fc.assert(
      fc.property(edit, ({ before, at, gone, fresh, context }) => {
        const from = Math.min(at, before.length)
        const removed = before.slice(from, from + gone)
        const above = before.slice(Math.max(0, from - context), from)
        const after = [...before.slice(0, from), ...fresh, ...before.slice(from + removed.length)]
        const hunk: Hunk = { before: [...above, ...removed], after: [...above, ...fresh], atEnd: false }
        // Only of those that the client would have applied just there.
        const first = before.findIndex((_, index) => hunk.before.every((one, step) => before[index + step] === one))
        if (hunk.before.length === 0 || first !== from - above.length) return
        const text = (lines: ReadonlyArray<string>) => lines.map((one) => `${one}\n`).join("")
        const undone = unapplied(text(after), [hunk])
        if (undone !== undefined) {
          found += 1
          expect(undone).toBe(text(before))
        }
      }),
      { numRuns: 3000 }
    )
    expect(found).toBeGreaterThan(100)
  })

  it("of a very large file whose lines are all alike ends, without an answer", () =>
    expect(unapplied("\n".repeat(20_000), hunksOf("-x", "+", "@@", "-y", "+"))).toBeUndefined())
})
