/** What an expression says, and where one is wrong. */
import * as Either from "effect/Either"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { printed } from "../../../../src/domain/attribution/query/Expression.ts"
import { tokensOf } from "../../../../src/domain/attribution/query/Lexer.ts"
import { parse } from "../../../../src/domain/attribution/query/Parser.ts"
import { planOf } from "../../../../src/domain/attribution/query/Plan.ts"
import { expressions, now, row } from "./expressions.ts"

/** The same, written in full. */
const inFull = (text: string): string => printed(Either.getOrThrow(parse(text)))

const complaint = (text: string) => {
  const found = parse(text)
  if (Either.isRight(found)) throw new Error(`${text} is an expression`)
  const { column, problem, word } = found.left
  return [column, problem, ...(word === undefined ? [] : [word])]
}

describe("an expression", () => {
  it("binds not before and, and and before or", () => {
    expect(inFull("moved or copied and not deleted or transformed")).toBe(
      "moved or (copied and not deleted) or transformed"
    )
    expect(inFull("not (moved or copied) and not not deleted")).toBe("not (moved or copied) and not not deleted")
  })

  it("may have its words and fields in any case", () => {
    expect(inFull("NOT Moved AND Contributor IN (AI, Mixed) Or Evidence >= Rewritten")).toBe(
      "(not moved and contributor in (ai, mixed)) or evidence >= rewritten"
    )
  })

  it("knows short forms", () => {
    expect(inFull("since 7d")).toBe("time >= 7d")
    expect(inFull("until 2026-11-01")).toBe("time < 2026-11-01")
    expect(inFull("between 2026-11-01 and 2026-11-03 and moved")).toBe(
      "(time >= 2026-11-01 and time <= 2026-11-03) and moved"
    )
    expect(inFull("lines between 10 and 20")).toBe("lines >= 10 and lines <= 20")
    expect(inFull("file ~ *.ts")).toBe("path ~ *.ts")
    expect(inFull("agent not in (claude)")).toBe("agent != claude")
    expect(inFull("touched_by 'GPT-*'")).toBe("touched_by GPT-*")
    expect(inFull("  ")).toBe("")
  })

  it("has strings in either quotes, with escapes, and patterns between slashes", () => {
    expect(inFull(String.raw`prompt ~ 'it\'s\n"\\so\*"'`)).toBe(String.raw`prompt ~ "it's\n\"\\so\\*\""`)
    expect(inFull(String.raw`path ~ /^src\/.* (a|b)/i or path = "/etc/hosts"`)).toBe(
      String.raw`path ~ /^src\/.* (a|b)/i or path = "/etc/hosts"`
    )
  })

  it("is the same when it is printed and parsed again", () => {
    fc.assert(
      fc.property(expressions, (expression) => {
        expect(Either.getOrThrow(parse(printed(expression)))).toEqual(expression)
      })
    )
  })
})

describe("a mistake", () => {
  it.each([
    ['modle ~ "claude-*"', 1, 'there is no field "modle".', "modle"],
    ['since 7d and modle ~ "x"', 14, 'there is no field "modle".', "modle"],
    ["model", 6, "after model comes =, !=, ~, !~, in or not in, not the end."],
    ["contributor ~ ai", 13, 'after contributor comes =, !=, in or not in, not "~".'],
    ["evidence ~ direct", 10, 'after evidence comes =, !=, <, <=, >, >=, between, in or not in, not "~".'],
    ["model not ai", 7, 'after model comes =, !=, ~, !~, in or not in, not "not".'],
    ["model = and moved", 9, 'after = comes a value, not "and".'],
    ["contributor = aii", 15, 'contributor is never "aii".', "aii"],
    ["lines > many", 9, '"many" is no number.'],
    ["since yesterday", 7, '"yesterday" is no time. Write 2h, 7d, 2026-11-22 or 2026-11-22T13:30:00Z.'],
    ["(moved or copied", 17, "at the end of a group comes ), not the end."],
    ["moved)", 6, "no parenthesis is open here."],
    ["moved copied", 7, 'here comes and, or, or the end, not "copied".'],
    ["moved and", 10, "here comes a condition, not the end."],
    ["agent in claude", 10, 'after in comes (, not "claude".'],
    ["agent in (claude", 17, "after the values comes ), not the end."],
    ["event between 1 or 2", 17, 'after the first value of between comes and, not "or".'],
    ['path ~ "src', 8, "this string has no end."],
    ["path ~ /src", 8, "this pattern has no end. A value that begins with a slash must be in quotes."],
    ["path = /src/", 8, "a /pattern/ goes with ~ and !~, not with =."],
    ["path ~ /(/", 8, "this is no regular expression."],
    ["path ~ /a/g", 8, "the flags of a /pattern/ are i, m, s and u."],
    ["!moved", 1, "! stands only in != and !~. Write not."],
    [`path ~ ${"a".repeat(1001)}`, 8, "this is too long for a glob."],
    ["(".repeat(101), 101, "parentheses and not go deeper than 100 here."]
  ])("in %s is found at its column", (text, ...told) => {
    expect(complaint(text)).toEqual(told)
  })

  it("is all that can come of any text, however long", () => {
    const words = fc.constantFrom(
      "not",
      "(",
      ")",
      "and",
      "or",
      "path",
      "~",
      "=",
      "in",
      ",",
      '"',
      "/",
      "7d",
      "since",
      " ",
      "[",
      "!"
    )
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(words, { maxLength: 30 }).map((all) => all.join(" "))
    )
    fc.assert(
      fc.property(texts, (text) => {
        const found = parse(text)
        if (Either.isLeft(found)) {
          expect(found.left.column).toBeGreaterThanOrEqual(1)
          expect(found.left.column).toBeLessThanOrEqual(text.length + 1)
        } else planOf(found.right, now).matches(row())
      })
    )
    for (const text of [
      "not ".repeat(50_000),
      "(".repeat(50_000),
      "moved and ".repeat(50_000),
      `"${"\\\\".repeat(50_000)}`
    ])
      expect(Either.isLeft(parse(text))).toBe(true)
    expect(Either.isRight(parse(`moved${" and moved".repeat(50_000)}`))).toBe(true)
  })
})

describe("the words of an expression", () => {
  it("cover it from end to end", () => {
    expect(tokensOf("a<='b'").map(({ kind, text, column }) => [kind, text, column])).toEqual([
      ["word", "a", 1],
      ["sign", "<=", 2],
      ["string", "b", 4],
      ["end", "", 7]
    ])
  })
})
