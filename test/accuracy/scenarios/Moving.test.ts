/** 43 to 46: files and functions that go from one place to another. */
import { opus, sonnet } from "../Agent.ts"
import { by, type Line, noted } from "../Expect.ts"
import { scenario } from "../Scenario.ts"
import type { Stage } from "../Stage.ts"

const start = "export const port = 8080\nexport const host = 'localhost'\n"

/** A person's file with lines of an agent, committed; its lines. */
const shared = async (stage: Stage, file: string): Promise<ReadonlyArray<Line>> => {
  stage.write(file, start)
  stage.commit("Settings")
  const claude = await stage.agent(opus)
  await claude.edit(file, start, `${start}export const retries = 3\nexport const timeout = 30_000\n`)
  stage.commit("Retries")
  return [
    ...by("H", "export const port = 8080", "export const host = 'localhost'"),
    ...by(claude, "export const retries = 3", "export const timeout = 30_000")
  ]
}

scenario(43, "git mv keeps the owners, before the commit and after it", async (stage) => {
  const lines = await shared(stage, "f.ts")
  stage.git("mv", "f.ts", "settings.ts")
  await stage.expect("settings.ts", lines)
  await stage.expect("settings.ts", lines, { of: "index" })
  stage.commit("Rename")
  await stage.expect("settings.ts", lines, { of: { revision: "HEAD" } })
  await stage.expect("f.ts", lines, { of: { revision: "HEAD~1" } })
})

scenario(43, "git mv with edits by a person and by an agent in the same commit", async (stage) => {
  const lines = await shared(stage, "f.ts")
  stage.git("mv", "f.ts", "settings.ts")
  const other = await stage.agent(sonnet)
  await other.edit("settings.ts", "export const port", "/** Where the server listens. */\nexport const port")
  stage.write("settings.ts", `${stage.read("settings.ts")}// Ask Ada before changing these.\n`)
  const longer = [
    ...by(other, "/** Where the server listens. */"),
    ...lines,
    ...by("H", "// Ask Ada before changing these.")
  ]
  await stage.expect("settings.ts", longer)
  stage.commit("Rename, explain")
  await stage.expect("settings.ts", longer, { of: { revision: "HEAD" } })
})

scenario(43, "a rename without git, seen only in the commit", async (stage) => {
  const lines = await shared(stage, "f.ts")
  stage.move("f.ts", "settings.ts")
  stage.commit("Rename")
  await stage.expect("settings.ts", lines, { of: { revision: "HEAD" } })
})

scenario(43, "a rename by case only", async (stage) => {
  const lines = await shared(stage, "settings.ts")
  stage.git("mv", "settings.ts", "Settings.ts")
  stage.commit("Capital")
  await stage.expect("Settings.ts", lines, { of: { revision: "HEAD" } })
  await stage.expect("Settings.ts", lines)
})

scenario(43, "a renamed directory, and again", async (stage) => {
  const lines = await shared(stage, "src/config/settings.ts")
  stage.git("mv", "src/config", "src/options")
  stage.commit("Options")
  await stage.expect("src/options/settings.ts", lines, { of: { revision: "HEAD" } })
  stage.git("mv", "src", "lib")
  stage.commit("Lib")
  await stage.expect("lib/options/settings.ts", lines, { of: { revision: "HEAD" } })
  const claude = await stage.agent(sonnet)
  await claude.edit(
    "lib/options/settings.ts",
    "export const retries = 3\n",
    "export const retries = 3\nexport const backoff = 1.5\n"
  )
  stage.commit("Back off")
  await stage.expect(
    "lib/options/settings.ts",
    [...lines.slice(0, 3), ["export const backoff = 1.5", claude], ...lines.slice(3)],
    { of: { revision: "HEAD" } }
  )
})

const slugify = [
  "export const slugify = (title: string): string => {",
  "  const words = title.toLowerCase().split(/\\W+/)",
  "  return words.filter(Boolean).join('-')",
  "}"
]
const text = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

