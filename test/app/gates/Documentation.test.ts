/** The gate `documentation` on real files. */
import { renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { workplace, type Workplace } from "./judged.ts"

let at: Workplace
let base = ""
beforeEach(() => {
  at = workplace()
  base = at.head()
})
afterEach(() => at[Symbol.dispose]())

const begin = (files: Readonly<Record<string, string>>) => (base = at.commit("chore: before", files))
const judge = () => at.judge("documentation", { base })
const found = async () => (await judge()).lines

describe("links", () => {
  it("of changed files lead to files and headings that are there", async () => {
    begin({ "docs/a.md": "# One & two\n\n## Same\n\n## Same\n\n<a id=here></a>\n", "src/x y.ts": "" })
    at.put(
      "README.md",
      [
        "# Top",
        "[a](docs/a.md#one--two) [b](docs/a.md#same-1) [c](docs/a.md#here) [d](#top) [e](src/x%20y.ts#L3) [f](docs)",
        "[g](https://example.org/none) [h](mailto:a@localhost) [i](/site/page) [j](../../issues/1) [k](docs/a?raw=1)",
        "[l][l] ![m](docs/none.png) [n](docs/a.md#none) [^1]",
        "`[o](none.md)`",
        "",
        "```md",
        "[p](none.md)",
        "```",
        "",
        "[l]: docs/none.md 'title'",
        "[^1]: none.md"
      ].join("\n")
    )
    expect(await found()).toEqual([
      "README.md:4  link  docs/none.png leads to docs/none.png, which is not there",
      "README.md:4  anchor  docs/a.md#none leads to no heading of docs/a.md",
      "README.md:11  link  docs/none.md leads to docs/none.md, which is not there"
    ])
  })

  it("that were broken before are blamed on nobody, in changed files either", async () => {
    begin({ "README.md": "# A\n\n[x](none.md) and [y](none.md)\n", "other.md": "[z](gone.md)\n" })
    at.put("README.md", "# A\n\nMore.\n\n[x](none.md) and [y](none.md)\n")
    expect(await judge()).toMatchObject({ verdict: "passed", lines: [] })
    at.put("README.md", "# A\n\n[x](none.md) and [y](none.md)\n\n[new](none.md)\n")
    expect(await found()).toEqual(["README.md:5  link  none.md leads to none.md, which is not there"])
  })

  it("of files that are as they were count when their target went, moved or lost the heading", async () => {
    begin({
      "README.md": "[a](a.md) [b](b.md) [c](c.md#one) [d](old/d.md)\n",
      "a.md": "",
      "b.md": "b\n".repeat(9),
      "c.md": "# One\n",
      "old/d.md": ""
    })
    rmSync(join(at.project, "a.md"))
    renameSync(join(at.project, "b.md"), join(at.project, "moved.md"))
    at.put("c.md", "# Two\n")
    rmSync(join(at.project, "old"), { recursive: true })
    at.git("add", "--all")
    const lines = [
      "README.md:1  link  a.md leads to a.md, which is not there",
      "README.md:1  link  b.md leads to b.md, which is not there",
      "README.md:1  anchor  c.md#one leads to no heading of c.md",
      "README.md:1  link  old/d.md leads to old/d.md, which is not there"
    ]
    expect(await found()).toEqual(lines)
    at.git("commit", "--quiet", "--message", "feat: change")
    expect(await found()).toEqual(lines)
  })

  it("of a file that moved are compared with those that it had", async () => {
    begin({ "docs/a.md": `[x](none.md) [y](b.md)\n${"text\n".repeat(20)}`, "docs/b.md": "" })
    at.git("mv", "docs/a.md", "a.md")
    expect(await found()).toEqual(["a.md:1  link  b.md leads to b.md, which is not there"])
  })

  it("to what is built, or in samples for tests, are let be", async () => {
    begin({ ".gitignore": "dist/\n" })
    at.put("README.md", "[a](dist/report.html)\n")
    at.put("test/fixtures/a.md", "[a](none.md)\n")
    expect(await found()).toEqual([])
  })
})

describe("AGENTS.md", () => {
  it("cites a missing command and path: it fails with their lines, and passes once they are there", async () => {
    begin({ "package.json": JSON.stringify({ scripts: { build: "tsc" } }) })
    at.put(
      "AGENTS.md",
      "# Agents\n\nRun `npm run build`, then `npm run chekc`.\nRead `docs/rules.md`.\n\n```sh\nnpm test -- --watch\n./scripts/go.sh now\n```\n"
    )
    const failed = await judge()
    expect(failed.verdict).toBe("failed")
    expect(failed.lines).toEqual([
      'AGENTS.md:3  agents-command  package.json has no script "chekc"',
      "AGENTS.md:4  agents-path  docs/rules.md is not there",
      'AGENTS.md:7  agents-command  package.json has no script "test"',
      "AGENTS.md:8  agents-path  ./scripts/go.sh is not there"
    ])
    at.put("docs/rules.md", "# Rules\n")
    at.put("scripts/go.sh", "")
    at.put("package.json", JSON.stringify({ scripts: { build: "tsc", chekc: "x", test: "x" } }))
    expect(await judge()).toMatchObject({ verdict: "passed", lines: [] })
  })

  it("in a folder below speaks for that folder", async () => {
    begin({
      "package.json": JSON.stringify({ scripts: { check: "x" } }),
      "web/package.json": JSON.stringify({ scripts: { dev: "x" } }),
      "web/src/a.ts": ""
    })
    at.put("AGENTS.md", "`npm run check`, and `npm run dev` in `web/`.\n\n```sh\ncd web && npm run dev\n```\n")
    at.put("web/AGENTS.md", "`npm run dev`, `src/a.ts`, `web/src/a.ts`\n\n`npm run check`, `src/b.ts`\n")
    expect(await found()).toEqual([
      'web/AGENTS.md:3  agents-command  web/package.json has no script "check"',
      "web/AGENTS.md:3  agents-path  src/b.ts is not there"
    ])
  })

  it("is judged by what make, task, just and npx know", async () => {
    begin({
      Makefile: ".PHONY: all lint\nall: x\n\tmake x\nlint test:\n\ttrue\n",
      "Taskfile.yml": "version: '3'\ntasks:\n  ci:\n    aliases: [all]\n    cmds: [x]\n",
      justfile: "alias b := build\nbuild target='x':\n  echo\n",
      "package-lock.json": JSON.stringify({ packages: { "": {}, "node_modules/typescript": { bin: { tsc: "x" } } } })
    })
    at.put(
      "AGENTS.md",
      [
        "make -j4 lint test",
        "make deploy",
        "task all",
        "task none",
        "just b",
        "just none",
        "npx tsc --noEmit",
        "npx none"
      ]
        .map((line) => `\`${line}\`\n`)
        .join("")
    )
    expect(await found()).toEqual([
      'AGENTS.md:2  agents-command  Makefile has no target "deploy"',
      'AGENTS.md:4  agents-command  Taskfile.yml has no "none"',
      'AGENTS.md:6  agents-command  justfile has no "none"',
      'AGENTS.md:8  agents-command  no package in package-lock.json has a program "none"'
    ])
  })

  it("is let be where it is not for sure about a command or a path of the project's", async () => {
    begin({
      ".gitignore": "dist/\nnode_modules/\n",
      "src/domain/Cart.ts": "",
      "package.json": '{"scripts":{"test":"x"}}'
    })
    at.put(
      "AGENTS.md",
      [
        "`and/or`, `origin/main`, `text/html`, `@scope/name`, `owner/name`, `github.com/a/b.git`, `feat: x`, `src/**/*.ts`",
        "`npm run <name>`, `npm run X`, `npm install`, `npm -w web run build`, `npm ci`, `yarn dlx x`, `pnpm vitest`, `go test ./...`",
        "`dist/nexus.js`, `node_modules/.bin/x`, `~/x/y.md`, `/etc/x.md`, `$HOME/x.md`, `src/domain/Cart`, `src/NAME.ts`, `a/b`",
        "Create `docs/plan.md` first. `npm test 2>&1 | tail`, `git log --oneline`, `docs/decisions/YYYY-x.md`, `../sibling/x.md`",
        "",
        "```ts",
        "import './none.ts'",
        "```",
        "",
        "```sh",
        "# ./none.sh",
        "cat <<END",
        "./none.sh",
        "END",
        "```"
      ].join("\n")
    )
    expect(await found()).toEqual([])
  })

  it("that the change broke without touching it is named; what was wrong before is not", async () => {
    begin({
      "AGENTS.md": "`npm run a`, `npm run b`, `src/x.ts`, `src/none.ts`\n",
      "package.json": '{"scripts":{"a":"x"}}',
      "src/x.ts": ""
    })
    expect(await found()).toEqual([])
    at.put("package.json", '{"scripts":{}}')
    rmSync(join(at.project, "src/x.ts"))
    expect(await found()).toEqual([
      'AGENTS.md:1  agents-command  package.json has no script "a"',
      "AGENTS.md:1  agents-path  src/x.ts is not there"
    ])
  })

  it("is judged whole where nobody knows what the work began at; other documents by what is not committed", async () => {
    begin({ "AGENTS.md": "`docs/none.md`\n", "README.md": "[a](none.md)\n" })
    at.put("new.md", "[a](none.md)\n")
    expect((await at.judge("documentation")).lines).toEqual([
      "AGENTS.md:1  agents-path  docs/none.md is not there",
      "new.md:1  link  none.md leads to none.md, which is not there"
    ])
  })
})

describe("Markdown", () => {
  it("is linted for what is broken, in what is new", async () => {
    const table = "| a | b |\n| --- | --- |\n| 1 |\n"
    begin({ "old.md": table })
    at.put("old.md", `${table}\nText with trailing spaces   \n* and\n- other  taste\n`)
    at.put("new.md", `# New\n\n(see)[https://example.org]\n\n[empty]()\n\n${table}`)
    expect((await found()).map((line) => line.split("  ").slice(0, 2).join(" "))).toEqual([
      "new.md:3 MD011/no-reversed-links",
      "new.md:5 MD042/no-empty-links",
      "new.md:9 MD056/table-column-count"
    ])
  })

  it("is linted as the project says", async () => {
    begin({ ".markdownlint.jsonc": '{ "default": false, "MD013": { "line_length": 20 } } // short' })
    at.put("a.md", `# A\n\n${"word ".repeat(10)}word\n\n[empty]()\n`)
    expect((await found()).map((line) => line.split("  ").slice(0, 2).join(" "))).toEqual(["a.md:3 MD013/line-length"])
    at.configure({ documentation: { lint: { default: false, MD042: true } } })
    expect((await found()).map((line) => line.split("  ").slice(0, 2).join(" "))).toEqual([
      "a.md:5 MD042/no-empty-links"
    ])
    at.configure({ documentation: { lint: false } })
    expect(await found()).toEqual([])
  })
})

describe("structure and features", () => {
  it("files that must be there are", async () => {
    at.configure({ documentation: { structure: ["README.md", "docs/decisions/*.md", "docs/"] } })
    expect(await found()).toEqual([
      "README.md:1  structure  there must be such a file (gates.documentation.structure)",
      "docs/decisions/*.md:1  structure  there must be such a file (gates.documentation.structure)",
      "docs/:1  structure  there must be such a file (gates.documentation.structure)"
    ])
    at.put("README.md", "# A\n")
    at.put("docs/decisions/1.md", "# One\n")
    expect(await found()).toEqual([])
  })

  it("new exports and programs of a package are mentioned somewhere", async () => {
    begin({
      "package.json": '{\n  "exports": { ".": "./src/index.ts" },\n  "bin": { "shop": "x.js" }\n}\n',
      "src/index.ts": "export const known = 1\nexport * from './more.js'\n",
      "src/more.ts": "export function older(): void {}\n",
      "README.md": "# Shop\n"
    })
    at.put(
      "package.json",
      '{\n  "exports": { ".": "./src/index.ts" },\n  "bin": { "shop": "x.js", "shop-admin": "y.js" }\n}\n'
    )
    at.put(
      "src/more.ts",
      "export function older(): void {}\nexport class Basket {}\nexport interface Shape {}\nexport type { Other } from './other'\nconst a = 1\nexport { a as checkout }\n"
    )
    at.put("src/internal.ts", "export const hidden = 1\n")
    expect(await found()).toEqual([
      'src/more.ts:2  undocumented  the new export "Basket" is in no Markdown file',
      'src/more.ts:6  undocumented  the new export "checkout" is in no Markdown file',
      'package.json:3  undocumented  the new program "shop-admin" is in no Markdown file'
    ])
    at.put("README.md", "# Shop\n\n`Basket.add`, `checkout()`; run `shop-admin`.\n")
    expect(await found()).toEqual([])
    at.put("src/more.ts", "export function older( {\n")
    expect(await found()).toEqual([])
    at.configure({ documentation: { public: ["src/*.ts"] } })
    expect(await found()).toEqual(['src/internal.ts:1  undocumented  the new export "hidden" is in no Markdown file'])
  })

  it("a repository without a commit is judged as new", async () => {
    at.git("checkout", "--quiet", "--orphan", "empty")
    at.put("README.md", "[a](none.md)\n")
    expect((await at.judge("documentation")).lines).toEqual([
      "README.md:1  link  none.md leads to none.md, which is not there"
    ])
  })
})

it("a verdict is known of the same files, whatever was committed", async () => {
  at.put("README.md", "# A\n")
  expect((await judge()).isKnown).toBe(false)
  at.commit("docs: readme")
  expect((await judge()).isKnown).toBe(true)
})
