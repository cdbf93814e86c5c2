/** 15 to 18: `git commit --amend`. */
import * as Effect from "effect/Effect"
import * as Find from "../../../src/app/Find.ts"
import { opus, sonnet } from "../Agent.ts"
import { by } from "../Expect.ts"
import { scenario } from "../Scenario.ts"

scenario(15, "an amended message", async (stage) => {
  stage.write("f.ts", "const a = 1\nconst b = 2\n")
  stage.commit("Base")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "const a = 1\n", "const a = 1\nconst between = 1.5\n")
  const first = stage.commit("Betwen")
  const lines = [...by("H", "const a = 1"), ...by(claude, "const between = 1.5"), ...by("H", "const b = 2")]
  await stage.expect("f.ts", lines, { of: { revision: first } })
  stage.git("commit", "--quiet", "--amend", "--message", "Between")
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": by(claude, "const between = 1.5") })
})

scenario(16, "an amendment that adds a person's lines above", async (stage) => {
  stage.write("f.ts", "run()\n")
  stage.commit("Run")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "run()\n", "run()\nconst retries = 3\nretry(run, retries)\n")
  stage.commit("Retry")
  const before = [...by("H", "run()"), ...by(claude, "const retries = 3", "retry(run, retries)")]
  await stage.expect("f.ts", before)
  stage.change("f.ts", "run()\nconst", "// Runs it, and again when it fails.\nprepare()\nrun()\nconst")
  stage.git("commit", "--quiet", "--all", "--amend", "--no-edit")
  const lines = [...by("H", "// Runs it, and again when it fails.", "prepare()"), ...before]
  await stage.expect("f.ts", lines)
  await stage.expect("f.ts", lines, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", {
    "f.ts": [
      ...by("H", "// Runs it, and again when it fails.", "prepare()"),
      ...by(claude, "const retries = 3", "retry(run, retries)")
    ]
  })
})

scenario(17, "an amendment that takes the AI lines out again; the session is still known", async (stage) => {
  stage.write("f.ts", "run()\n")
  stage.commit("Run")
  const claude = await stage.agent(opus)
  await claude.edit("f.ts", "run()\n", "run()\nconst retries = 3\nretry(run, retries)\n")
  stage.write("g.ts", "export const mine = true\n")
  stage.commit("Retry")
  await stage.expect("f.ts", [...by("H", "run()"), ...by(claude, "const retries = 3", "retry(run, retries)")])
  stage.write("f.ts", "run()\n")
  stage.git("commit", "--quiet", "--all", "--amend", "--no-edit")
  await stage.expect("f.ts", by("H", "run()"))
  await stage.expect("f.ts", by("H", "run()"), { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "g.ts": by("H", "export const mine = true") })
  const session = await stage.world.run(Effect.orDie(Find.session("claude:s1")), stage.cwd)
  stage.check(session.edits === 1, `session s1 has ${session.edits} edits`)
})

scenario(18, "an amendment while another AI change of the same file is not staged", async (stage) => {
  stage.write("f.ts", "const a = 1\n\nconst z = 26\n")
  stage.commit("Base")
  const [claude, other] = [await stage.agent(opus), await stage.agent(sonnet)]
  await claude.edit("f.ts", "const a = 1\n", "const a = 1\nconst b = 2\n")
  stage.commit("B")
  await other.edit("f.ts", "const z = 26\n", "const y = 25\nconst z = 26\n")
  stage.git("commit", "--quiet", "--amend", "--message", "The letter b")
  const committed = [...by("H", "const a = 1"), ...by(claude, "const b = 2"), ...by("H", "", "const z = 26")]
  await stage.expect("f.ts", committed, { of: { revision: "HEAD" } })
  await stage.expectIntroduced("HEAD", { "f.ts": by(claude, "const b = 2") })
  await stage.expect("f.ts", [
    ["const a = 1", "H", { pending: false }],
    ["const b = 2", claude, { pending: false }],
    ["", "H", { pending: false }],
    ["const y = 25", other, { pending: true }],
    ["const z = 26", "H", { pending: false }]
  ])
  stage.commit("The letter y")
  await stage.expectIntroduced("HEAD", { "f.ts": by(other, "const y = 25") })
})
