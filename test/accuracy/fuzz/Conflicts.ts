/** Ends what stopped at a conflict: takes this side, that side or both, by hand or by an agent, and goes on. */
import { contentOf, type Play } from "./Play.ts"
import type { Random } from "./Random.ts"

const stopping = ["rebase", "merge", "cherry-pick", "revert"] as const

/** Goes on until nothing is under way any more. */
export const settle = async (play: Play, random: Random): Promise<void> => {
  for (let round = 0; round < 12; round++) {
    const operation = stopping.find((one) => play.isUnderWay(one))
    if (operation === undefined) return await settleStash(play, random)
    await resolve(play, random)
    play.git("add", "--all")
    if (operation === "merge") play.git("commit", "--quiet", "--no-edit")
    else if (!play.tryGit(operation, "--continue") && play.ask("ls-files", "--unmerged").length === 0)
      if (!play.tryGit(operation, "--skip") && play.ask("ls-files", "--unmerged").length === 0)
        play.tryGit(operation, "--abort")
  }
  throw new Error("an operation of git does not end")
}

/** A stash that came back with conflicts (`stash pop`, `rebase --autostash`) is taken up by hand, and dropped. */
export const settleStash = async (play: Play, random: Random): Promise<void> => {
  if (play.ask("ls-files", "--unmerged").length === 0) return
  await resolve(play, random)
  play.git("add", "--all")
  play.git("reset", "--quiet")
  play.git("stash", "drop", "--quiet")
}

/** Leaves no markers in any file. */
export const resolve = async (play: Play, random: Random): Promise<void> => {
  for (const file of play.files()) {
    const lines = play.lines(file)
    if (!lines.some((line) => line.startsWith("<<<<<<< "))) continue
    const resolved = [...new Set(sides(lines, random))]
    if (!random.chance(25)) {
      if (random.chance(20)) resolved.splice(random.below(resolved.length + 1), 0, play.model.typed("H"))
      play.write(file, resolved)
      continue
    }
    if (random.chance(40))
      resolved.splice(random.below(resolved.length + 1), 0, play.model.typed(play.agents.other.owner))
    const content = contentOf(resolved)
    const told = `write(${JSON.stringify(file)}, ${JSON.stringify(content)})`
    await play.act("other", told, (agent) => agent.write(file, content))
  }
}

const sides = (lines: ReadonlyArray<string>, random: Random): ReadonlyArray<string> => {
  const result: Array<string> = []
  let ours: Array<string> = []
  let theirs: Array<string> = []
  let into = result
  for (const line of lines) {
    if (line.startsWith("<<<<<<< ")) into = ours
    else if (line === "=======") into = theirs
    else if (line.startsWith(">>>>>>> ")) {
      result.push(...random.pick([ours, theirs, [...ours, ...theirs], [...theirs, ...ours]]))
      ours = []
      theirs = []
      into = result
    } else into.push(line)
  }
  return result
}
