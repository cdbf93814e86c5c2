/**
 * Lines that were changed rather than replaced: which columns of a new line come from which old line.
 *
 * A block of changed lines is compared token by token, in order. What a formatter may do to a program (white space, line
 * breaks, quotes, commas, semicolons, parentheses) changes no token that counts.
 */
import { lcs } from "fast-myers-diff"

/** Columns `start` to `end` (0-based, end exclusive) of the new line are those of old line `line` from `from` on. */
export interface Part {
  readonly start: number
  readonly end: number
  /** Index in the block of old lines. */
  readonly line: number
  readonly from: number
}

export interface Inherited {
  readonly parts: ReadonlyArray<Part>
  /** Nothing that counts was added to the line, or taken from those that it comes from: it was only laid out anew. */
  readonly kept: boolean
}

/** Blocks with more tokens are taken for replaced, unless nearly all their tokens are the same. */
const most = 4000
const mostAlike = 40_000

/** A line is changed, and not new, when at least this share of its letters or of its words was there before. */
const enough = 0.5

/** Shorter words and numbers stand in any line. */
const wordFrom = 3

interface Token {
  readonly id: number
  readonly line: number
  readonly start: number
  readonly end: number
  /** How much it says: letters and digits of names and numbers; keywords and signs say nothing. */
  readonly weight: number
  /** A formatter may add it or take it away. */
  readonly loose: boolean
}

/** For each new line what it inherits from the old ones; undefined where it is new. */
export const inherited = (
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>
): ReadonlyArray<Inherited | undefined> => {
  const none = after.map(() => undefined)
  if (before.length === 0 || after.length === 0) return none
  const ids = new Map<string, number>()
  const old = tokensOf(before, ids)
  const fresh = tokensOf(after, ids)
  const count = old.length + fresh.length
  if (count > most && (count > mostAlike || alike(old, fresh) <= 0.9)) return none
  const partner = matches(old, fresh)
  const used = new Uint8Array(old.length)
  for (const index of partner) if (index >= 0) used[index] = 1
  const lost = new Set<number>()
  old.forEach((token, index) => {
    if (used[index] === 0 && !token.loose) lost.add(token.line)
  })

  const result: Array<Inherited | undefined> = [...none]
  for (let at = 0; at < fresh.length;) {
    const line = fresh[at]?.line ?? 0
    let end = at
    while (fresh[end]?.line === line) end++
    const found = ofLine(old, fresh, partner, at, end, lost)
    if (found !== undefined) result[line] = { ...found, parts: withSpace(found.parts, before, after[line] ?? "") }
    at = end
  }
  return result
}

const ofLine = (
  old: ReadonlyArray<Token>,
  fresh: ReadonlyArray<Token>,
  partner: Int32Array,
  from: number,
  to: number,
  lost: ReadonlySet<number>
): Inherited | undefined => {
  let weight = 0
  let matched = 0
  let words = 0
  let known = 0
  let missing = 0
  const parts: Array<Part> = []
  const lines = new Set<number>()
  for (let at = from; at < to; at++) {
    const token = fresh[at]
    const origin = old[partner[at] ?? -1]
    if (token === undefined) continue
    weight += token.weight
    if (token.weight >= wordFrom) words += 1
    if (origin === undefined) {
      if (!token.loose) missing += 1
      continue
    }
    matched += token.weight
    if (token.weight >= wordFrom) known += 1
    lines.add(origin.line)
    const last = parts.at(-1)
    const follows = last !== undefined && partner[at - 1] === (partner[at] ?? 0) - 1 && last.line === origin.line
    // White space between two tokens that follow each other on both sides came along.
    if (follows && token.start - last.end === origin.start - (last.from + last.end - last.start))
      parts[parts.length - 1] = { ...last, end: token.end }
    else parts.push({ start: token.start, end: token.end, line: origin.line, from: origin.start })
  }
  if (parts.length === 0) return undefined
  const kept = missing === 0 && ![...lines].some((line) => lost.has(line))
  // A line of signs alone says nothing about where it is from, unless the whole of it was laid out anew.
  const changed = (weight > 0 && matched >= enough * weight) || (known > 0 && known >= enough * words)
  return kept || changed ? { parts, kept } : undefined
}

