/** The rules of the built-in gates that need no repository. */
import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { interpretBuiltIn, isBuiltIn } from "../../../src/app/gates/BuiltInSettings.ts"
import { isConventional, judgeMessage, rulesOf } from "../../../src/app/gates/commits/Headers.ts"
import { wrongInAgents } from "../../../src/app/gates/documentation/Agents.ts"
import { featuresOf } from "../../../src/app/gates/documentation/Features.ts"
import { parseMarkdown } from "../../../src/app/gates/documentation/Markdown.ts"
import { resolved, treeOf } from "../../../src/app/gates/documentation/Tree.ts"
import { shownFinding, shownReport } from "../../../src/domain/boulder/Checks.ts"

const files = (contents: Readonly<Record<string, string>>) =>
  treeOf(Object.keys(contents), (path) => contents[path] ?? null)

describe("a report", () => {
  it("has one line a finding, at most a hundred, and a sum", () => {
    const finding = { rule: "r", message: "is wrong" }
    expect(shownFinding({ ...finding, path: "a\nb", line: 3 })).toBe("a?b:3  r  is wrong")
    expect(shownFinding({ ...finding, commit: "0123456789", header: 'a "b"' })).toBe('0123456  r  is wrong "a \\"b\\""')
    const lines = shownReport(
      Array.from({ length: 120 }, () => finding),
      ["A remark."]
    ).split("\n")
    expect(lines).toHaveLength(104)
    expect(lines.slice(-4)).toEqual(["… and 20 more", "A remark.", "120 found.", ""])
  })
})

describe("settings", () => {
  const said = (name: "commits" | "documentation", value: unknown) =>
    Either.merge(interpretBuiltIn(name, value, "f", (text) => (text === "9s" ? 9000 : undefined)))

  it("are those of a built-in gate unless there is a command", () => {
    expect(isBuiltIn("commits", { base: "main" })).toBe(true)
    expect(isBuiltIn("commits", false)).toBe(true)
    expect(isBuiltIn("commits", { command: "x" })).toBe(false)
    expect(isBuiltIn("ci", {})).toBe(false)
    expect(said("commits", false)).toMatchObject({ off: true })
    expect(said("documentation", { structure: ["a"], timeout: "9s" })).toEqual({
      off: false,
      options: { structure: ["a"] },
      origin: "f",
      timeout: 9000
    })
  })

  it("that are wrong are told of by name", () => {
    expect(said("commits", { maxFilesize: 1 })).toBe(
      "there is no setting gates.commits.maxFilesize. Did you mean gates.commits.maxFileSize?"
    )
    expect(said("commits", { maxFileSize: "5 MB" })).toContain("gates.commits.maxFileSize: ")
    expect(said("commits", { types: [] })).toContain("gates.commits.types")
    expect(said("documentation", { structure: [1] })).toContain("gates.documentation.structure.0: ")
    expect(said("documentation", { timeout: 5 })).toContain('is a time such as "90s"')
  })
})

describe("messages", () => {
  const rulesFor = async (message: string, text?: string | null) => {
    const convention = text === undefined ? null : { file: ".commitlintrc", text }
    const { rules } = rulesOf(convention, {})
    return (await judgeMessage({ commit: "a", parents: ["b"], message }, rules)).map(({ rule }) => rule)
  }

  it("are read as the specification says", async () => {
    for (const good of [
      "feat: a",
      "feat(scope)!: a",
      "fix: A Capital and a dot.",
      `docs: a\n\n${"x".repeat(300)}`,
      'Revert "wip"\n\nThis reverts commit 0123456.',
      "Merge branch 'x' into main"
    ])
      expect([good, await rulesFor(good)]).toEqual([good, []])
    expect(await rulesFor("feature: a")).toEqual(["type-enum"])
    expect(await rulesFor("feat:")).toEqual(["subject-empty", "type-empty"])
    expect(await rulesFor("revert everything")).toEqual(["subject-empty", "type-empty"])
    expect(await rulesFor("")).toEqual(["subject-empty"])
    expect(isConventional("Fix the parser")).toBe(false)
  })

  it("obey a configuration as far as it is data, whatever it holds", async () => {
    expect(await rulesFor("any: x", "rules: {}")).toEqual([])
    expect(await rulesFor("no type", "extends: '@other/config'")).toEqual(["subject-empty", "type-empty"])
    for (const odd of [
      "{ not yaml",
      "[]",
      "rules: 5",
      "rules: { type-enum: yes, body-empty: [9, x] }",
      "extends: [1]",
      ""
    ])
      expect([odd, (await rulesFor("feat: x", odd)).length]).toEqual([odd, 0])
  })
})

