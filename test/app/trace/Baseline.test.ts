import { join } from "node:path"
import { expect, it } from "vitest"
import * as Effect from "effect/Effect"
import { init, planInit } from "../../../src/app/InitProject.ts"
import { blame } from "../../../src/app/trace/Trace.ts"
import { opus } from "../../accuracy/Agent.ts"
import { by, type Line } from "../../accuracy/Expect.ts"
import { type Place, placeAt } from "../../accuracy/Place.ts"
import { newStage } from "../../accuracy/Stage.ts"
import { world } from "../world.ts"

const older = (...lines: ReadonlyArray<string>): ReadonlyArray<Line> => by("U", ...lines)

const before = (owner: Place) => {
  owner.write("tracked.txt", "zero()\n")
  owner.commit("Before")
  owner.write("tracked.txt", "zero()\none()\n")
  for (const file of ["edited.txt", "left.txt"]) owner.write(file, "one()\ntwo()\n")
}

it("what git had otherwise when the record began is older than the record", async () => {
  await using stage = await newStage("main checkout", before)
  const claude = await stage.agent(opus)
  const [baseline, ...more] = await stage.world.ofType("BaselineSeen")
  expect(more).toEqual([])
  const files = baseline?.payload?.files.map(([path]) => path) ?? []
  expect(files.toSorted()).toEqual(["edited.txt", "left.txt", "tracked.txt"])

  await claude.edit("edited.txt", "two()\n", "two()\nthree()\n")
  await stage.expect("edited.txt", [...older("one()", "two()"), ...by(claude, "three()")])
  await claude.edit("tracked.txt", "one()\n", "one()\nthree()\n")
  await stage.expect("tracked.txt", [...older("zero()", "one()"), ...by(claude, "three()")])
  await stage.expect("left.txt", older("one()", "two()"))
  stage.write("new.txt", "mine()\n")
  await stage.expect("new.txt", by("H", "mine()"))
  stage.change("edited.txt", "three()\n", "three()\nmine()\n")
  stage.commit("All")
  const lines = [...older("one()", "two()"), ...by(claude, "three()"), ...by("H", "mine()")]
  await stage.expect("edited.txt", lines, { of: { revision: "HEAD" } })
  await stage.expect("left.txt", older("one()", "two()"), { of: { revision: "HEAD" } })
  expect(stage.failures).toEqual([])
})

it("where nobody kept what was there, nobody can tell what came later", async () => {
  using at = world()
  const place = placeAt(join(at.folder("project")), join(at.root, "project"), at.folder("user"))
  place.git("init", "--quiet", "--initial-branch=main")
  place.write("kept.txt", "zero()\n")
  place.commit("Before")
  place.write("draft.txt", "one()\n")
  await at.run(Effect.flatMap(planInit(["claude"], "local"), init), place.cwd)
  const ownersOf = async (file: string) => {
    const [answer] = await at.run(blame([{ file }]), place.cwd)
    return answer?.lines.map(({ text, contributor, reason = null }) => [text, contributor.type, reason])
  }
  expect(await ownersOf("draft.txt")).toEqual([["one()", "unknown", "before-record"]])
  place.git("add", "draft.txt")
  place.git("mv", "draft.txt", "renamed.txt")
  expect(await ownersOf("renamed.txt")).toEqual([["one()", "unknown", "before-record"]])
  place.git("mv", "renamed.txt", "draft.txt")
  place.write("draft.txt", "one()\nmine()\n")
  place.write("new.txt", "mine()\n")
  expect(await ownersOf("draft.txt")).toEqual([
    ["one()", "unknown", "before-record"],
    ["mine()", "unknown", "before-record"]
  ])
  expect(await ownersOf("new.txt")).toEqual([["mine()", "human", null]])
})
