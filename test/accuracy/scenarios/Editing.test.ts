/** 1 to 8: what agents and people write, before git comes into it. */
import { opus } from "../Agent.ts"
import { by } from "../Expect.ts"
import { scenario } from "../Scenario.ts"

scenario(1, "an Edit inserts three lines into a person's file; its context stays the person's", async (stage) => {
  stage.write("f.ts", "export const first = 1\nexport const last = 9\n")
  stage.commit("Constants")
  const claude = await stage.agent(opus)
  await claude.edit(
    "f.ts",
    "export const first = 1\nexport const last = 9\n",
    "export const first = 1\nexport const second = 2\nexport const third = 3\nexport const fourth = 4\nexport const last = 9\n"
  )
  const lines = [
    ...by("H", "export const first = 1"),
    ...by(claude, "export const second = 2", "export const third = 3", "export const fourth = 4"),
    ...by("H", "export const last = 9")
  ]
  await stage.expect("f.ts", lines)
  stage.commit("More")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(2, "a Write creates a file: all of it, the last line without a line end too", async (stage) => {
  const claude = await stage.agent(opus)
  await claude.write("new.ts", "export const one = 1\n\nexport const two = 2")
  const lines = by(claude, "export const one = 1", "", "export const two = 2")
  await stage.expect("new.ts", lines)
  stage.commit("New")
  await stage.expect("new.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "new.ts": lines })
})

scenario(3, "a Write over a person's file: lines that it leaves as they were stay the person's", async (stage) => {
  stage.write("f.ts", "import { readFile } from 'node:fs'\n\nconst path = '/etc/hosts'\nreadFile(path, print)\n")
  stage.commit("Read")
  const claude = await stage.agent(opus)
  await claude.write(
    "f.ts",
    "import { readFile } from 'node:fs'\nimport { log } from './log'\n\nconst path = '/etc/hosts'\nconst encoding = 'utf8'\nreadFile(path, print)\n"
  )
  const lines = [
    ...by("H", "import { readFile } from 'node:fs'"),
    ...by(claude, "import { log } from './log'"),
    ...by("H", "", "const path = '/etc/hosts'"),
    ...by(claude, "const encoding = 'utf8'"),
    ...by("H", "readFile(path, print)")
  ]
  await stage.expect("f.ts", lines)
  stage.commit("Log")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(
  4,
  "a person changes one of three AI lines before the commit, with no plug-in in the editor",
  async (stage) => {
    stage.write("f.ts", "start()\n")
    stage.commit("Start it")
    const claude = await stage.agent(opus)
    await claude.edit("f.ts", "start()\n", "start()\nconst limit = 10\nconst delay = 250\nconst name = 'queue'\n")
    stage.change("f.ts", "const delay = 250", "const delay = 900")
    const lines = [
      ...by("H", "start()"),
      ...by(claude, "const limit = 10"),
      ...by("M s1 claude-opus-4-5", "const delay = 900"),
      ...by(claude, "const name = 'queue'")
    ]
    await stage.expect("f.ts", lines)
    stage.commit("Queue")
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  }
)

scenario(5, "a person writes the whole AI file anew by hand", async (stage) => {
  const claude = await stage.agent(opus)
  await claude.write("f.ts", "export function sum(values) {\n  return values.reduce((a, b) => a + b, 0)\n}\n")
  await stage.expect(
    "f.ts",
    by(claude, "export function sum(values) {", "  return values.reduce((a, b) => a + b, 0)", "}")
  )
  stage.commit("Sum")
  stage.write("f.ts", "let total = 0\nfor (const value of input) total += value\nconsole.log(total)\n")
  const lines = by("H", "let total = 0", "for (const value of input) total += value", "console.log(total)")
  await stage.expect("f.ts", lines)
  stage.commit("By hand")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(6, "a person's file has boilerplate that equals AI lines", async (stage) => {
  const claude = await stage.agent(opus)
  await claude.write(
    "ai.ts",
    "import { test } from 'vitest'\n\ntest('adds', () => {\n  expect(1 + 1).toBe(2)\n})\n\nexport default null\n"
  )
  stage.commit("Agent's")
  stage.write(
    "mine.ts",
    "import { test } from 'vitest'\nimport { parse } from './parse'\n\ntest('parses an empty text', () => {\n  expect(parse('')).toEqual([])\n})\n\nexport default null\n"
  )
  const lines = by(
    "H",
    "import { test } from 'vitest'",
    "import { parse } from './parse'",
    "",
    "test('parses an empty text', () => {",
    "  expect(parse('')).toEqual([])",
    "})",
    "",
    "export default null"
  )
  await stage.expect("mine.ts", lines)
  stage.commit("Mine")
  await stage.expect("mine.ts", lines, { of: { revision: "HEAD" } })
})

scenario(7, "a person types AI code again that was taken out before", async (stage) => {
  stage.write("f.ts", "open()\nclose()\n")
  stage.commit("Open and close")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "open()\n", "open()\nconst rows = await read(table)\nfor (const row of rows) print(row)\n")
  stage.commit("Print rows")
  stage.change("f.ts", "const rows = await read(table)\nfor (const row of rows) print(row)\n", "")
  stage.commit("Do not print")
  await stage.expect("f.ts", by("H", "open()", "close()"))
  stage.write(
    "f.ts",
    "open()\nreport('start')\nconst rows = await read(table)\nfor (const row of rows) print(row)\nreport('end')\nclose()\n"
  )
  const lines = [
    ...by("H", "open()", "report('start')"),
    ["const rows = await read(table)", "H", { similarTo: true }],
    ["for (const row of rows) print(row)", "H", { similarTo: true }],
    ...by("H", "report('end')", "close()")
  ] as const
  await stage.expect("f.ts", lines)
  stage.commit("Print after all")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(8, "a person pastes AI text out of the chat", async (stage) => {
  stage.write("f.ts", "main()\n")
  stage.commit("Main")
  const claude = await stage.agent(opus)
  await claude.prompt("How do I debounce?")
  await claude.hook("Stop", {
    stop_hook_active: false,
    last_assistant_message:
      "Use this:\nlet timer\nconst debounce = (f) => { clearTimeout(timer); timer = setTimeout(f, 50) }",
    background_tasks: [],
    session_crons: []
  })
  stage.write("f.ts", "main()\nlet timer\nconst debounce = (f) => { clearTimeout(timer); timer = setTimeout(f, 50) }\n")
  const lines = [
    ...by("H", "main()"),
    ...by("H | U", "let timer", "const debounce = (f) => { clearTimeout(timer); timer = setTimeout(f, 50) }")
  ]
  await stage.expect("f.ts", lines)
  stage.commit("Debounce")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})