describe("Markdown", () => {
  it("is read with the lines of the file, front matter and nested code included", () => {
    const { links, code, anchors } = parseMarkdown(
      "---\ntitle: x\n---\n\n# `One` *two*\n\n- [a](b)\n\n  ```sh\n  one\n  two\n  ```\n\n      indented\n\n> ~~~\n> quoted\n> ~~~\n"
    )
    expect(links).toEqual([{ url: "b", line: 7 }])
    expect([...anchors]).toEqual(["one-two"])
    expect(code.map(({ text, line, language }) => [text, line, language])).toEqual([
      ["One", 5, null],
      ["one\ntwo", 10, "sh"],
      ["indented", 14, ""],
      ["quoted", 17, ""]
    ])
  })

  it("that is odd is no reason to fail", () => {
    for (const odd of ["", "[", "```", "[a]: ", "---\n---\n", `${">".repeat(500)} a`, "<a id='", "\0", "[](<\n>)"])
      expect(() => parseMarkdown(odd)).not.toThrow()
  })
})

describe("paths", () => {
  it("stay within the checkout", () => {
    expect(resolved("docs", "../a.md")).toBe("a.md")
    expect(resolved("docs", "../../a.md")).toBeUndefined()
    expect(resolved("", ".")).toBe("")
  })

  it("in AGENTS.md are those that are meant as paths", () => {
    const tree = files({ "AGENTS.md": "", "web/src/hooks/a.ts": "", "src/a.ts": "" })
    const wrong = (text: string) => wrongInAgents(tree, "AGENTS.md", parseMarkdown(text), tree).map(({ key }) => key)
    expect(wrong("`hooks/a.ts` `hooks/` `v2/` `src/a.ts:12` `./src/a.ts` `src`")).toEqual([])
    expect(wrong("`src/b.ts` `src/none` `./b` `none/b.ts`")).toEqual(["src/b.ts", "src/none", "./b", "none/b.ts"])
    expect(wrong("Creates a `src/b.ts`.")).toEqual([])
    expect(wrong("```\nweb/\n  none/\n```\n")).toEqual([])
    expect(wrong("```sh\nFOO=1 sudo ./none.sh && bash src/none.sh\ncd away\n./any.sh\n```\n")).toEqual([
      "./none.sh",
      "bash src/none.sh"
    ])
    expect(wrong("```sh\necho ${\n```\n`${`")).toEqual([])
  })
})

describe("features", () => {
  it("are values that are exported by name, however they are declared", () => {
    const tree = files({
      "a.ts":
        "export async function one() {}\nexport default class {}\nexport const two = 1, { three } = x\nexport enum Four { A }\nexport * from './a.ts'\nexport * as five from 'x'\nexport abstract class Six {}\nexport type Seven = 1\n",
      "b.go": "package b"
    })
    expect(featuresOf(tree, ["*.ts", "*.go"]).map(({ name, line }) => `${name} ${line}`)).toEqual([
      "one 1",
      "two 3",
      "Four 4",
      "five 6",
      "Six 7"
    ])
  })

  it("of an odd package.json are none", () => {
    for (const odd of ["", "[]", "null", '{"bin":5,"exports":{"a":null,"b":["./a.ts"]},"main":7}'])
      expect(featuresOf(files({ "package.json": odd }), undefined)).toEqual([])
  })
})
