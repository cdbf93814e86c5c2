/** 25 to 28: rebases that stop. */
import { haiku, opus, sonnet } from "../Agent.ts"
import { by } from "../Expect.ts"
import { scenario } from "../Scenario.ts"
import type { Stage } from "../Stage.ts"

/** Two branches that put different lines into one place: "feature" those of `claude`, "main" those of `other`. */
const twoSides = async (stage: Stage) => {
  stage.write("f.ts", "open()\nclose()\n")
  stage.commit("Open and close")
  const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
  stage.git("checkout", "--quiet", "-b", "feature")
  await claude.edit("f.ts", "open()\n", "open()\nconst colour = 'red'\npaint(colour)\n")
  const feature = stage.commit("Paint")
  stage.git("checkout", "--quiet", "main")
  await other.edit("f.ts", "open()\n", "open()\nconst size = 12\nresize(size)\n")
  const main = stage.commit("Resize")
  stage.git("checkout", "--quiet", "feature")
  return { claude, other, feature, main }
}

for (const [order, text] of [
  ["the other side first", "open()\nconst size = 12\nresize(size)\nconst colour = 'red'\npaint(colour)\nclose()\n"],
  ["the own side first", "open()\nconst colour = 'red'\npaint(colour)\nconst size = 12\nresize(size)\nclose()\n"]
] as const)
  scenario(25, `a conflict of which a person keeps both sides, ${order}`, async (stage) => {
    const { claude, other } = await twoSides(stage)
    stage.gitFails("rebase", "main")
    stage.write("f.ts", text)
    stage.git("add", "f.ts")
    stage.git("rebase", "--continue")
    const sides = [by(other, "const size = 12", "resize(size)"), by(claude, "const colour = 'red'", "paint(colour)")]
    if (order === "the own side first") sides.reverse()
    const lines = [...by("H", "open()"), ...sides.flat(), ...by("H", "close()")]
    await stage.expect("f.ts", lines)
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  })

scenario(25, "a conflict of which a person keeps one side", async (stage) => {
  const { claude, other } = await twoSides(stage)
  stage.gitFails("rebase", "main")
  stage.git("checkout", "--quiet", "--theirs", "f.ts")
  stage.git("add", "f.ts")
  stage.git("rebase", "--continue")
  const lines = [...by("H", "open()"), ...by(claude, "const colour = 'red'", "paint(colour)"), ...by("H", "close()")]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expect(
    "f.ts",
    [...by("H", "open()"), ...by(other, "const size = 12", "resize(size)"), ...by("H", "close()")],
    { of: { revision: "main" } }
  )
})

scenario(26, "a conflict that another agent resolves", async (stage) => {
  const { claude, other } = await twoSides(stage)
  stage.gitFails("rebase", "main")
  const resolver = await stage.agent(haiku)
  const conflict = stage.read("f.ts")
  const [before, after] = [conflict.indexOf("<<<<<<<"), conflict.indexOf("close()")]
  await resolver.edit(
    "f.ts",
    conflict.slice(before, after),
    "const size = 12\nconst colour = 'red'\nawait canvas.draw({ size, colour })\n"
  )
  stage.git("add", "f.ts")
  stage.git("rebase", "--continue")
  const lines = [
    ...by("H", "open()"),
    ...by(other, "const size = 12"),
    ...by(claude, "const colour = 'red'"),
    ...by(resolver, "await canvas.draw({ size, colour })"),
    ...by("H", "close()")
  ]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(27, "a conflict that a person resolves with a text of their own", async (stage) => {
  await twoSides(stage)
  stage.gitFails("rebase", "main")
  stage.write("f.ts", "open()\nawait theme.apply()\nclose()\n")
  stage.git("add", "f.ts")
  stage.git("rebase", "--continue")
  const lines = [...by("H", "open()"), ...by("H | U", "await theme.apply()"), ...by("H", "close()")]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": by("H | U", "await theme.apply()") })
})

scenario(28, "a rebase that is aborted", async (stage) => {
  const { claude, feature } = await twoSides(stage)
  const lines = [...by("H", "open()"), ...by(claude, "const colour = 'red'", "paint(colour)"), ...by("H", "close()")]
  await stage.expect("f.ts", lines)
  stage.gitFails("rebase", "main")
  stage.write("f.ts", "open()\nnot to be kept\nclose()\n")
  stage.git("rebase", "--abort")
  stage.check(stage.id() === feature, "the branch is where it was")
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": by(claude, "const colour = 'red'", "paint(colour)") })
})

scenario(28, "a commit that is skipped in a rebase", async (stage) => {
  const { claude, other } = await twoSides(stage)
  await claude.write("g.ts", "export const after = 1\n")
  stage.commit("After")
  stage.gitFails("rebase", "main")
  stage.git("rebase", "--skip")
  const lines = [...by("H", "open()"), ...by(other, "const size = 12", "resize(size)"), ...by("H", "close()")]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "g.ts": by(claude, "export const after = 1") })
})

scenario(28, "a rebase that is continued too early, and then rightly", async (stage) => {
  const { claude, other, feature } = await twoSides(stage)
  stage.gitFails("rebase", "main")
  stage.gitFails("rebase", "--continue")
  stage.write("f.ts", "open()\nconst size = 12\nresize(size)\nconst colour = 'red'\npaint(colour)\nclose()\n")
  stage.git("add", "f.ts")
  stage.git("rebase", "--continue")
  const lines = [
    ...by("H", "open()"),
    ...by(other, "const size = 12", "resize(size)"),
    ...by(claude, "const colour = 'red'", "paint(colour)"),
    ...by("H", "close()")
  ]
  await stage.expect("f.ts", lines)
  await stage.expect(
    "f.ts",
    [...by("H", "open()"), ...by(claude, "const colour = 'red'", "paint(colour)"), ...by("H", "close()")],
    { of: { revision: feature } }
  )
})
