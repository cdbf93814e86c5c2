/** Edits of a configuration leave everything else as it is. */
import * as Either from "effect/Either"
import * as fc from "fast-check"
import { parse, stripComments } from "jsonc-parser"
import { millisecondsOf } from "../../../src/app/config/Times.ts"
import { describe, expect, it } from "vitest"
import { contentOf, within } from "../../../src/app/config/ConfigFile.ts"
import { withoutValue, withValue } from "../../../src/app/config/Edit.ts"
import { said } from "../../../src/app/config/Layers.ts"
import { type Key, keys, settingOf } from "../../../src/app/config/Settings.ts"

const mode = ["enforcer", "mode"]

const commented = `// of the team
{
  "capture": { "prompts": "hash" /* no more */ }, // about prompts
  /* about
     the enforcer */
  "enforcer": {
    "limits": {
      "perRun": 5, // not many
      "perTask": 2 // fewer
      // and so on
    },
    "mode": "observe", // for now
  } // end of it
}
// bye
`

const commentsOf = (text: string): ReadonlyArray<string> => text.match(/\/\/.*|\/\*[^]*?\*\//g) ?? []

/** Texts that stand for values of a setting. */
const text = (key: Key): fc.Arbitrary<string> => {
  const { allowed } = settingOf(key).kind
  const words = allowed.match(/"[a-z]+"(?=,| or |$)/g)
  if (allowed === "true or false") return fc.constantFrom("true", "false")
  if (allowed.startsWith("a list"))
    return fc.oneof(
      fc.constant("null"),
      fc.array(fc.constantFrom("ci", "types", "e2e")).map((names) => JSON.stringify(names)),
      fc.constantFrom("ci", "ci,types", "ci, e2e")
    )
  if (allowed.startsWith("a time")) {
    const [least = 0, most = 0] = (allowed.match(/(?<=from |to )\d+[smh]/g) ?? []).map(
      (text) => millisecondsOf(text) ?? 0
    )
    const times = ["1s", "2s", "7s", "59s", "60s", "90s", "15m", "120m", "1h", "8h"].filter((text) => {
      const time = millisecondsOf(text) ?? -1
      return time >= least && time <= most
    })
    return fc.constantFrom(...times, ...(allowed.includes("null") ? ["null"] : []))
  }
  if (words !== null) return fc.constantFrom(...words.map((word) => word.slice(1, -1)))
  const [least = 0, most = 0] = (allowed.match(/\d+/g) ?? []).map(Number)
  const number = fc.integer({ min: least, max: most }).map(String)
  return allowed.includes("null") ? fc.oneof(number, fc.constant("null")) : number
}

const change = fc
  .constantFrom(...keys)
  .chain((key) => fc.record({ key: fc.constant(key), text: text(key), isOut: fc.boolean() }))

const starts = [
  "",
  "{}",
  "{\n}\n",
  "{ }",
  "// nothing yet\n",
  commented,
  commented.replaceAll("\n", "\r\n"),
  commented.replaceAll("  ", "\t"),
  `\uFEFF${commented}`,
  '{ "capture": { "prompts": "off", }, } // mine',
  '{"enforcer":{"limits":{"perRun":1}},"gates":{"ci":{"command":"make all"}}}'
]

describe("an edit of a configuration", () => {
  it("puts a value in the place of another", () => {
    expect(withValue(commented, mode, "off")).toBe(commented.replace('"observe"', '"off"'))
  })

  it("adds a setting where its comments and its neighbours' stay beside what they are about", () => {
    expect(withValue(commented, ["enforcer", "limits", "lost"], 3)).toBe(
      commented
        .replace('"perTask": 2 //', '"perTask": 2, //')
        .replace("      // and so on\n", '      // and so on\n      "lost": 3\n')
    )
    expect(withValue(commented, ["enforcer", "gates"], ["ci", "types"])).toBe(
      commented.replace("// for now\n", '// for now\n    "gates": ["ci", "types"]\n')
    )
  })

  it("adds groups that are not there, in the way the file is written", () => {
    expect(withValue("", mode, "off")).toBe('{\n  "enforcer": {\n    "mode": "off"\n  }\n}\n')
    expect(withValue('{ "a": 1 }', mode, "off")).toBe('{ "a": 1, "enforcer": { "mode": "off" } }')
    expect(withValue('{\r\n\t"a": 1\r\n}', mode, "off")).toBe(
      '{\r\n\t"a": 1,\r\n\t"enforcer": {\r\n\t\t"mode": "off"\r\n\t}\r\n}'
    )
  })

  it("puts nothing into what is no object", () => {
    expect(withValue('{ "enforcer": 3 }', mode, "off")).toBeUndefined()
  })

  it("takes a setting out, and groups that are empty then, but no comment", () => {
    expect(withoutValue('{\n  "a": 1, // about a\n  "b": 2\n}', ["b"])).toBe('{\n  "a": 1 // about a\n}')
    expect(withoutValue('{\n  "a": 1,\n  "b": 2, // about b\n  "c": 3\n}', ["b"])).toBe(
      '{\n  "a": 1,\n  // about b\n  "c": 3\n}'
    )
    expect(withoutValue('{ "a": 1, "enforcer": { "limits": { "lost": 1 } } }', ["enforcer", "limits", "lost"])).toBe(
      '{ "a": 1 }'
    )
    expect(withoutValue(commented, ["nothing"])).toBe(commented)
  })

  it("gives back what was set, and changes and drops nothing else, whatever was done before", () => {
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.array(change, { minLength: 1, maxLength: 12 }), (start, changes) => {
        let now = start
        for (const { key, text, isOut } of changes) {
          const path = key.split(".")
          const before = now
          const one = said(key, text)
          if (one._tag === "None") throw new Error(`${key} can't be ${text}`)
          now = isOut ? withoutValue(now, path) : (withValue(now, path, one.value.written) ?? "")
          const content = Either.getOrThrow(contentOf("file", now))
          expect(content.settings.get(key)).toEqual(isOut ? undefined : one.value)
          const rest = (whole: string) => flat(withoutKey(parsed(whole), path))
          expect(rest(now)).toEqual(rest(before))
          expect(commentsOf(now)).toEqual(commentsOf(before))
        }
      })
    )
  })
})

const parsed = (whole: string): unknown =>
  parse(stripComments(whole.replace(/^\uFEFF/, "")), [], { allowTrailingComma: true }) ?? {}

const withoutKey = (value: unknown, path: ReadonlyArray<string>): unknown => {
  const parent = within(value, path.slice(0, -1))
  if (typeof parent === "object" && parent !== null) delete (parent as Record<string, unknown>)[path.at(-1) ?? ""]
  return value
}

/** Without empty groups. */
const flat = (value: unknown, prefix = ""): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.assign({}, ...Object.entries(value).map(([key, inner]) => flat(inner, `${prefix}.${key}`)))
    : { [prefix]: value }
