/** What people do with git. */
import { resolve, settle, settleStash } from "./Conflicts.ts"
import { edits, type Operation } from "./Edits.ts"
import { contentOf, type Play } from "./Play.ts"
import type { Random } from "./Random.ts"

const staged = ({ ask }: Play): boolean => ask("diff", "--cached", "--name-only").length > 0

const commitAll: Operation = async (play) => {
  if (!play.isDirty()) return
  play.git("add", "--all")
  if (staged(play)) play.git("commit", "--quiet", "--message", "All")
}

const commitSome: Operation = async (play, random) => {
  const changed = play
    .ask("ls-files", "--modified", "--others", "--exclude-standard")
    .filter((file) => play.files().includes(file))
  if (changed.length === 0) return
  play.git("add", "--", random.pick(changed))
  if (staged(play)) play.git("commit", "--quiet", "--message", "Some")
}

/** Stages some of a file's changed lines, as the interactive `git add` does, and commits them or not. */
const stagePart: Operation = async (play, random) => {
  const file = play
    .ask("diff", "--name-only", "--diff-filter=M", "--relative")
    .find((name) => play.files().includes(name))
  if (file === undefined) return
  const before = play.ask("show", `:./${file}`)
  const after = play.lines(file)
  const content = contentOf(partOf(before, after, random))
  play.log.push(`const blob = stage.gitAnswering(${JSON.stringify(content)}, "hash-object", "-w", "--stdin")`)
  const blob = play.stage.gitAnswering(content, "hash-object", "-w", "--stdin")
  const path = `${play.ask("rev-parse", "--show-prefix").join("")}${file}`
  play.log.push(`stage.git("update-index", "--cacheinfo", \`100644,\${blob},${path}\`)`)
  play.stage.git("update-index", "--cacheinfo", `100644,${blob},${path}`)
  if (random.chance(80) && staged(play)) play.git("commit", "--quiet", "--message", "Part")
}

/** Each place where two contents differ as it was, or as it is. */
const partOf = (before: ReadonlyArray<string>, after: ReadonlyArray<string>, random: Random): ReadonlyArray<string> => {
  const common = before.filter((line) => after.includes(line))
  const result: Array<string> = []
  let old = 0
  let fresh = 0
  for (const line of [...common, undefined]) {
    const [oldEnd, freshEnd] =
      line === undefined ? [before.length, after.length] : [before.indexOf(line, old), after.indexOf(line, fresh)]
    // A line that comes earlier than the one before it was moved by a merge of ours: it is not followed.
    if (oldEnd < 0 || freshEnd < 0) continue
    result.push(...(random.chance(50) ? before.slice(old, oldEnd) : after.slice(fresh, freshEnd)))
    if (line !== undefined) result.push(line)
    old = oldEnd + 1
    fresh = freshEnd + 1
  }
  return result
}

/** How many commits of the first parents can be left behind: the first two hold the stage's and the play's own start. */
const depth = ({ ask }: Play): number => ask("rev-list", "--first-parent", "HEAD").length - 2

const amend: Operation = async (play, random) => {
  if (depth(play) < 1) return
  if (random.chance(70)) play.git("add", "--all")
  play.git(
    "commit",
    "--quiet",
    "--amend",
    "--allow-empty",
    ...(random.chance(30) ? ["--message", "Better"] : ["--no-edit"])
  )
}

const branchesBeside = ({ ask }: Play): ReadonlyArray<string> => {
  const [here] = ask("rev-parse", "--abbrev-ref", "HEAD")
  return ask("branch", "--format=%(refname:short)").filter((name) => name !== here && !name.startsWith("("))
}

/** Other branches; if there are none, one is made, with a commit that this one has not. */
const others = async (play: Play, random: Random): Promise<ReadonlyArray<string>> => {
  const beside = branchesBeside(play)
  if (beside.length > 0) return beside
  await commitAll(play, random)
  await branch(play, random)
  for (let count = 1 + random.below(2); count > 0; count--)
    await edits[random.pick(["person", "agentEdit", "agentBash"] as const)][1](play, random)
  await commitAll(play, random)
  play.git("checkout", "--quiet", "-")
  return branchesBeside(play)
}

const branch: Operation = async (play, random) => {
  const count = play.ask("branch", "--format=%(refname:short)").length
  if (count > 3) return
  play.tryGit(
    "checkout",
    "--quiet",
    "-b",
    `topic${count}`,
    ...(random.chance(50) ? [`HEAD~${random.below(depth(play) + 1)}`] : [])
  )
}

const cleanMostly = async (play: Play, random: Random): Promise<void> => {
  if (random.chance(75)) await commitAll(play, random)
}

const switchBranch: Operation = async (play, random) => {
  const beside = branchesBeside(play)
  if (beside.length === 0) return branch(play, random)
  await cleanMostly(play, random)
  play.tryGit("checkout", "--quiet", random.pick(beside))
}

const merge: Operation = async (play, random) => {
  const beside = await others(play, random)
  await cleanMostly(play, random)
  const how = random.pick(["--no-edit", "--no-ff", "--squash"])
  const went = play.tryGit("merge", "--quiet", how, random.pick(beside))
  if (how === "--squash" && !went) {
    await resolve(play, random)
    play.git("add", "--all")
  }
  await settle(play, random)
  if (how === "--squash" && play.isDirty()) await commitAll(play, random)
}

