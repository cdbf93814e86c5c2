/** 29 to 31: rebases of whole branches, and those that `git pull` makes. */
import { haiku, opus, sonnet } from "../Agent.ts"
import { by } from "../Expect.ts"
import { scenario } from "../Scenario.ts"

scenario(29, "a rebase with --autostash over AI edits that are in no commit", async (stage) => {
  stage.write("f.ts", "open()\nwork()\nclose()\n")
  stage.commit("Work")
  stage.git("checkout", "--quiet", "-b", "feature")
  const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
  await claude.write("g.ts", "export const committed = 1\n")
  stage.commit("Committed")
  stage.git("checkout", "--quiet", "main")
  stage.change("f.ts", "open()\n", "import { open } from './door'\n\nopen()\n")
  stage.commit("Door")
  stage.git("checkout", "--quiet", "feature")
  await other.edit("f.ts", "close()\n", "sweep()\nlock()\nclose()\n")
  await other.edit("g.ts", "export const committed = 1\n", "export const committed = 1\nexport const waiting = 2\n")
  await stage.expect("f.ts", [...by("H", "open()", "work()"), ...by(other, "sweep()", "lock()"), ...by("H", "close()")])
  stage.git("rebase", "--quiet", "--autostash", "main")
  await stage.expect("f.ts", [
    ...by("H", "import { open } from './door'", "", "open()", "work()"),
    ["sweep()", other, { pending: true }],
    ["lock()", other, { pending: true }],
    ...by("H", "close()")
  ])
  await stage.expect("g.ts", [
    ["export const committed = 1", claude, { pending: false }],
    ["export const waiting = 2", other, { pending: true }]
  ])
  await stage.expect("g.ts", by(claude, "export const committed = 1"), { of: { revision: "HEAD" } })
  stage.commit("Sweep")
  await stage.expectIntroduced("HEAD", {
    "f.ts": by(other, "sweep()", "lock()"),
    "g.ts": by(other, "export const waiting = 2")
  })
})

for (const rejected of [false, true])
  scenario(30, rejected ? "pull --rebase after a rejected push" : "pull --rebase", async (stage) => {
    stage.write("f.ts", "open()\nclose()\n")
    stage.commit("Open and close")
    const grace = stage.elsewhere("grace", stage.hub())
    grace.change("f.ts", "open()\n", "prepare()\nopen()\n")
    grace.commit("Prepare")
    grace.git("push", "--quiet")
    const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
    await claude.edit("f.ts", "close()\n", "close()\nconst log = history()\n")
    stage.commit("History")
    await other.edit("f.ts", "const log = history()\n", "const log = history()\nprint(log)\n")
    stage.commit("Print")
    const ai = [...by(claude, "const log = history()"), ...by(other, "print(log)")]
    await stage.expect("f.ts", [...by("H", "open()", "close()"), ...ai])
    if (rejected) stage.gitFails("push", "--quiet")
    stage.git("pull", "--quiet", "--rebase")
    stage.git("push", "--quiet")
    // Grace has no Nexus: nobody can know who wrote her line.
    const lines = [...by("U", "prepare()"), ...by("H", "open()", "close()"), ...ai]
    await stage.expect("f.ts", lines)
    await stage.expect("f.ts", lines, { of: { revision: "origin/main" } })
    await stage.expectIntroduced("HEAD~1", { "f.ts": by(claude, "const log = history()") })
    await stage.expectIntroduced("HEAD", { "f.ts": by(other, "print(log)") })
  })

scenario(31, "rebase --onto", async (stage) => {
  stage.write("f.ts", "open()\nclose()\n")
  stage.commit("Open and close")
  const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
  stage.git("checkout", "--quiet", "-b", "first")
  await claude.edit("f.ts", "open()\n", "const door = find()\nopen()\n")
  stage.commit("Find")
  stage.git("checkout", "--quiet", "-b", "second")
  await other.edit("f.ts", "close()\n", "close()\nlock()\n")
  stage.commit("Lock")
  await stage.expect("f.ts", [
    ...by(claude, "const door = find()"),
    ...by("H", "open()", "close()"),
    ...by(other, "lock()")
  ])
  stage.git("rebase", "--quiet", "--onto", "main", "first", "second")
  const lines = [...by("H", "open()", "close()"), ...by(other, "lock()")]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expect("f.ts", [...by(claude, "const door = find()"), ...by("H", "open()", "close()")], {
    of: { revision: "first" }
  })
})

scenario(31, "rebase --rebase-merges", async (stage) => {
  stage.write("f.ts", "open()\nwork()\nmore()\nrest()\nclose()\n")
  stage.commit("Work")
  const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
  stage.git("checkout", "--quiet", "-b", "side")
  await claude.edit("f.ts", "close()\n", "close()\nconst side = true\n")
  stage.commit("Side")
  stage.git("checkout", "--quiet", "-b", "feature", "main")
  await other.edit("f.ts", "open()\n", "const feature = true\nopen()\n")
  stage.commit("Feature")
  stage.git("merge", "--quiet", "--no-edit", "side")
  const lines = [
    ...by(other, "const feature = true"),
    ...by("H", "open()", "work()", "more()", "rest()", "close()"),
    ...by(claude, "const side = true")
  ]
  await stage.expect("f.ts", lines)
  stage.git("checkout", "--quiet", "main")
  stage.write("g.ts", "export const main = true\n")
  stage.commit("Main")
  stage.git("checkout", "--quiet", "feature")
  stage.git("rebase", "--quiet", "--rebase-merges", "main")
  stage.check(stage.git("rev-list", "--merges", "--count", "main..HEAD") === "1", "the merge was made again")
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", {})
  await stage.expectIntroduced("HEAD^2", { "f.ts": by(claude, "const side = true") })
})

scenario(31, "rebase --root", async (stage) => {
  const root = stage.id()
  const [claude, other] = [await stage.agent(opus), await stage.agent(haiku)]
  await claude.write("f.ts", "open()\nclose()\n")
  const one = stage.commit("Open and close")
  stage.change("f.ts", "open()\n", "open()\nconst mine = true\n")
  const two = stage.commit("Mine")
  await other.edit("f.ts", "close()\n", "close()\nlock()\n")
  const three = stage.commit("Lock")
  const lines = [
    ...by(claude, "open()"),
    ...by("H", "const mine = true"),
    ...by(claude, "close()"),
    ...by(other, "lock()")
  ]
  await stage.expect("f.ts", lines)
  const todo = stage.todo(`reword ${root} Start`, `pick ${one} 1`, `pick ${two} 2`, `pick ${three} 3`)
  stage.gitWith({ ...todo, GIT_EDITOR: "sed -i '1s/^/The /'" }, "rebase", "--quiet", "--interactive", "--root")
  stage.check(stage.id("HEAD~3") !== root, "the root was rewritten")
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expect("f.ts", by(claude, "open()", "close()"), { of: { revision: "HEAD~2" } })
  await stage.expectIntroduced("HEAD~1", { "f.ts": by("H", "const mine = true") })
})
