/** 32 to 34: commits that are made again somewhere else: picked, or squashed into one. */
import { haiku, opus, sonnet } from "../Agent.ts"
import { by, type Line } from "../Expect.ts"
import { scenario } from "../Scenario.ts"
import type { Stage } from "../Stage.ts"

/** "feature" has two AI commits of two sessions in one file; "main", which is checked out, has what it started from. */
const feature = async (stage: Stage) => {
  stage.write("f.ts", "open()\nwork()\nclose()\n")
  stage.commit("Work")
  const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
  stage.git("checkout", "--quiet", "-b", "feature")
  await claude.edit("f.ts", "work()\n", "work()\nconst result = collect()\n")
  stage.commit("Collect")
  await other.edit("f.ts", "close()\n", "close()\narchive(result)\n")
  stage.commit("Archive")
  stage.git("checkout", "--quiet", "main")
  return { claude, other }
}

const shift = (stage: Stage): ReadonlyArray<Line> => {
  stage.change("f.ts", "open()\n", "import { open } from './door'\n\nopen()\n")
  stage.commit("Import")
  return by("H", "import { open } from './door'", "")
}

scenario(32, "a cherry-pick onto a branch where the lines are elsewhere", async (stage) => {
  const { claude } = await feature(stage)
  const above = shift(stage)
  stage.git("cherry-pick", "feature~1")
  const lines = [
    ...above,
    ...by("H", "open()", "work()"),
    ...by(claude, "const result = collect()"),
    ...by("H", "close()")
  ]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": by(claude, "const result = collect()") })
})

scenario(32, "a cherry-pick without a commit is pending", async (stage) => {
  const { claude } = await feature(stage)
  stage.git("cherry-pick", "--no-commit", "feature~1")
  const lines: ReadonlyArray<Line> = [
    ...by("H", "open()", "work()"),
    ["const result = collect()", claude, { pending: true }],
    ...by("H", "close()")
  ]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: "index" })
  const committed = stage.commit("Picked")
  await stage.expectIntroduced(committed, { "f.ts": by(claude, "const result = collect()") })
})

scenario(32, "a cherry-pick without a commit onto lines that are elsewhere", async (stage) => {
  const { claude } = await feature(stage)
  const above = shift(stage)
  stage.git("cherry-pick", "--no-commit", "feature~1")
  // git leaves no trace of it, so that a person may as well have copied the line.
  const owner = `${claude.owner} | U`
  const lines: ReadonlyArray<Line> = [
    ...above,
    ...by("H", "open()", "work()"),
    ["const result = collect()", owner, { pending: true }],
    ...by("H", "close()")
  ]
  await stage.expect("f.ts", lines)
})

scenario(32, "a cherry-pick of a range", async (stage) => {
  const { claude, other } = await feature(stage)
  const above = shift(stage)
  stage.git("cherry-pick", "main..feature")
  const lines = [
    ...above,
    ...by("H", "open()", "work()"),
    ...by(claude, "const result = collect()"),
    ...by("H", "close()"),
    ...by(other, "archive(result)")
  ]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD~1", { "f.ts": by(claude, "const result = collect()") })
  await stage.expectIntroduced("HEAD", { "f.ts": by(other, "archive(result)") })
})

scenario(32, "a cherry-pick of a range of which one commit is skipped", async (stage) => {
  const { other } = await feature(stage)
  stage.change("f.ts", "work()\n", "work()\nconst result = guess()\n")
  stage.commit("Guess")
  stage.gitFails("cherry-pick", "main~1..feature")
  stage.git("cherry-pick", "--skip")
  const lines = [...by("H", "open()", "work()", "const result = guess()", "close()"), ...by(other, "archive(result)")]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": by(other, "archive(result)") })
})

for (const moved of [false, true])
  scenario(33, moved ? "merge --squash into a branch that went on" : "merge --squash", async (stage) => {
    const { claude, other } = await feature(stage)
    const above = moved ? shift(stage) : []
    stage.git("merge", "--squash", "feature")
    stage.git("commit", "--quiet", "--message", "The feature")
    const lines = [
      ...above,
      ...by("H", "open()", "work()"),
      ...by(claude, "const result = collect()"),
      ...by("H", "close()"),
      ...by(other, "archive(result)")
    ]
    await stage.expect("f.ts", lines)
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
    await stage.expectIntroduced("HEAD", {
      "f.ts": [...by(claude, "const result = collect()"), ...by(other, "archive(result)")]
    })
  })

for (const moved of [false, true])
  scenario(34, `a squash made elsewhere without Nexus, then fetched${moved ? "; main went on" : ""}`, async (stage) => {
    stage.write("f.ts", "open()\nwork()\nclose()\n")
    stage.commit("Work")
    const hub = stage.hub()
    const [claude, other] = [await stage.agent(opus), await stage.agent(haiku)]
    stage.git("checkout", "--quiet", "-b", "feature")
    await claude.edit("f.ts", "work()\n", "work()\nconst result = collect()\n")
    stage.commit("Collect")
    await other.edit("f.ts", "close()\n", "close()\narchive(result)\n")
    await other.write("g.ts", "export const archive = () => {}\n")
    stage.commit("Archive")
    stage.git("push", "--quiet", "origin", "feature")
    stage.git("checkout", "--quiet", "main")
    stage.git("branch", "--quiet", "-D", "feature")
    const grace = stage.elsewhere("grace", hub)
    if (moved) {
      grace.change("f.ts", "open()\n", "import { open } from './door'\nopen()\n")
      grace.commit("Import")
    }
    grace.git("merge", "--quiet", "--squash", "origin/feature")
    grace.git("commit", "--quiet", "--message", "The feature (#7)")
    grace.git("push", "--quiet")
    grace.git("push", "--quiet", "origin", "--delete", "feature")
    stage.git("pull", "--quiet", "--prune")
    // A content that is known to the byte may be proved better than by the commits that git rewrote.
    const evidence = moved ? (["rewritten"] as const) : (["direct", "replayed", "rewritten"] as const)
    const squashed: ReadonlyArray<Line> = [
      ["const result = collect()", claude, { evidence }],
      ["archive(result)", other, { evidence }]
    ]
    const lines: ReadonlyArray<Line> = [
      ...(moved ? by("U", "import { open } from './door'") : []),
      ...by("H", "open()", "work()"),
      ...squashed.slice(0, 1),
      ...by("H", "close()"),
      ...squashed.slice(1)
    ]
    await stage.expect("f.ts", lines)
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
    await stage.expect("g.ts", by(other, "export const archive = () => {}"))
    await stage.expectIntroduced("HEAD", { "f.ts": squashed, "g.ts": by(other, "export const archive = () => {}") })
  })
