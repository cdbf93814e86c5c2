/** 19 to 24: `git rebase`, without conflicts. */
import { haiku, opus, sonnet } from "../Agent.ts"
import { by } from "../Expect.ts"
import { scenario } from "../Scenario.ts"

const ten = (name: string): string => Array.from({ length: 10 }, (_, index) => `${name}(${index})\n`).join("")
const tenLines = (name: string): ReadonlyArray<string> => ten(name).trimEnd().split("\n")

scenario(19, "a rebase that shifts the lines", async (stage) => {
  stage.write("f.ts", ten("step"))
  stage.commit("Steps")
  stage.git("checkout", "--quiet", "-b", "feature")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "step(9)\n", "step(9)\nconst report = collect()\nsend(report)\n")
  stage.commit("Report")
  await claude.edit("f.ts", "send(report)\n", "send(report)\narchive(report)\n")
  stage.commit("Archive")
  const ai = by(claude, "const report = collect()", "send(report)", "archive(report)")
  await stage.expect("f.ts", [...by("H", ...tenLines("step")), ...ai])
  stage.git("checkout", "--quiet", "main")
  stage.change("f.ts", "step(0)\n", "import { step } from './step'\n\nstep(0)\n")
  stage.commit("Import")
  stage.git("checkout", "--quiet", "feature")
  stage.git("rebase", "--quiet", "main")
  const lines = [...by("H", "import { step } from './step'", "", ...tenLines("step")), ...ai]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expect("f.ts", lines.slice(0, -1), { of: { revision: "HEAD~1" } })
  await stage.expectIntroduced("HEAD~1", { "f.ts": by(claude, "const report = collect()", "send(report)") })
  await stage.expectIntroduced("HEAD", { "f.ts": by(claude, "archive(report)") })
})

scenario(20, "an interactive rebase that puts commits into another order", async (stage) => {
  stage.write("f.ts", ten("step"))
  stage.commit("Steps")
  const base = stage.id()
  const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
  await claude.edit("f.ts", "step(0)\n", "const top = begin()\nstep(0)\n")
  const one = stage.commit("Top")
  stage.change("f.ts", "step(5)\n", "step(5)\nconst half = middle()\n")
  const two = stage.commit("Half")
  await other.edit("f.ts", "step(9)\n", "step(9)\nconst end = finish()\n")
  const three = stage.commit("End")
  const steps = tenLines("step")
  const lines = [
    ...by(claude, "const top = begin()"),
    ...by("H", ...steps.slice(0, 6), "const half = middle()", ...steps.slice(6)),
    ...by(other, "const end = finish()")
  ]
  await stage.expect("f.ts", lines)
  stage.gitWith(
    stage.todo(`pick ${three} End`, `pick ${one} Top`, `pick ${two} Half`),
    "rebase",
    "--quiet",
    "--interactive",
    base
  )
  await stage.expect("f.ts", lines)
  await stage.expectIntroduced("HEAD~2", { "f.ts": by(other, "const end = finish()") })
  await stage.expectIntroduced("HEAD~1", { "f.ts": by(claude, "const top = begin()") })
  await stage.expectIntroduced("HEAD", { "f.ts": by("H", "const half = middle()") })
  await stage.expect("f.ts", [...by("H", ...steps), ...by(other, "const end = finish()")], {
    of: { revision: "HEAD~2" }
  })
})

scenario(21, "a fixup of two sessions with different models, line between line", async (stage) => {
  stage.write("f.ts", "open()\nclose()\n")
  stage.commit("Open and close")
  const base = stage.id()
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "open()\n", "open()\nconst first = 1\nconst third = 3\nconst fifth = 5\n")
  const one = stage.commit("Odd")
  const other = await stage.agent(sonnet)
  await other.edit("f.ts", "const first = 1\n", "const first = 1\nconst second = 2\n")
  await other.edit("f.ts", "const third = 3\n", "const third = 3\nconst fourth = 4\n")
  const two = stage.commit("Even")
  const ai = [
    ...by(claude, "const first = 1"),
    ...by(other, "const second = 2"),
    ...by(claude, "const third = 3"),
    ...by(other, "const fourth = 4"),
    ...by(claude, "const fifth = 5")
  ]
  const lines = [...by("H", "open()"), ...ai, ...by("H", "close()")]
  await stage.expect("f.ts", lines)
  stage.gitWith(stage.todo(`pick ${one} Odd`, `fixup ${two} Even`), "rebase", "--quiet", "--interactive", base)
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": ai })
})