scenario(44, "a person moves an agent's function to another file: it stays the agent's", async (stage) => {
  stage.write("a.ts", "export const first = 'a'\n")
  stage.write("b.ts", "export const second = 'b'\n")
  stage.commit("Two files")
  const claude = await stage.agent(opus)
  await claude.edit("a.ts", "export const first = 'a'\n", `export const first = 'a'\n${text(slugify)}`)
  stage.commit("Slugs")
  stage.change("a.ts", text(slugify), "")
  stage.write("b.ts", `${stage.read("b.ts")}${text(slugify)}`)
  const moved = [
    ...by("H", "export const second = 'b'"),
    ...noted({ movedBy: "human" }, by(claude, ...slugify.slice(0, 3))),
    ...by(claude, "}")
  ]
  await stage.expect("b.ts", moved)
  await stage.expect("a.ts", by("H", "export const first = 'a'"))
  stage.commit("Move it")
  await stage.expect("b.ts", moved, { of: { revision: "HEAD" } })
  await stage.expect("a.ts", by("H", "export const first = 'a'"), { of: { revision: "HEAD" } })
})

scenario(45, "an agent moves a person's function to another file: it stays the person's", async (stage) => {
  stage.write("a.ts", `export const first = 'a'\n${text(slugify)}`)
  stage.write("b.ts", "export const second = 'b'\n")
  stage.commit("Slugs")
  const claude = await stage.agent(opus)
  await claude.edit("a.ts", text(slugify), "")
  await claude.edit("b.ts", "export const second = 'b'\n", `export const second = 'b'\n${text(slugify)}`)
  const moved = [
    ...by("H", "export const second = 'b'"),
    ...noted({ movedBy: "ai" }, by("H", ...slugify.slice(0, 3))),
    ...by("H", "}")
  ]
  await stage.expect("b.ts", moved)
  stage.commit("Move it")
  await stage.expect("b.ts", moved, { of: { revision: "HEAD" } })
  await stage.expect("a.ts", by("H", "export const first = 'a'"), { of: { revision: "HEAD" } })
})

scenario(
  45,
  "an agent puts a person's function into its new file first, and takes it out of the old one then",
  async (stage) => {
    stage.write("a.ts", `export const first = 'a'\n${text(slugify)}`)
    stage.commit("Slugs")
    const claude = await stage.agent(opus)
    await claude.write("slugs.ts", `/** Names for addresses. */\n${text(slugify)}`)
    await claude.edit("a.ts", text(slugify), "import { slugify } from './slugs'\n")
    stage.commit("Move it")
    await stage.expect(
      "slugs.ts",
      [
        ...by(claude, "/** Names for addresses. */"),
        ...noted({ movedBy: "ai" }, by("H", ...slugify.slice(0, 3))),
        ...by("H", "}")
      ],
      { of: { revision: "HEAD" } }
    )
    await stage.expect(
      "a.ts",
      [...by("H", "export const first = 'a'"), ...by(claude, "import { slugify } from './slugs'")],
      {
        of: { revision: "HEAD" }
      }
    )
  }
)

scenario(45, "an agent moves a person's function within its file: it stays the person's", async (stage) => {
  stage.write("a.ts", `${text(slugify)}export const first = 'a'\nexport const last = 'z'\n`)
  stage.commit("Slugs")
  const claude = await stage.agent(opus)
  await claude.write("a.ts", `export const first = 'a'\n${text(slugify)}export const last = 'z'\n`)
  const lines = by("H", "export const first = 'a'", ...slugify, "export const last = 'z'")
  await stage.expect("a.ts", lines)
  stage.commit("Move it")
  await stage.expect("a.ts", lines, { of: { revision: "HEAD" } })
})

scenario(
  46,
  "a person copies a file that an agent had a part in: the owners of the original, and a note",
  async (stage) => {
    const lines = await shared(stage, "f.ts")
    stage.write("copy.ts", stage.read("f.ts"))
    const copied = noted({ copiedFrom: "f.ts" }, lines)
    await stage.expect("copy.ts", copied)
    stage.commit("Copy")
    await stage.expect("copy.ts", copied, { of: { revision: "HEAD" } })
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  }
)

scenario(46, "a copy that the person changes before the commit", async (stage) => {
  const lines = await shared(stage, "f.ts")
  stage.write("copy.ts", `${stage.read("f.ts")}export const debug = true\n`)
  stage.commit("Copy")
  await stage.expect("copy.ts", [...noted({ copiedFrom: "f.ts" }, lines), ["export const debug = true", "H"]], {
    of: { revision: "HEAD" }
  })
})
