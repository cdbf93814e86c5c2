/** 37: `git stash`. */
import { opus } from "../Agent.ts"
import { by, type Line } from "../Expect.ts"
import { scenario } from "../Scenario.ts"
import type { Stage } from "../Stage.ts"

const body = ["open()", "one()", "two()", "three()", "four()", "five()", "close()"]

/** An agent's two changes, far from each other and in no commit, and a person's line between. */
const changed = async (stage: Stage) => {
  stage.write("f.ts", `${body.join("\n")}\n`)
  stage.commit("Body")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "open()\n", "const door = find()\nopen()\n")
  await claude.edit("f.ts", "close()\n", "close()\nlock()\n")
  const [top, bottom] = [by(claude, "const door = find()"), by(claude, "lock()")]
  return { claude, top, bottom, lines: [...top, ...by("H", ...body), ...bottom] }
}

scenario(37, "stash and pop on the same commit", async (stage) => {
  const { lines } = await changed(stage)
  await stage.expect("f.ts", lines)
  stage.git("stash")
  await stage.expect("f.ts", by("H", ...body))
  stage.git("stash", "pop")
  await stage.expect("f.ts", lines)
  stage.commit("Door")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(37, "stash and pop on a commit that came meanwhile", async (stage) => {
  const { top, bottom } = await changed(stage)
  stage.git("stash")
  stage.change("f.ts", "three()\n", "three()\nthreeAndAHalf()\n")
  stage.commit("Half")
  stage.git("stash", "pop")
  const middle = by("H", ...body.slice(0, 4), "threeAndAHalf()", ...body.slice(4))
  const lines = [...top, ...middle, ...bottom]
  await stage.expect("f.ts", lines)
  stage.commit("Door")
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": [...top, ...bottom] })
})

scenario(37, "a part is stashed and comes back", async (stage) => {
  const { top, bottom, lines } = await changed(stage)
  stage.gitAnswering("y\nn\n", "stash", "push", "--patch", "f.ts")
  await stage.expect("f.ts", [...by("H", ...body), ...bottom])
  stage.commit("Lock")
  await stage.expectIntroduced("HEAD", { "f.ts": bottom })
  stage.git("stash", "pop")
  await stage.expect("f.ts", lines)
  stage.commit("Find")
  await stage.expectIntroduced("HEAD", { "f.ts": top })
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
})

scenario(37, "stash branch", async (stage) => {
  const { lines } = await changed(stage)
  stage.git("stash")
  stage.change("f.ts", "open()\n", "openSlowly()\n")
  stage.commit("Slowly")
  stage.git("stash", "branch", "door")
  await stage.expect("f.ts", lines)
  stage.commit("Door")
  await stage.expect("f.ts", lines, { of: { revision: "door" } })
  await stage.expect("f.ts", by("H", "openSlowly()", ...body.slice(1)), { of: { revision: "main" } })
})

scenario(37, "a stash is applied twice", async (stage) => {
  const { top, bottom, lines } = await changed(stage)
  stage.git("stash")
  stage.git("stash", "apply")
  await stage.expect("f.ts", lines)
  stage.commit("Door")
  stage.git("checkout", "--quiet", "-b", "other", "HEAD~1")
  stage.change("f.ts", "three()\n", "three()\nthreeAndAHalf()\n")
  stage.commit("Half")
  stage.git("stash", "apply")
  const again: ReadonlyArray<Line> = [
    ...top.map(([text, owner]): Line => [text, owner, { pending: true }]),
    ...by("H", ...body.slice(0, 4), "threeAndAHalf()", ...body.slice(4)),
    ...bottom.map(([text, owner]): Line => [text, owner, { pending: true }])
  ]
  await stage.expect("f.ts", again)
  await stage.expect("f.ts", lines, { of: { revision: "main" } })
})
