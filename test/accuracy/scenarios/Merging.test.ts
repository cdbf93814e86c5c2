/** 35 and 36: merges and reverts. */
import { haiku, opus, sonnet } from "../Agent.ts"
import { by } from "../Expect.ts"
import { scenario } from "../Scenario.ts"
import type { Stage } from "../Stage.ts"

const body = ["open()", "one()", "two()", "three()", "four()", "five()", "close()"]

/** "first" and "second" each have an AI commit: above and below `body`, which is a person's. */
const branches = async (stage: Stage) => {
  stage.write("f.ts", `${body.join("\n")}\n`)
  stage.commit("Body")
  const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
  stage.git("checkout", "--quiet", "-b", "first")
  await claude.edit("f.ts", "open()\n", "const door = find()\nopen()\n")
  stage.commit("Find")
  stage.git("checkout", "--quiet", "-b", "second", "main")
  await other.edit("f.ts", "close()\n", "close()\nlock()\n")
  stage.commit("Lock")
  stage.git("checkout", "--quiet", "main")
  return { claude, other }
}

scenario(35, "a merge commit introduces nothing", async (stage) => {
  const { claude, other } = await branches(stage)
  stage.git("merge", "--quiet", "--no-ff", "--no-edit", "first")
  stage.git("merge", "--quiet", "--no-edit", "second")
  const lines = [...by(claude, "const door = find()"), ...by("H", ...body), ...by(other, "lock()")]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", {})
  await stage.expectIntroduced("HEAD~1", {})
  await stage.expectIntroduced("HEAD^2", { "f.ts": by(other, "lock()") })
})

scenario(35, "a merge with a conflict introduces the resolution", async (stage) => {
  const { claude, other } = await branches(stage)
  stage.git("checkout", "--quiet", "second")
  await other.edit("f.ts", "open()\n", "const key = fetch()\nopen()\n")
  stage.commit("Fetch")
  stage.git("checkout", "--quiet", "main")
  stage.git("merge", "--quiet", "first")
  stage.gitFails("merge", "second")
  stage.write("f.ts", `const door = find()\nconst key = fetch()\nunlock(door, key)\n${body.join("\n")}\nlock()\n`)
  stage.commit("Merge second")
  const lines = [
    ...by(claude, "const door = find()"),
    ...by(other, "const key = fetch()"),
    ...by("H | U", "unlock(door, key)"),
    ...by("H", ...body),
    ...by(other, "lock()")
  ]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": by("H | U", "unlock(door, key)") })
})

scenario(35, "a merge of three branches at once", async (stage) => {
  const { claude, other } = await branches(stage)
  const third = await stage.agent(haiku)
  stage.git("checkout", "--quiet", "-b", "third")
  await third.write("g.ts", "export const g = 7\n")
  stage.commit("G")
  stage.git("checkout", "--quiet", "main")
  stage.write("h.ts", "export const h = 8\n")
  stage.commit("H")
  stage.git("merge", "--quiet", "--no-edit", "first", "second", "third")
  stage.check(stage.git("rev-list", "--parents", "-1", "HEAD").split(" ").length === 5, "the merge has four parents")
  const lines = [...by(claude, "const door = find()"), ...by("H", ...body), ...by(other, "lock()")]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expect("g.ts", by(third, "export const g = 7"))
  await stage.expect("h.ts", by("H", "export const h = 8"))
  await stage.expectIntroduced("HEAD", {})
})

scenario(35, "merge -X ours", async (stage) => {
  const { claude, other } = await branches(stage)
  stage.git("checkout", "--quiet", "second")
  await other.edit("f.ts", "open()\n", "const key = fetch()\nopen()\n")
  stage.commit("Fetch")
  stage.git("checkout", "--quiet", "main")
  stage.git("merge", "--quiet", "first")
  stage.git("merge", "--quiet", "--no-edit", "-X", "ours", "second")
  const lines = [...by(claude, "const door = find()"), ...by("H", ...body), ...by(other, "lock()")]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", {})
})

scenario(36, "a revert, and the revert of the revert", async (stage) => {
  stage.write("f.ts", "open()\nclose()\n")
  stage.commit("Open and close")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "open()\n", "open()\nconst rows = await read(table)\nprint(rows)\n")
  stage.commit("Rows")
  const ai = by(claude, "const rows = await read(table)", "print(rows)")
  const lines = [...by("H", "open()"), ...ai, ...by("H", "close()")]
  await stage.expect("f.ts", lines)
  stage.git("revert", "--no-edit", "HEAD")
  await stage.expect("f.ts", by("H", "open()", "close()"))
  await stage.expectIntroduced("HEAD", {})
  stage.change("f.ts", "close()\n", "close()\nexit()\n")
  stage.commit("Exit")
  stage.git("revert", "--no-edit", "HEAD~1")
  const restored = [...by("H", "open()"), ...ai, ...by("H", "close()", "exit()")]
  await stage.expect("f.ts", restored)
  await stage.expect("f.ts", restored, { of: { revision: "HEAD" } })
})

scenario(
  36,
  "a revert of an agent's deletion gives a person's and another agent's lines back to them",
  async (stage) => {
    stage.write("f.ts", "open()\nconst mine = 1\nuse(mine)\nclose()\n")
    stage.commit("Mine")
    const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
    await other.edit("f.ts", "use(mine)\n", "use(mine)\nreuse(mine)\n")
    stage.commit("Reuse")
    await claude.edit("f.ts", "const mine = 1\nuse(mine)\nreuse(mine)\n", "")
    stage.commit("Take it out")
    await stage.expect("f.ts", by("H", "open()", "close()"))
    stage.git("revert", "--no-edit", "HEAD")
    const lines = [
      ...by("H", "open()", "const mine = 1", "use(mine)"),
      ...by(other, "reuse(mine)"),
      ...by("H", "close()")
    ]
    await stage.expect("f.ts", lines)
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  }
)