/** White space beside a part that is the same on both sides belongs to it. */
const withSpace = (parts: ReadonlyArray<Part>, before: ReadonlyArray<string>, after: string): ReadonlyArray<Part> => {
  let last = 0
  return parts.map((part, index) => {
    let { start, end, from } = part
    const old = before[part.line] ?? ""
    const limit = parts[index + 1]?.start ?? after.length
    while (start > last && /\s/.test(after[start - 1] ?? "x") && after[start - 1] === old[from - 1]) {
      start -= 1
      from -= 1
    }
    while (end < limit && /\s/.test(after[end] ?? "x") && after[end] === old[from + end - start]) end += 1
    last = end
    return { ...part, start, end, from }
  })
}

/** For each new token the old one that it is, or -1. */
const matches = (old: ReadonlyArray<Token>, fresh: ReadonlyArray<Token>): Int32Array => {
  const partner = new Int32Array(fresh.length).fill(-1)
  const number = (tokens: ReadonlyArray<Token>) => {
    const numbers = new Int32Array(tokens.length)
    for (let index = 0; index < tokens.length; index++) numbers[index] = tokens[index]?.id ?? 0
    return numbers
  }
  for (const [x, y, length] of lcs(number(old), number(fresh)))
    for (let step = 0; step < length; step++) partner[y + step] = x + step
  return partner
}

/** The share of the larger side's tokens that the other side has as well, in whatever order. */
const alike = (a: ReadonlyArray<Token>, b: ReadonlyArray<Token>): number => {
  const counts = new Map<number, number>()
  for (const { id } of a) counts.set(id, (counts.get(id) ?? 0) + 1)
  let common = 0
  for (const { id } of b) {
    const left = counts.get(id) ?? 0
    if (left > 0) {
      common += 1
      counts.set(id, left - 1)
    }
  }
  return common / Math.max(a.length, b.length, 1)
}

const quotes = new Set(["'", "`"])
const looseSigns = new Set([",", ";", "(", ")", '"'])

/** What a character is: space between tokens, part of a word, or a token by itself. */
type Kind = "space" | "word" | "sign"

const kindOf = (character: string): Kind =>
  /\s/u.test(character) ? "space" : /[\p{L}\p{N}_$]/u.test(character) ? "word" : "sign"

/** Of the characters that most programs are made of. */
const kinds = Array.from({ length: 128 }, (_, code) => kindOf(String.fromCodePoint(code)))

const kindAt = (text: string, at: number): Kind =>
  kinds[text.charCodeAt(at)] ?? kindOf(String.fromCodePoint(text.codePointAt(at) ?? 0))

/** Of a character outside of the basic plane there are two. */
const unitsAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1)

const endOfToken = (text: string, start: number, kind: Kind): number => {
  let end = start + unitsAt(text, start)
  while (kind === "word" && end < text.length && kindAt(text, end) === "word") end += unitsAt(text, end)
  return end
}

// Character by character: a match of a regular expression is an object, and a log has very many tokens.
const tokensOf = (lines: ReadonlyArray<string>, ids: Map<string, number>): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  for (const [line, text] of lines.entries()) {
    for (let start = 0, end; start < text.length; start = end) {
      const kind = kindAt(text, start)
      if (kind === "space") {
        end = start + 1
        continue
      }
      end = endOfToken(text, start, kind)
      const exact = text.slice(start, end)
      const word = quotes.has(exact) ? '"' : exact
      let id = ids.get(word)
      if (id === undefined) ids.set(word, (id = ids.size))
      const weight = kind === "word" && !keywords.has(word) ? word.length : 0
      tokens.push({ id, line, start, end, weight, loose: looseSigns.has(word) })
    }
  }
  return tokens
}

/** Words that stand in most programs, whoever wrote them. */
const keywords = new Set(
  (
    "abstract and as assert async await auto begin bool boolean break case catch char class const constexpr continue def default " +
    "defer del delete do double elif else elsif end enum except export extends extern false final finally float fn for from func " +
    "function go if impl implements import in include instanceof int interface is lambda let long loop match mod module mut " +
    "namespace new nil none None not null number of or override package pass private protected pub public raise readonly ref " +
    "require rescue return self Self short sizeof static string struct super switch template then this throw throws trait true True " +
    "False try type typedef typename typeof undefined union unless unsafe unsigned until use using val var virtual void when where " +
    "while with yield"
  ).split(" ")
)
