/**
 * The oracle: who wrote which text. Every text is typed once, by one author; git carries it about and never writes any, so a
 * line's owner is whoever typed its text, wherever it stands. It knows the operations that the fuzzer made, and nothing of Nexus.
 */
import type { BlamedLine } from "../../../src/domain/attribution/Attribution.ts"
import { isOwner, shown } from "../Expect.ts"

/**
 * How lines look: short and long ones, with and without signs. They have three letters at least: shorter ones say too little to
 * be recognised where they were moved to, and no two have a word in common, so that none is a changed form of another.
 */
const styles: ReadonlyArray<(n: number) => string> = [
  (n) => `l${n + 100}`,
  (n) => String.fromCodePoint(0x4e00 + n * 21, 0x4e07 + n * 21, 0x4e0e + n * 21),
  (n) => `call${n}(arg${n})`
]

/** What blame said of lines, counted. */
export interface Tally {
  lines: number
  /** Of an AI, said to be unknown: allowed only where the text was taken out and came back unseen. */
  lost: number
  /** Of a person, said to be unknown. */
  unproved: number
}

export interface Model {
  /** A text that nobody has typed yet, typed by this owner: "H", or "A s1 claude-opus-4-5". */
  readonly typed: (owner: string) => string
  readonly tally: Tally
  /** What of a blame is wrong, a line each. */
  readonly wrongIn: (
    title: string,
    texts: ReadonlyArray<string>,
    found: ReadonlyArray<BlamedLine>
  ) => ReadonlyArray<string>
}

export const newModel = (style: number): Model => {
  const owners = new Map<string, string>()
  const tally: Tally = { lines: 0, lost: 0, unproved: 0 }
  return {
    tally,
    typed: (owner) => {
      const text = (styles[style % styles.length] ?? String)(owners.size + 1)
      owners.set(text, owner)
      return text
    },
    wrongIn: (title, texts, found) => {
      if (texts.length !== found.length || texts.some((text, index) => text !== found[index]?.text))
        return [`${title}: it is not the file's text: ${JSON.stringify(found.map(({ text }) => text))}`]
      return found.flatMap((line) => {
        const owner = owners.get(line.text)
        if (owner === undefined) return [`${title}:${line.line} ${line.text}: nobody typed it`]
        tally.lines += 1
        if (isOwner(owner, line)) return []
        const isUnknown = line.contributor.type === "unknown"
        if (isUnknown && owner === "H") {
          tally.unproved += 1
          return []
        }
        if (isUnknown) tally.lost += 1
        // A part of a stash that is gone: the text was taken out and came back, and nothing tells how.
        if (isUnknown && line.reason === "superseded") return []
        return [
          `${title}:${line.line} ${line.text}: ${owner}, said to be ${shown(line)} (${line.reason ?? line.evidence})`
        ]
      })
    }
  }
}
