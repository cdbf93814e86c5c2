/** 38 to 40: the index, and resets that keep the work. */
import { opus, sonnet } from "../Agent.ts"
import { by } from "../Expect.ts"
import { scenario } from "../Scenario.ts"

const body = ["open()", "one()", "two()", "three()", "four()", "five()", "close()"]

scenario(38, "add --patch takes the agent's hunk, and later the person's", async (stage) => {
  stage.write("f.ts", `${body.join("\n")}\n`)
  stage.commit("Body")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "open()\n", "const door = find()\nopen()\n")
  stage.change("f.ts", "close()\n", "close()\nlock()\n")
  const [top, bottom] = [by(claude, "const door = find()"), by("H", "lock()")]
  await stage.expect("f.ts", [...top, ...by("H", ...body), ...bottom])
  stage.gitAnswering("y\nn\n", "add", "--patch", "f.ts")
  stage.git("commit", "--quiet", "--message", "Door")
  await stage.expect("f.ts", [...top, ...by("H", ...body)], { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": top })
  stage.git("add", "f.ts")
  stage.git("commit", "--quiet", "--message", "Lock")
  await stage.expect("f.ts", [...top, ...by("H", ...body), ...bottom], { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": bottom })
  await stage.expectIntroduced("HEAD~1", { "f.ts": top })
})

scenario(38, "add --patch takes one agent's hunk, and later another's and the person's", async (stage) => {
  stage.write("f.ts", `${body.join("\n")}\n`)
  stage.commit("Body")
  const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
  await claude.edit("f.ts", "open()\n", "const door = find()\nopen()\n")
  await other.edit("f.ts", "close()\n", "close()\nlock()\n")
  stage.change("f.ts", "lock()\n", "lock()\nleave()\n")
  stage.gitAnswering("n\ny\n", "add", "--patch", "f.ts")
  stage.git("commit", "--quiet", "--message", "Lock and leave")
  const bottom = [...by(other, "lock()"), ...by("H", "leave()")]
  await stage.expect("f.ts", [...by("H", ...body), ...bottom], { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": bottom })
  stage.commit("Door")
  await stage.expectIntroduced("HEAD", { "f.ts": by(claude, "const door = find()") })
})

scenario(39, "what is staged differs from what is on disk", async (stage) => {
  stage.write("f.ts", "open()\nclose()\n")
  stage.commit("Open and close")
  const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
  await claude.edit("f.ts", "open()\n", "open()\nconst limit = 10\nobey(limit)\n")
  stage.git("add", "f.ts")
  await other.edit("f.ts", "obey(limit)\n", "obey(limit)\ncheer()\n")
  stage.change("f.ts", "const limit = 10", "const limit = 99")
  const staged = [...by("H", "open()"), ...by(claude, "const limit = 10", "obey(limit)"), ...by("H", "close()")]
  await stage.expect("f.ts", staged, { of: "index" })
  await stage.expect("f.ts", [
    ...by("H", "open()"),
    ...by("M s1 claude-opus-4-5", "const limit = 99"),
    ...by(claude, "obey(limit)"),
    ...by(other, "cheer()"),
    ...by("H", "close()")
  ])
  stage.git("commit", "--quiet", "--message", "Limit")
  await stage.expect("f.ts", staged, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": by(claude, "const limit = 10", "obey(limit)") })
})

for (const how of ["--soft", "--mixed"])
  scenario(40, `reset ${how} and one commit in place of two`, async (stage) => {
    stage.write("f.ts", `${body.join("\n")}\n`)
    stage.commit("Body")
    const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
    await claude.edit("f.ts", "open()\n", "const door = find()\nopen()\n")
    stage.commit("Door")
    await other.edit("f.ts", "close()\n", "close()\nlock()\n")
    await other.write("g.ts", "export const lock = () => {}\n")
    stage.commit("Lock")
    const [top, bottom] = [by(claude, "const door = find()"), by(other, "lock()")]
    const lines = [...top, ...by("H", ...body), ...bottom]
    await stage.expect("f.ts", lines)
    stage.git("reset", "--quiet", how, "HEAD~2")
    await stage.expect("f.ts", lines)
    await stage.expect("f.ts", by("H", ...body), { of: { revision: "HEAD" } })
    stage.commit("Door and lock")
    await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
    await stage.expectIntroduced("HEAD", {
      "f.ts": [...top, ...bottom],
      "g.ts": by(other, "export const lock = () => {}")
    })
  })