const rebaseOnto: Operation = async (play, random) => {
  const beside = await others(play, random)
  await cleanMostly(play, random)
  play.tryGit("rebase", "--quiet", ...(random.chance(20) ? ["--autostash"] : []), random.pick(beside))
  await settle(play, random)
}

const rebaseInteractive: Operation = async (play, random) => {
  const most = Math.min(depth(play), 4)
  if (most < 1) return
  await commitAll(play, random)
  const count = 1 + random.below(most)
  const commits = play.ask("rev-list", "--reverse", "--no-merges", `HEAD~${count}..HEAD`)
  const order = random.chance(40) ? shuffled(commits, random) : commits
  const verbs = order.map((_, index) =>
    index === 0 ? "pick" : random.pick(["pick", "pick", "squash", "fixup", "drop"])
  )
  const names = new Map(play.ask("rev-list", "HEAD", `--max-count=40`).map((id) => [id, nameOf(play, id)]))
  const told = `stage.todo(${verbs.map((verb, index) => `\`${verb} \${stage.id("${names.get(order[index] ?? "")}")}\``).join(", ")})`
  const todo = play.stage.todo(...verbs.map((verb, index) => `${verb} ${order[index]}`))
  if (order.length === 0) return
  play.tryGitWith(todo, told, "rebase", "--quiet", "--interactive", `HEAD~${count}`)
  await settle(play, random)
}

const nameOf = ({ ask }: Play, id: string): string =>
  (ask("name-rev", "--name-only", "--refs=refs/heads/*", id)[0] ?? id).replaceAll("^0", "")

const shuffled = <A>(all: ReadonlyArray<A>, random: Random): ReadonlyArray<A> => {
  const left = [...all]
  return all.map(() => left.splice(random.below(left.length), 1)[0] as A)
}

const cherryPick: Operation = async (play, random) => {
  const beside = await others(play, random)
  await cleanMostly(play, random)
  const source = random.pick(beside)
  const commits = play.ask("rev-list", "--no-merges", `HEAD..${source}`)
  if (commits.length === 0) return
  const chosen = nameOf(play, random.pick(commits))
  play.tryGit("cherry-pick", chosen)
  await settle(play, random)
}

const revert: Operation = async (play, random) => {
  if (depth(play) < 1) return
  await cleanMostly(play, random)
  const commits = play.ask("rev-list", "--no-merges", `HEAD~${Math.min(depth(play), 3)}..HEAD`)
  if (commits.length === 0) return
  play.tryGit("revert", "--no-edit", nameOf(play, random.pick(commits)))
  await settle(play, random)
}

const stashPush: Operation = async (play, random) => {
  if (!play.isDirty()) return
  play.git("stash", "push", "--quiet", ...(random.chance(50) ? ["--include-untracked"] : []))
}

const stashPop: Operation = async (play, random) => {
  if (play.ask("stash", "list").length === 0) return
  if (!play.tryGit("stash", random.pick(["pop", "pop", "apply"]))) await settleStash(play, random)
}

const reset: Operation = async (play, random) => {
  if (depth(play) < 1) return
  const how = random.pick(["--soft", "--mixed", "--hard"])
  const to = random.pick([`HEAD~${random.below(Math.min(depth(play), 2) + 1)}`, "HEAD"])
  play.git("reset", "--quiet", how, to)
}

const discard: Operation = async (play, random) => {
  const changed = play.ask("ls-files", "--modified").filter((file) => play.files().includes(file))
  if (changed.length > 0) play.git("checkout", "--quiet", "--", random.pick(changed))
}

/** In a commit with few other changes of the file: git must take it for a rename, or nobody can know that it is one. */
const rename: Operation = async (play, random) => {
  await commitAll(play, random)
  const file = play.files().find(() => random.chance(50))
  if (file === undefined) return
  const to = file.startsWith("in/") ? file.replace("in/", "").replace(".txt", "x.txt") : `in/${file}`
  if (play.files().includes(to)) return
  play.log.push(`stage.run("mkdir -p in")`)
  play.stage.run("mkdir -p in")
  play.git("mv", file, to)
  if (play.lines(to).length > 6 && random.chance(50)) await edits.person[1](play, random)
  await commitAll(play, random)
}

/** By name, with how often each is done. */
export const gitOperations = {
  commitAll: [14, commitAll],
  commitSome: [5, commitSome],
  stagePart: [6, stagePart],
  amend: [6, amend],
  branch: [4, branch],
  switchBranch: [4, switchBranch],
  merge: [6, merge],
  rebaseOnto: [6, rebaseOnto],
  rebaseInteractive: [7, rebaseInteractive],
  cherryPick: [6, cherryPick],
  revert: [4, revert],
  stashPush: [3, stashPush],
  stashPop: [4, stashPop],
  reset: [6, reset],
  discard: [2, discard],
  rename: [2, rename]
} satisfies Readonly<Record<string, readonly [weight: number, Operation]>>