scenario(22, "a commit is dropped, then a person types its lines among their own", async (stage) => {
  stage.write("f.ts", "open()\nclose()\n")
  stage.commit("Open and close")
  const base = stage.id()
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "open()\n", "open()\nconst rows = await read(table)\nprint(rows.length)\n")
  const one = stage.commit("Rows")
  stage.write("g.ts", "export const kept = true\n")
  const two = stage.commit("Kept")
  stage.gitWith(stage.todo(`drop ${one} Rows`, `pick ${two} Kept`), "rebase", "--quiet", "--interactive", base)
  await stage.expect("f.ts", by("H", "open()", "close()"))
  stage.write("f.ts", "open()\nlog('reading')\nconst rows = await read(table)\nprint(rows.length)\nclose()\n")
  const lines = by("H", "open()", "log('reading')", "const rows = await read(table)", "print(rows.length)", "close()")
  await stage.expect("f.ts", lines)
  stage.commit("Rows by hand")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expect("g.ts", by("H", "export const kept = true"))
})

scenario(22, "a commit is dropped, then a person makes the file what it was in it, to the byte", async (stage) => {
  stage.write("f.ts", "open()\nclose()\n")
  stage.commit("Open and close")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "open()\n", "open()\nconst rows = await read(table)\nprint(rows.length)\n")
  const one = stage.commit("Rows")
  stage.gitWith(stage.todo(`drop ${one} Rows`), "rebase", "--quiet", "--interactive", `${one}~1`)
  stage.write("f.ts", "open()\nconst rows = await read(table)\nprint(rows.length)\nclose()\n")
  stage.commit("Rows by hand")
  // `git restore --source` would leave the same bytes and no trace, so that unknown is honest here as well.
  await stage.expect("f.ts", [
    ...by("H", "open()"),
    ...by("H | U", "const rows = await read(table)", "print(rows.length)"),
    ...by("H", "close()")
  ])
})

scenario(23, "one AI commit is split in three", async (stage) => {
  stage.write("f.ts", ten("step"))
  stage.commit("Steps")
  const base = stage.id()
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "step(0)\n", "const top = begin()\nstep(0)\n")
  await claude.edit("f.ts", "step(9)\n", "step(9)\nconst end = finish()\n")
  await claude.write("g.ts", "export const begin = () => 0\n")
  await claude.write("h.ts", "export const finish = () => 1\n")
  const all = stage.commit("Everything")
  stage.gitWith(stage.todo(`edit ${all} Everything`), "rebase", "--quiet", "--interactive", base)
  stage.git("reset", "--quiet", "HEAD^")
  stage.gitAnswering("y\nn\n", "add", "--patch", "f.ts")
  stage.git("add", "g.ts")
  stage.git("commit", "--quiet", "--message", "Begin")
  stage.git("add", "f.ts")
  stage.git("commit", "--quiet", "--message", "End")
  stage.git("add", "h.ts")
  stage.git("commit", "--quiet", "--message", "Finish")
  stage.git("rebase", "--continue")
  const steps = by("H", ...tenLines("step"))
  const [top, end] = [by(claude, "const top = begin()"), by(claude, "const end = finish()")]
  await stage.expectIntroduced("HEAD~2", { "f.ts": top, "g.ts": by(claude, "export const begin = () => 0") })
  await stage.expectIntroduced("HEAD~1", { "f.ts": end })
  await stage.expectIntroduced("HEAD", { "h.ts": by(claude, "export const finish = () => 1") })
  await stage.expect("f.ts", [...top, ...steps], { of: { revision: "HEAD~2" } })
  await stage.expect("f.ts", [...top, ...steps, ...end], { of: { revision: "HEAD~1" } })
  await stage.expect("f.ts", [...top, ...steps, ...end])
})

scenario(24, "a person edits and amends an AI commit during a rebase", async (stage) => {
  stage.write("f.ts", "open()\nclose()\n")
  stage.commit("Open and close")
  const base = stage.id()
  const [claude, other] = [await stage.agent(opus), await stage.agent(haiku)]
  await claude.edit("f.ts", "open()\n", "open()\nconst timeout = 1000\nconst host = 'localhost'\n")
  const one = stage.commit("Settings")
  await other.write("g.ts", "export const later = true\n")
  const two = stage.commit("Later")
  stage.gitWith(stage.todo(`edit ${one} Settings`, `pick ${two} Later`), "rebase", "--quiet", "--interactive", base)
  stage.change("f.ts", "const timeout = 1000", "const timeout = 2500")
  stage.git("commit", "--quiet", "--all", "--amend", "--no-edit")
  stage.git("rebase", "--continue")
  const lines = [
    ...by("H", "open()"),
    ...by("M s1 claude-opus-4-5", "const timeout = 2500"),
    ...by(claude, "const host = 'localhost'"),
    ...by("H", "close()")
  ]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD~1" } })
  await stage.expectIntroduced("HEAD", { "g.ts": by(other, "export const later = true") })
})
